"""Dialogs that ask for something: what was typed stays until it is taken."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar

from markupsafe import escape
from nicegui import ui
from nicegui.elements.mixins.validation_element import ValidationElement

from domain.refusals import Invalid, LeadKnown, Refusal
from domain.sentences import sentence
from web.console.parts import busy, button, link, show
from web.console.refusals import told
from web.console.visit import PageVisit, VisitOver
from web.console.words import _

T = TypeVar("T")
Field = TypeVar("Field", bound=ValidationElement[Any])
Fields = Mapping[str, ValidationElement[Any]]
"""By the names that refusals have for them."""


class FormDialog:
    """A dialog with fields, the first of which has the focus; Enter in any of them sends it.

    ::

        with FormDialog(_("Suppress an address")) as form:
            address = form.field("address", ui.input(_("E-mail address")))
        done = await form.sent(_("Suppress"), save)
    """

    def __init__(self, title: str, *, wide: bool = False) -> None:
        # A press beside it, or outside of the window, must not cost what was typed.
        self._dialog = ui.dialog().props("no-backdrop-dismiss")
        self._dialog.props["aria-label"] = title
        self._fields: dict[str, ValidationElement[Any]] = {}
        with self._dialog:
            self._card = ui.card().classes("ask wide-ask" if wide else "ask")
        with self._card:
            show(escape(title), "h2")

    def __enter__(self) -> FormDialog:
        self._card.__enter__()
        return self

    def __exit__(self, *_error: object) -> None:
        self._card.__exit__()

    def field(self, name: str, field: Field) -> Field:
        """Have a mistake about ``name``, as refusals call it, shown at this field."""
        if not self._fields:
            field.props("autofocus")
        self._fields[name] = field
        return field

    async def sent(self, yes: str, save: Callable[[], Awaitable[T]]) -> T | None:
        """Open it, and have what was entered saved: as often as it takes, for what is refused is
        told in the dialog.

        Args:
            yes: what the button says.
            save: does it; what it raises as a refusal is told.

        Returns:
            What ``save`` returned, None when they thought better of it.
        """
        with self._card:
            sending = _Sending(self._dialog, self._fields, save, yes)
        for field in self._fields.values():
            if isinstance(field, ui.input):
                field.on("keydown.enter", sending.press)
        done: tuple[T] | None = await self._dialog
        self._dialog.delete()
        return done[0] if done else None


class _Sending(Generic[T]):
    """The buttons at its end, and what is wrong."""

    def __init__(
        self,
        dialog: ui.dialog,
        fields: dict[str, ValidationElement[Any]],
        save: Callable[[], Awaitable[T]],
        yes: str,
    ) -> None:
        self._dialog, self._fields, self._save = dialog, fields, save
        self._pending = False
        self._wrong = ui.element("div").props('role="alert"')
        with ui.element("div").classes("acts"):
            button(_("Cancel"), lambda: dialog.submit(None))
            self._button = button(yes, self.press, main=True)

    async def press(self) -> None:
        """Send it; a second press while it is under way sends nothing."""
        if self._pending:
            return
        self._pending = True
        for field in self._fields.values():
            field.error = None
        self._wrong.clear()
        try:
            with busy(self._button):
                done = await self._save()
        except VisitOver:
            raise
        except Refusal as refusal:
            self._tell(refusal)
            return
        finally:
            self._pending = False
        self._dialog.submit((done,))

    def _tell(self, refusal: Refusal) -> None:
        """Say what is wrong at the fields that have it, else below them."""
        mistakes = {one.field: one.message for one in refusal.mistakes}
        if refusal.field:
            mistakes.setdefault(refusal.field, str(refusal))
        wrong = [name for name in self._fields if name in mistakes]
        for name in wrong:
            self._fields[name].error = told(mistakes[name])
        if wrong:
            self._fields[wrong[0]].run_method("focus")
        with self._wrong:
            if not wrong:
                show(escape(told(str(refusal))), "p").classes("wrong")
            if isinstance(refusal, LeadKnown) and refusal.lead_id:
                show(link(_("Open that lead"), f"/leads/{refusal.lead_id}"), "p")


async def fill_in(
    title: str,
    yes: str,
    make: Callable[[], Fields],
    save: Callable[[dict[str, Any]], Awaitable[None]],
    *,
    wide: bool = False,
    pairs: bool = False,
) -> bool:
    """Ask for what an act needs, and do it.

    Args:
        title: of the dialog, translated, as is ``yes``, what its button is called.
        make: builds the fields.
        save: does it with their values.
        wide: whether there is much to read or write.
        pairs: whether two fields stand beside each other where there is room.

    Returns:
        Whether it was done.
    """
    with (
        FormDialog(title, wide=wide or pairs) as form,
        ui.element("div").classes("stack pairs" if pairs else "stack"),
    ):
        fields = {name: form.field(name, field) for name, field in make().items()}

    async def saved() -> bool:
        await save({name: _value(field) for name, field in fields.items()})
        return True

    return bool(await form.sent(yes, saved))


def time_field(label: str, visit: PageVisit, at: datetime | None = None) -> ui.input:
    """A field for a time by the visitor's clock, for :func:`time_typed`."""
    value = at.astimezone(visit.zone).strftime("%Y-%m-%dT%H:%M") if at else ""
    return ui.input(label, value=value).props("type=datetime-local stack-label")


def time_typed(visit: PageVisit, value: str) -> datetime | None:
    """What was typed into :func:`time_field` (UTC); None for no time."""
    try:
        return datetime.fromisoformat(value).replace(tzinfo=visit.zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def day_typed(value: str, field: str) -> date | None:
    """What was typed into the date field of this name; None for nothing.

    Raises:
        Invalid: it is no day.
    """
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise Invalid(sentence("Write a day such as 2027-03-01."), field) from None


def _value(field: ValidationElement[Any]) -> Any:
    return field.value if field.value is not None else ""
