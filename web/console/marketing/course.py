"""A cadence drawn from top to bottom, with its branches and the leads on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from babel.dates import get_day_names
from markupsafe import Markup

from domain.cadences.cadence import (
    ALWAYS_EXIT,
    END,
    BranchStep,
    Cadence,
    EmailStep,
    ExitStep,
    Step,
    TaskStep,
    WaitStep,
)
from domain.cadences.entry import ReEntryAfter
from domain.cadences.timeline import Elapsed, elapsed
from domain.cadences.triggers import EventTrigger, FormTrigger, SegmentTrigger, Trigger
from domain.figures.steps import StepKind
from domain.time.span import Span
from domain.time.window import SendWindow
from web.console import labels
from web.console.parts import badge, link, quiet
from web.console.words import N_, _, ngettext

EXITS = {
    "replied": N_("the lead replies"),
    "booked": N_("a meeting is booked"),
    "unsubscribed": N_("the lead unsubscribes"),
    "bounced": N_("mail bounces"),
    "score_reached": N_("the score is reached"),
}
"""What ends a pass through a cadence early."""
TASKS = {
    "call": N_("Call"),
    "email": N_("Personal mail"),
    "research": N_("Research"),
    "other": N_("Task"),
}
ICONS = {EmailStep: "mail", TaskStep: "task_alt", ExitStep: "logout", BranchStep: "call_split"}


@dataclass(frozen=True)
class Course:
    """A cadence as it is drawn: ``languages`` of its templates; ``leads`` that come to each step
    next, and its ``results`` as they stand below it, where they are known."""

    cadence: Cadence
    languages: Mapping[str, Iterable[str]] = field(default_factory=dict)
    leads: Mapping[str, int] = field(default_factory=dict)
    results: Mapping[tuple[str, StepKind | None], Markup] = field(default_factory=dict)

    def drawn(self) -> Markup:
        """The whole of it, one list item for each step."""
        passed = elapsed(self.cadence)
        end = Markup()
        if passed[END] is not None:
            what = Markup("{}").format(_("End")) + self._resting(END)
            end = _item("flag", day_text(passed[END]), what, "end")
        return Markup('<ol class="course">{}{}</ol>').format(
            self._steps(self.cadence.steps, passed), end
        )

    def _steps(self, steps: tuple[Step, ...], passed: Mapping[str, Elapsed | None]) -> Markup:
        return Markup().join(
            self._branch(step, passed)
            if isinstance(step, BranchStep)
            else self._step(step, day_text(passed[step.id]))
            for step in steps
        )

    def _step(self, step: Step, when: str) -> Markup:
        match step:
            case EmailStep():
                return _item(ICONS[EmailStep], when, self._mail(step), "mail")
            case TaskStep():
                task = step.task
                what = Markup("<b>{}</b> {} {}").format(
                    _(TASKS[task.kind]),
                    task.title,
                    quiet(_("due within {span}", span=span_text(task.due))),
                )
                return _item(
                    ICONS[TaskStep], when, what + self._below(step.id, StepKind.TASK), "task"
                )
            case WaitStep():
                return Markup('<li class="pause">{}</li>').format(span_text(step.wait))
            case ExitStep():
                what = Markup("<b>{}</b> {}").format(_("Ends:"), labels.reason(step.exit))
                return _item(ICONS[ExitStep], when, what + self._resting(step.id), "end")
            case _:
                return Markup()

    def _mail(self, step: EmailStep) -> Markup:
        spoken = Markup(" ").join(badge(one) for one in sorted(self.languages.get(step.email, ())))
        again = quiet(_("also to who had it in an earlier cycle")) if step.again else ""
        name = link(step.email, f"/templates/{step.email}", cadence=self.cadence.name)
        what = Markup("<b>{}</b> {} {} {}").format(_("Mail"), name, spoken, again)
        return what + self._below(step.id, StepKind.MAIL)

    def _branch(self, step: BranchStep, passed: Mapping[str, Elapsed | None]) -> Markup:
        branch = step.branch
        otherwise = (
            Markup("<ol>{}</ol>").format(self._steps(branch.otherwise, passed))
            if branch.otherwise
            else Markup("<p>{}</p>").format(quiet(_("goes on at once")))
        )
        condition = " ".join(branch.condition.split())
        what = Markup("<b>{}</b> <code>{}</code>").format(_("If"), condition)
        ways = Markup(
            '<div class="ways"><div><p class="way">{}</p><ol>{}</ol></div>'
            '<div><p class="way">{}</p>{}</div></div>'
        ).format(_("Yes"), self._steps(branch.then, passed), _("No"), otherwise)
        when = day_text(passed[step.id])
        return _item(ICONS[BranchStep], when, what + self._resting(step.id), "fork", ways)

    def _below(self, step_id: str, kind: StepKind) -> Markup:
        return self.results.get((step_id, kind), Markup()) + self._resting(step_id)

    def _resting(self, step_id: str) -> Markup:
        number = self.leads.get(step_id, 0)
        if not number:
            return Markup()
        said = ngettext("1 lead is next", "{number} leads are next", number)
        return Markup('<span class="resting">{}</span>').format(
            link(said, "/leads", cadence=self.cadence.name)
        )


def window_text(window: SendWindow, language: str) -> str:
    """When mail may go: Tue–Thu, 09:00–16:30 in the lead's time zone."""
    names = get_day_names("abbreviated", locale=language)
    days = [names[one] for one in sorted(window.weekday_numbers)]
    if window.is_a_stretch:
        days = [f"{days[0]}–{days[-1]}"]
    if "business" in window.days:
        days.insert(0, _("Business days"))
    hours = window.model_dump(mode="json")
    said = _(
        "{days}, {begins}–{ends} in the lead's time zone",
        days=", ".join(days),
        begins=hours["from"],
        ends=hours["to"],
    )
    return _("{window}, not on holidays", window=said) if window.skip_holidays else said


def exits_text(cadence: Cadence) -> str:
    """What ends a pass early."""
    return ", ".join(_(EXITS[one]) for one in EXITS if one in {*cadence.exit_on, *ALWAYS_EXIT})


def entry_text(cadence: Cadence) -> str:
    """Who may enter, and how fast; '' when the cadence says nothing of it."""
    rules, said = cadence.entry_rules, []
    match rules.re_entry:
        case ReEntryAfter(after=span):
            said.append(_("again after {span}", span=span_text(span)))
        case "never":
            said.append(_("once only"))
        case "each cycle":
            said.append(_("once a cycle"))
    if rules.exclude:
        said.append(_("not if {condition}", condition=" ".join(rules.exclude.split())))
    if rules.daily_cap:
        said.append(_("at most {number} a day", number=f"{rules.daily_cap:,}"))
    if rules.priority:
        said.append(_("priority {number}", number=rules.priority))
    return ", ".join(said)


def triggers_text(cadence: Cadence) -> list[str]:
    """What has leads enter it by themselves, one line each."""
    return [_trigger(one) for one in cadence.enter_when]


def _trigger(trigger: Trigger) -> str:
    match trigger:
        case SegmentTrigger(segment=name, those_in_it=True):
            return _("Who is in the segment {name} or joins it", name=name)
        case SegmentTrigger(segment=name):
            return _("Who joins the segment {name}", name=name)
        case EventTrigger(event=event, where=where):
            did = labels.engagement(event)
            if where is None:
                return did
            return _("{did}, if {condition}", did=did, condition=" ".join(where.split()))
        case FormTrigger(form=name):
            return _("Who sends the form {name}", name=name)
    name, days = labels.attribute(trigger.date), abs(trigger.days)
    if not days:
        return _("On the day of {name}", name=name)
    if trigger.days < 0:
        return ngettext("1 day before {name}", "{number} days before {name}", days, name=name)
    return ngettext("1 day after {name}", "{number} days after {name}", days, name=name)


def span_text(span: Span) -> str:
    """A span in the visitor's language."""
    match span.unit:
        case "minute":
            return ngettext("1 minute", "{number} minutes", span.amount)
        case "hour":
            return ngettext("1 hour", "{number} hours", span.amount)
        case "day":
            return ngettext("1 day", "{number} days", span.amount)
        case "business day":
            return ngettext("1 business day", "{number} business days", span.amount)
        case "week":
            return ngettext("1 week", "{number} weeks", span.amount)


def _item(icon: str, when: str, what: Markup, kind: str, below: Markup | None = None) -> Markup:
    return Markup(
        '<li class="{}"><i class="material-icons" aria-hidden="true">{}</i>'
        '<span class="when">{}</span><div class="what">{}</div>{}</li>'
    ).format(kind, icon, when, what, below or "")


def day_text(passed: Elapsed | None) -> str:
    """After how many days a step comes, '' where no lead comes to it."""
    if passed is None:
        return ""
    first, last = passed.days
    if first == last:
        return _("Day {number}", number=first)
    return _("Day {first}–{last}", first=first, last=last)
