"""A step of a cadence in a dialog: its fields, with what is wrong told at each."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from fastapi.concurrency import run_in_threadpool
from markupsafe import escape
from nicegui import ui
from nicegui.elements.mixins.validation_element import ValidationElement

from domain.cadences.cadence_form import (
    BranchForm,
    ExitForm,
    MailStepForm,
    StepForm,
    TaskForm,
    WaitForm,
    unknown_of,
)
from domain.checking.step_mistakes import mistakes_of
from domain.rules.condition_form import EVERY
from domain.rules.facts import FACTS
from domain.sales.recycle import KNOWN_REASONS
from domain.time.span import amount_and_unit
from store.published.mail_choices import MailChoice
from web.console import labels
from web.console.marketing.condition_builder import ConditionBuilder
from web.console.marketing.course import TASKS
from web.console.marketing.mail_picker import MailPicker
from web.console.marketing.step_text import as_text
from web.console.parts import button, quiet, show
from web.console.visit import PageVisit
from web.console.words import N_, _

LONGEST_TITLE, LONGEST_TEXT, LONGEST_ID = 200, 4_000, 60
UNITS = {
    "minutes": N_("minutes"),
    "hours": N_("hours"),
    "days": N_("days"),
    "business days": N_("business days"),
    "weeks": N_("weeks"),
}


class StepKindWords(NamedTuple):
    """How a kind of step is offered."""

    icon: str
    name: str
    about: str
    begins: Callable[[], StepForm]


STEP_KINDS: Mapping[str, StepKindWords] = {
    "email": StepKindWords(
        "mail", N_("Mail"), N_("Sends a mail inside the send window."), MailStepForm
    ),
    "wait": StepKindWords("schedule", N_("Waiting time"), N_("Lets time pass."), WaitForm),
    "branch": StepKindWords(
        "call_split", N_("Branch"), N_("Goes one of two ways, by a condition."), BranchForm
    ),
    "task": StepKindWords(
        "task_alt", N_("Task"), N_("Asks a person to do something, and waits for it."), TaskForm
    ),
    "exit": StepKindWords("logout", N_("Early end"), N_("Ends it, for a reason."), ExitForm),
}
"""Code of a kind → how it is offered, in the order in which they are."""


@dataclass(frozen=True)
class StepChoices:
    """What there is to choose from: ``named`` are the languages that the cadence says it is
    written in, ``spoken`` those that each of its mails has to have, ``suggested`` what conditions
    ask for, as the builder takes it."""

    mails: Sequence[MailChoice]
    spoken: frozenset[str]
    suggested: Mapping[str, Sequence[str]]
    named: Sequence[str]

    @property
    def languages(self) -> dict[str, set[str]]:
        """Name of a mail → its languages."""
        return {one.name: set(one.subjects) for one in self.mails}


async def choose_kind(kinds: Sequence[str], question: str) -> str | None:
    """Ask what kind of step is added; None for none."""
    with ui.dialog().props("no-refocus") as dialog, ui.card().classes("ask"):
        dialog.props["aria-label"] = question
        show(escape(question), "h2")
        with ui.element("div").classes("step-kinds"):
            for code in kinds:
                offered = STEP_KINDS[code]
                pressed = ui.button(on_click=lambda code=code: dialog.submit(code), color=None)
                pressed.props("no-caps flat align=left").classes("plain")
                with pressed:
                    ui.icon(offered.icon).props('aria-hidden="true"')
                    with ui.element("span").classes("two"):
                        show(escape(_(offered.name)), "b")
                        show(quiet(_(offered.about)), "span")
        with ui.element("div").classes("acts"):
            button(_("Cancel"), lambda: dialog.submit(None))
    chosen: str | None = await dialog
    dialog.delete()
    return chosen


class StepDialog:
    """The fields of one step as they are open. The step that is given stays as it is."""

    def __init__(self, visit: PageVisit, step: StepForm, choices: StepChoices) -> None:
        self._visit, self._choices = visit, choices
        self.step = copy.deepcopy(step)
        self._fields: dict[str, ValidationElement[Any]] = {}
        self._builder: ConditionBuilder | None = None

    async def asked(self, mistakes: Mapping[str, str]) -> StepForm | None:
        """Open it until it is saved without a mistake, which gives the step, or given up: None.

        Args:
            mistakes: field → what is known to be wrong with it.
        """
        words = STEP_KINDS[self.step.kind]
        with (
            ui.dialog().props("persistent no-refocus") as self._dialog,
            ui.card().classes("ask wide-ask"),
        ):
            self._dialog.props["aria-label"] = _(words.name)
            show(escape(_(words.name)), "h2")
            show(quiet(_(words.about)), "p")
            await self._build()
            if unknown := unknown_of(self.step):
                show(escape(_("Written in the text, and has no field here:")), "p")
                ui.label(as_text(unknown)).classes("payload")
            self._whole = ui.label("").props('role="alert"').classes("wrong")
            with ui.element("div").classes("acts"):
                button(_("Cancel"), lambda: self._dialog.submit(False))
                button(_("Save step"), self._save, main=True)
        self._dialog.on("keydown.escape", lambda: self._dialog.submit(False))
        self._tell(mistakes)
        saved = await self._dialog
        self._dialog.delete()
        return self.step if saved else None

    async def _build(self) -> None:
        step = self.step
        match step:
            case MailStepForm():
                picker = MailPicker(self._visit, step, self._choices.mails, self._choices.spoken)
                self._fields["mail"] = picker.field
                again = ui.checkbox(_("Also to leads that had it in an earlier cycle"))
                again.set_value(step.again)
                again.on_value_change(lambda: setattr(step, "again", bool(again.value)))
                await picker.show()
            case WaitForm():
                self._span("span", _("How long"), _("Unit"))
            case TaskForm():
                self._task(step)
            case ExitForm():
                self._reason(step)
            case BranchForm():
                self._builder = ConditionBuilder(
                    FACTS,
                    step.condition,
                    self._conditioned,
                    every=_("Say which leads go the way “Yes”; all others go “No”."),
                    label=_("Condition"),
                    suggested=self._choices.suggested,
                )
        with ui.element("details").classes("optional"):
            show(escape(_("More")), "summary")
            hint = _("What figures know the step by; where it is empty, its content names it.")
            self._text("id", _("Id of the step (optional)"), LONGEST_ID).props["hint"] = hint

    def _text(self, name: str, label: str, longest: int, *, area: bool = False) -> ui.input:
        made: Any = ui.textarea if area else ui.input
        field = made(label, value=getattr(self.step, name))
        field.props(f"outlined dense maxlength={longest}")
        field.on_value_change(lambda: setattr(self.step, name, (field.value or "").strip()))
        self._fields[name] = field
        return field  # type: ignore[no-any-return]

    def _span(self, name: str, label: str, unit_label: str) -> None:
        """A span as a number and a unit; as it is written, where it can't be read so."""
        known = amount_and_unit(getattr(self.step, name))
        unit = f"{known[1].removesuffix('s')}s" if known else ""
        if known is None or unit not in UNITS:
            self._text(name, label, LONGEST_ID)
            return
        with ui.element("div").classes("span-fields"):
            amount = ui.number(label, value=known[0], min=1, precision=0)
            amount.props("outlined dense")
            units = ui.select({code: _(word) for code, word in UNITS.items()}, value=unit)
            units.props("outlined dense options-dense")
            units.props["label"] = unit_label

        def changed() -> None:
            number = int(amount.value or 0)
            written = str(units.value)
            if number == 1:
                written = written.removesuffix("s")
            setattr(self.step, name, f"{number} {written}")

        amount.on_value_change(changed)
        units.on_value_change(changed)
        self._fields[name] = amount

    def _task(self, step: TaskForm) -> None:
        self._text("title", _("What people read in their list"), LONGEST_TITLE)
        kinds = {code: _(name) for code, name in TASKS.items()}
        kinds.setdefault(step.task_kind, step.task_kind)
        kind = ui.select(kinds, label=_("What sort of work it is"), value=step.task_kind)
        kind.props("outlined dense options-dense")
        kind.on_value_change(lambda: setattr(step, "task_kind", str(kind.value)))
        self._fields["task_kind"] = kind
        self._span("due", _("Due within"), _("Unit"))
        area = self._text(
            "instructions", _("What is to be done (optional)"), LONGEST_TEXT, area=True
        )
        area.props("autogrow")

    def _reason(self, step: ExitForm) -> None:
        offered = {code: labels.reason(code) for code in sorted(KNOWN_REASONS)}
        if step.reason:
            offered.setdefault(step.reason, step.reason)
        field = ui.select(
            offered,
            label=_("Reason"),
            value=step.reason or None,
            with_input=True,
            new_value_mode="add-unique",
            key_generator=lambda typed: typed,
        )
        field.props("outlined dense options-dense")
        field.props["hint"] = _("The recycle policy knows by it when the lead comes back.")
        field.on_value_change(lambda: setattr(step, "reason", str(field.value or "")))
        self._fields["reason"] = field

    def _conditioned(self) -> None:
        if isinstance(self.step, BranchForm) and self._builder and self._builder.cel:
            self.step.condition = "" if self._builder.cel == EVERY else self._builder.cel

    async def _save(self) -> None:
        if self._builder is not None and not self._builder.check():
            return
        found = await run_in_threadpool(
            mistakes_of, self.step, self._choices.languages, self._choices.named
        )
        self._tell(found)
        if not found:
            self._dialog.submit(True)

    def _tell(self, mistakes: Mapping[str, str]) -> None:
        for field in self._fields.values():
            field.without_auto_validation().error = None
        others = []
        for name, message in mistakes.items():
            if name in self._fields:
                self._fields[name].without_auto_validation().error = message
            elif name not in ("then", "otherwise"):
                others.append(message)
        self._whole.set_text(" ".join(others))
        self._whole.set_visibility(bool(others))
