"""Dialogs that ask for something: what was typed stays until it is taken."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from markupsafe import escape
from nicegui import ui
from nicegui.elements.mixins.validation_element import ValidationElement

from domain.refusals import Refusal
from web.console.parts import busy, button, show
from web.console.refusals import told
from web.console.visit import VisitOver
from web.console.words import _

T = TypeVar("T")
Field = TypeVar("Field", bound=ValidationElement[Any])


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
        field = self._fields.get(refusal.field)
        if field is not None:
            field.error = told(str(refusal))
            field.run_method("focus")
            return
        with self._wrong:
            show(escape(told(str(refusal))), "p").classes("wrong")
