"""Merge fields, picked from a list with what stands in for nothing."""

from __future__ import annotations

from markupsafe import escape
from nicegui import ui

from domain.email.blocks.merge_choice import (
    FULL_NAME,
    MergeChoice,
    choice_of,
    is_field,
    needs_fallback,
    pickable_fields,
)
from web.console.parts import button, quiet, show
from web.console.words import N_, _

NAMES = {
    FULL_NAME: N_("Full name of the lead"),
    "lead.first_name": N_("First name of the lead"),
    "lead.last_name": N_("Last name of the lead"),
    "lead.title": N_("Job title of the lead"),
    "lead.company": N_("Company of the lead"),
    "lead.country": N_("Country of the lead, by its code"),
    "lead.language": N_("Language of the lead, by its code"),
    "owner.name": N_("Name of the lead's owner"),
    "owner.email": N_("Address of the lead's owner"),
    "owner.phone": N_("Phone of the lead's owner"),
    "owner.signature": N_("Signature of the lead's owner"),
    "owner.booking_link": N_("Booking page of the lead's owner"),
    "sender.name": N_("Name of the sender"),
    "sender.email": N_("Address of the sender"),
    "sender.phone": N_("Phone of the sender"),
    "sender.signature": N_("Signature of the sender"),
    "meeting.starts_at": N_("Day and time of the meeting"),
    "meeting.minutes": N_("Minutes of the meeting"),
    "meeting.place": N_("Place of the meeting"),
    "meeting.phone": N_("Number that is called for the meeting"),
    "meeting.words": N_("What the rep wrote about the meeting"),
    "postal_address": N_("Our postal address"),
}
"""What a field is called, by its path."""
_ATTRIBUTE = "lead.attributes."


def field_name(code: str) -> str:
    """A merge field in words, by what stands between its braces."""
    choice = choice_of(code)
    if choice is None:
        return code.strip()
    called = choice.path
    if choice.path in NAMES:
        called = _(NAMES[choice.path])
    elif choice.path.startswith(_ATTRIBUTE):
        called = choice.path.removeprefix(_ATTRIBUTE)
    if not choice.fallback:
        return called
    return _("{field}, else “{fallback}”", field=called, fallback=choice.fallback)


async def pick_field(*, meeting: bool) -> MergeChoice | None:
    """Have somebody pick a field; None when they don't.

    Args:
        meeting: whether the mail is about a meeting, of which it may speak.
    """
    names = {path: _(NAMES[path]) for path in pickable_fields(meeting=meeting) if path in NAMES}
    names[_ATTRIBUTE] = _("Another attribute of the lead")
    with ui.dialog() as dialog, ui.card().classes("ask wide-ask"):
        dialog.props["aria-label"] = _("Insert a merge field")
        show(escape(_("Insert a merge field")), "h2")
        with ui.element("div").classes("stack"):
            field = ui.select(names, label=_("Field"), value="lead.first_name")
            attribute = ui.input(_("Name of the attribute"))
            attribute.bind_visibility_from(field, "value", value=_ATTRIBUTE)
            fallback = ui.input(_("Said to leads of whom it is not known"))
            show(quiet(_("Such as “there” in “Hi there”.")), "p")

        def chosen() -> None:
            path = field.value
            if path == _ATTRIBUTE:
                path += (attribute.value or "").strip()
            said = (fallback.value or "").strip()
            attribute.error = None
            if not is_field(path, meeting=meeting):
                attribute.error = _("Write its name, such as industry.")
            elif needs_fallback(path) and not said:
                fallback.error = _("Not every lead has it: say what stands there then.")
            else:
                dialog.submit(MergeChoice(path, said))

        with ui.element("div").classes("acts"):
            button(_("Cancel"), lambda: dialog.submit(None))
            button(_("Insert"), chosen, main=True)
    answer = await dialog
    dialog.delete()
    return answer if isinstance(answer, MergeChoice) else None
