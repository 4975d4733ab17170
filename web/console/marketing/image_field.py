"""Which picture an image of a mail shows."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from web.console.words import _


def image_field(address: str, changed: Callable[[str], None]) -> ui.input:
    """The address of a picture, as a field of a form; ``changed`` gets it after each change."""
    field = ui.input(_("Address of the picture"), value=address)
    field.classes("wide").props("placeholder=https://").without_auto_validation()
    field.on_value_change(lambda: changed((field.value or "").strip()))
    return field
