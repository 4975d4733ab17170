"""Several of a long list, such as countries: what is chosen is shown, and changed in a dialog."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from markupsafe import escape
from nicegui import ui

from web.console.parts import button, show
from web.console.words import _


class ChooseMany:
    """A field that holds several codes and shows their names; the list is sent when it is asked
    for, because a page may have many such fields.

    Args:
        options: code → name, asked for when the dialog opens.
        name: code → name, of what is chosen.
        none: what is shown when nothing is chosen.
    """

    def __init__(
        self,
        label: str,
        value: list[str],
        *,
        options: Callable[[], Mapping[str, str]],
        name: Callable[[str], str],
        none: str,
        changed: Callable[[list[str]], None],
    ) -> None:
        self.value = value
        self._options, self._name, self._none, self._changed = options, name, none, changed
        self._label = label
        self.field = ui.input(label).props("outlined dense readonly").classes("chooses")
        self.field.on("click", self._ask).on("keydown.enter", self._ask)
        self._show()

    def set(self, value: list[str]) -> None:
        """Have these chosen."""
        self.value = value
        self._show()

    def _show(self) -> None:
        self.field.set_value(", ".join(map(self._name, self.value)) or self._none)

    async def _ask(self) -> None:
        with ui.dialog() as dialog, ui.card().classes("ask"):
            dialog.props["aria-label"] = self._label
            show(escape(self._label), "h2")
            options = {code: self._name(code) for code in self.value} | dict(self._options())
            chosen = ui.select(options, value=list(self.value), multiple=True, with_input=True)
            chosen.props("outlined dense use-chips")
            with ui.element("div").classes("acts"):
                button(_("Cancel"), lambda: dialog.submit(None))
                button(_("Choose"), lambda: dialog.submit(chosen.value), main=True)
        answer = await dialog
        dialog.delete()
        if answer is not None:
            self.set(list(answer))
            self._changed(self.value)
