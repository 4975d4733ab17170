"""A dialog with fields: what is refused is told at its field, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup, escape
from nicegui import ui
from nicegui.elements.mixins.validation_element import ValidationElement

from domain.refusals import LeadKnown, Refusal
from web.console.parts import busy, button, link, show
from web.console.refusals import told
from web.console.visit import PageVisit
from web.console.words import _

Fields = Mapping[str, ValidationElement[Any]]


async def fill_in(
    title: str,
    yes: str,
    make: Callable[[], Fields],
    save: Callable[[dict[str, Any]], Awaitable[None]],
    *,
    wide: bool = False,
    pairs: bool = False,
) -> bool:
    """Ask for what an act needs, and do it; the dialog stays open until it is done or called off.

    Args:
        title: of the dialog, translated, as is ``yes``, what its button is called.
        make: builds the fields, by the names that refusals have for them.
        save: does it with their values.
        wide: whether there is much to read or write.
        pairs: whether two fields stand beside each other where there is room.

    Returns:
        Whether it was done.
    """
    with ui.dialog().props(f'aria-label="{title}"') as dialog, ui.card().classes("ask") as card:
        if wide or pairs:
            card.classes("wide-ask")
        show(escape(title), "h2")
        with ui.element("div").classes("stack pairs" if pairs else "stack"):
            fields = make()
        for field in fields.values():
            field.props("outlined dense")
        wrong = ui.element("div").props('role="alert"')

        async def done() -> None:
            wrong.clear()
            for field in fields.values():
                field.error = None
            try:
                with busy(main):
                    await save({name: _value(field) for name, field in fields.items()})
            except Refusal as refusal:
                _tell(refusal, fields, wrong)
                return
            dialog.submit(True)

        with ui.element("div").classes("acts"):
            button(_("Cancel"), lambda: dialog.submit(False))
            main = button(yes, done, main=True)
    said = await dialog
    dialog.delete()
    return bool(said)


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


def _value(field: ValidationElement[Any]) -> Any:
    return field.value if field.value is not None else ""


def _tell(refusal: Refusal, fields: Fields, wrong: ui.element) -> None:
    """Say what is wrong at the fields that have it, and the rest below them."""
    said = {one.field: one.message for one in refusal.mistakes}
    if refusal.field:
        said.setdefault(refusal.field, str(refusal))
    at_fields = {name: sentence for name, sentence in said.items() if name in fields}
    for name, sentence in at_fields.items():
        fields[name].error = told(sentence)
    with wrong:
        if not at_fields:
            show(escape(told(str(refusal))), "p").classes("wrong")
        if isinstance(refusal, LeadKnown) and refusal.lead_id:
            show(Markup("{}").format(link(_("Open that lead"), f"/leads/{refusal.lead_id}")), "p")
