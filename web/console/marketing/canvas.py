"""A cadence that is written, drawn with what can be done to each of its steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup
from pydantic_core import PydanticCustomError

from domain.authoring.yaml_source import Path
from domain.cadences.cadence import END, Cadence, walk
from domain.cadences.cadence_form import (
    BranchForm,
    CadenceForm,
    ExitForm,
    MailStepForm,
    StepForm,
    TaskForm,
    TextForm,
    WaitForm,
    unknown_of,
)
from domain.cadences.step_edits import TOP, can_be_added, moved, with_copy, without
from domain.cadences.timeline import elapsed
from domain.checking.step_mistakes import StepMistake
from domain.rules.condition_form import group_of
from domain.rules.facts import FACTS
from domain.time.span import Span, parse_span
from web.console import labels
from web.console.marketing.condition_words import in_words
from web.console.marketing.course import TASKS, day_text, span_text
from web.console.marketing.mail_picker import subject_words
from web.console.marketing.step_text import as_text
from web.console.parts import badge, link, quiet
from web.console.words import _, ngettext

ICONS = {"email": "mail", "task": "task_alt", "exit": "logout", "branch": "call_split"}
CLASSES = {"email": "mail", "task": "task", "exit": "end", "branch": "fork", "wait": "pause"}


def place_code(place: Path) -> str:
    """A step's path as the page has it."""
    return "-".join(str(one) for one in place)


def place_of(code: str) -> Path:
    """The path that a code of the page stands for."""
    return tuple(int(one) if one.isdecimal() else one for one in code.split("-"))


@dataclass(frozen=True)
class Canvas:
    """A cadence as it is drawn to be changed.

    Attributes:
        cadence: the same without mistakes, where it has none: it knows the days.
        subjects: name of a mail → language → subject.
        language: the visitor's.
        leads: by step id, how many come to it next.
    """

    form: CadenceForm
    mistakes: Sequence[StepMistake] = ()
    cadence: Cadence | None = None
    subjects: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    language: str = "en"
    leads: Mapping[str, int] = field(default_factory=dict)

    def drawn(self) -> Markup:
        """All of it; buttons have what they do in ``data-act``, and where in ``data-at``."""
        ids = dict(walk(self.cadence.steps, TOP)) if self.cadence else {}
        passed = elapsed(self.cadence) if self.cadence else {}
        days = {place: day_text(passed[step.id]) for place, step in ids.items()}
        next_up = {place: self.leads.get(step.id, 0) for place, step in ids.items()}
        end = Markup()
        if self.cadence and passed[END] is not None:
            end = _item("end", "flag", day_text(passed[END]), Markup("{}").format(_("End")))
        wrong = Markup().join(
            Markup('<p class="wrong">{}</p>').format(one.message)
            for one in self.mistakes
            if one.field == "steps"
        )
        return Markup('{}<ol class="course open">{}{}</ol>').format(
            wrong, self._list(self.form.steps, TOP, days, next_up), end
        )

    def _list(
        self,
        steps: Sequence[StepForm],
        path: Path,
        days: Mapping[Path, str],
        next_up: Mapping[Path, int],
    ) -> Markup:
        drawn = []
        for at, step in enumerate(steps):
            drawn.append(self._adder((*path, at), _("Add a step before this one")))
            drawn.append(self._step(step, (*path, at), days, next_up))
        last = _("Add a step at the end") if steps else _("Add the first step")
        drawn.append(self._adder((*path, len(steps)), last, first=not steps))
        return Markup().join(drawn)

    def _adder(self, place: Path, label: str, *, first: bool = False) -> Markup:
        if not can_be_added(self.form, place, ends=False) and not can_be_added(
            self.form, place, ends=True
        ):
            return Markup()
        if first:
            return Markup(
                '<li class="insert first"><button type="button" class="go" data-act="add" '
                'data-at="{}">+ {}</button></li>'
            ).format(place_code(place), label)
        return Markup(
            '<li class="insert"><button type="button" data-act="add" data-at="{}" '
            'aria-label="{}" title="{}"><span aria-hidden="true">+</span></button></li>'
        ).format(place_code(place), label, label)

    def _step(
        self,
        step: StepForm,
        place: Path,
        days: Mapping[Path, str],
        next_up: Mapping[Path, int],
    ) -> Markup:
        what, name = self.said(step)
        what += self._wrong(place)
        if number := next_up.get(place, 0):
            said = ngettext("1 lead is next", "{number} leads are next", number)
            what += Markup('<span class="resting">{}</span>').format(
                link(said, "/leads", cadence=self.form.name)
            )
        what += self._tools(step, place, name)
        ways = Markup()
        if isinstance(step, BranchForm):
            arms = ((_("Yes"), step.then, "then"), (_("No"), step.otherwise, "else"))
            ways = Markup('<div class="ways">{}</div>').format(
                Markup().join(
                    Markup('<div><p class="way">{}</p>{}<ol>{}</ol></div>').format(
                        title,
                        Markup("<p>{}</p>").format(quiet(_("goes on at once")))
                        if not steps and arm == "else"
                        else "",
                        self._list(steps, (*place, "branch", arm), days, next_up),
                    )
                    for title, steps, arm in arms
                )
            )
        icon = ICONS.get(step.kind, "schedule" if step.kind == "wait" else "code")
        return _item(CLASSES.get(step.kind, "end"), icon, days.get(place, ""), what, ways)

    def said(self, step: StepForm) -> tuple[Markup, str]:
        """What is drawn of a step, and what it is called."""
        unknown = unknown_of(step)
        others = Markup("<pre>{}</pre>").format(as_text(unknown)) if unknown else Markup()
        match step:
            case MailStepForm():
                subjects = self.subjects.get(step.mail, {})
                subject = subject_words(subjects.get(self.language) or subjects.get("en", ""))
                spoken = Markup(" ").join(badge(one) for one in sorted(subjects))
                again = quiet(_("also to who had it in an earlier cycle")) if step.again else ""
                said = Markup("<b>{}</b> {} {} {}").format(
                    subject or step.mail or _("Mail"), spoken, quiet(step.mail), again
                )
                return said + others, subject or step.mail
            case WaitForm():
                span = _span(step.span)
                return Markup("{}").format(span) + others, span
            case TaskForm():
                kind = _(TASKS[step.task_kind]) if step.task_kind in TASKS else step.task_kind
                due = _("due within {span}", span=_span(step.due))
                said = Markup("<b>{}</b> {} {}").format(kind, step.title, quiet(due))
                return said + others, step.title
            case ExitForm():
                reason = labels.reason(step.reason) if step.reason else ""
                return Markup("<b>{}</b> {}").format(_("Ends:"), reason) + others, reason
            case BranchForm():
                condition = in_words(group_of(step.condition, FACTS), FACTS)
                return Markup("<b>{}</b> {}").format(_("If"), condition) + others, condition
            case TextForm():
                note = quiet(_("The form has no fields for this: change it in the text."))
                text = as_text(step.value)
                return Markup("{}<pre>{}</pre>").format(note, text), text.splitlines()[0]

    def _wrong(self, place: Path) -> Markup:
        return Markup().join(
            Markup('<p class="wrong">{}</p>').format(one.message)
            for one in self.mistakes
            if one.place == place
        )

    def _tools(self, step: StepForm, place: Path, name: str) -> Markup:
        code = place_code(place)
        tools = [] if isinstance(step, TextForm) else [("edit", "edit", _("Change"), True)]
        tools += [
            ("up", "arrow_upward", _("Move up"), moved(self.form, place, down=False) is not None),
            (
                "down",
                "arrow_downward",
                _("Move down"),
                moved(self.form, place, down=True) is not None,
            ),
            ("copy", "content_copy", _("Copy"), with_copy(self.form, place) is not None),
            ("delete", "delete", _("Delete"), without(self.form, place) is not None),
        ]
        return Markup('<div class="tools">{}</div>').format(
            Markup().join(
                Markup(
                    '<button type="button" data-act="{}" data-at="{}" aria-label="{}" title="{}"{}>'
                    '<i class="material-icons" aria-hidden="true">{}</i></button>'
                ).format(
                    act,
                    code,
                    f"{title}: {name}" if name else title,
                    title,
                    "" if can else Markup(" disabled"),
                    icon,
                )
                for act, icon, title, can in tools
            )
        )


def _item(kind: str, icon: str, when: str, what: Markup, below: Markup | str = "") -> Markup:
    return Markup(
        '<li class="{}"><i class="material-icons" aria-hidden="true">{}</i>'
        '<span class="when">{}</span><div class="what">{}</div>{}</li>'
    ).format(kind, icon, when, what, below)


def _span(written: str) -> str:
    """A span in the visitor's language; as it is written, where it is none."""
    try:
        found = parse_span(written)
    except PydanticCustomError:
        return written
    return span_text(found) if isinstance(found, Span) else written
