"""A mail as blocks to change, add, move, copy and delete; beside it the same as a text."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from markupsafe import escape
from nicegui import ui

from domain.email.blocks.arranging import (
    Place,
    can_move,
    copy,
    insert,
    move,
    put,
    remove,
    with_columns,
)
from domain.email.blocks.model import (
    MOST_COLUMNS,
    Block,
    Button,
    Divider,
    Heading,
    Image,
    Mail,
    MailColumn,
    Node,
    Section,
    SharedPart,
    Spacer,
    Text,
)
from domain.email.blocks.reading import blocks_of
from domain.email.blocks.rich import Paragraph, Words
from domain.email.blocks.writing import written_mail
from web.console.marketing.block_fields import (
    Surroundings,
    block_fields,
    block_name,
    line_field,
)
from web.console.parts import button, show
from web.console.words import N_, _, ngettext

TOGETHER_SECONDS = 2.0
"""Changes of one field that come so soon after each other are undone together."""
MOST_STATES = 200
"""How far one can go back."""

_NEW: dict[str, tuple[str, Callable[[str], Block]]] = {
    "text": (N_("Text"), lambda say: Text(content=(Paragraph((Words(say),)),))),
    "heading": (N_("Heading"), lambda say: Heading(text=say)),
    "button": (N_("Button"), lambda say: Button(label=say)),
    "image": (N_("Image"), lambda _say: Image()),
    "divider": (N_("Divider"), lambda _say: Divider()),
    "space": (N_("Space"), lambda _say: Spacer()),
}


class MailForm:
    """The blocks of a mail as they are open.

    Args:
        language: of the mail: its shared parts are offered first.
        keep: gets the whole text after each change.
    """

    def __init__(self, language: str, around: Surroundings, keep: Callable[[str], None]) -> None:
        self._language, self._around, self._keep = language, around, keep
        self._text = ""
        self._mail: Mail | None = None
        self._states: list[str] = []
        self._at = -1
        self._last: tuple[object, float] = (None, 0.0)
        self._head = self._body = ui.element()

    def build(self, text: str) -> None:
        """All of it, where the page is being built."""
        self._head = ui.element("fieldset").classes("setting")
        with ui.element("div").classes("acts history"):
            self._undo = button(_("Undo"), partial(self._go, -1))
            self._redo = button(_("Redo"), partial(self._go, 1))
            self._undo.props('data-history="undo"')
            self._redo.props('data-history="redo"')
        self._body = ui.element("div").classes("blocks")
        self.read(text)

    def read(self, text: str) -> None:
        """Show another text than the form has written; nothing for the same."""
        if text == self._text and self._states:
            return
        self._remember(text, "text")
        self._show(text)

    def _show(self, text: str) -> None:
        self._text, self._mail = text, blocks_of(text)
        self._draw_head()
        self._draw()

    def _remember(self, text: str, what: object) -> None:
        now = time.monotonic()
        same = what is not None and what == self._last[0]
        together = same and now - self._last[1] < TOGETHER_SECONDS and self._at > 0
        self._last = (what, now)
        del self._states[self._at + 1 :]
        if together:
            self._states[self._at] = text
        else:
            self._states = [*self._states, text][-MOST_STATES:]
            self._at = len(self._states) - 1
        self._tell_history()

    def _tell_history(self) -> None:
        self._undo.set_enabled(self._at > 0)
        self._redo.set_enabled(self._at + 1 < len(self._states))

    def _go(self, step: int) -> None:
        if not 0 <= self._at + step < len(self._states):
            return
        self._at += step
        self._last = (None, 0.0)
        text = self._states[self._at]
        self._show(text)
        self._tell_history()
        self._keep(text)

    def _change(self, mail: Mail, what: object = None) -> None:
        """Take a change over; ``what`` is the field that it was made in."""
        self._mail, self._text = mail, written_mail(mail)
        self._remember(self._text, what)
        self._keep(self._text)

    def _rearrange(self, mail: Mail, at: Place | None = None) -> None:
        self._change(mail)
        self._draw()
        if at is not None:
            key = "-".join(map(str, at))
            first = f'[data-place="{key}"] :is(input, .rich, button)'
            ui.run_javascript(f"document.querySelector('{first}')?.focus()")

    def _edited(self, place: Place, block: Block) -> None:
        if self._mail is not None:
            self._change(put(self._mail, place, block), place)

    def _draw_head(self) -> None:
        self._head.clear()
        if self._mail is None:
            return
        with self._head:
            show(escape(_("Subject and preview")), "legend")
            for key, label, value in (
                ("subject", _("Subject"), self._mail.subject),
                ("preheader", _("Shown behind the subject"), self._mail.preheader),
            ):
                line_field(
                    label,
                    value,
                    partial(self._line, key),
                    meeting=self._around.meeting,
                    key=key,
                ).props("maxlength=200")

    def _line(self, key: str, value: str) -> None:
        if self._mail is not None:
            mail = self._mail
            is_subject = key == "subject"
            changed = replace(mail, subject=value) if is_subject else replace(mail, preheader=value)
            self._change(changed, key)

    def _draw(self) -> None:
        self._body.clear()
        with self._body:
            if self._mail is None:
                said = _(
                    "This text can't be shown as blocks: what is wrong with it is listed under the "
                    "text below."
                )
                show(escape(said), "p").classes("over")
                return
            for at, node in enumerate(self._mail.nodes):
                if isinstance(node, Section):
                    self._section((at,), node)
                else:
                    self._block((at,), node)
            if not self._mail.nodes:
                self._add(_("Add"), (0,))

    def _section(self, place: Place, section: Section) -> None:
        with self._framed(place, block_name(section), "section-block"):
            wide = ui.select(
                {
                    n: ngettext("1 column", "{number} columns", n)
                    for n in range(1, MOST_COLUMNS + 1)
                },
                value=len(section.columns),
                label=_("Columns"),
            ).classes("short")
            wide.on_value_change(lambda: self._widen(place[0], int(wide.value)))
            self._acts(place, block_name(section))
            with ui.element("div").classes(f"block-columns of-{len(section.columns)}"):
                for number, column in enumerate(section.columns):
                    with ui.element("div").classes("block-column"):
                        for at, block in enumerate(column.blocks):
                            self._block((*place, number, at), block)
                        if not column.blocks:
                            self._add(_("Add a block"), (*place, number, 0))

    def _block(self, place: Place, block: Block) -> None:
        name = block_name(block)
        with self._framed(place, name, "mail-block"):
            block_fields(block, self._around, partial(self._edited, place))
            self._acts(place, name)

    def _framed(self, place: Place, name: str, kind: str) -> ui.element:
        framed = ui.element("fieldset").classes(f"setting {kind}")
        framed.props["data-place"] = "-".join(map(str, place))
        with framed:
            show(escape(name), "legend")
        return framed

    def _acts(self, place: Place, name: str) -> None:
        mail = self._mail
        if mail is None:
            return
        with ui.element("div").classes("rule-acts"):
            for label, icon, step in (
                (_("Move up: {block}", block=name), "arrow_upward", -1),
                (_("Move down: {block}", block=name), "arrow_downward", 1),
            ):
                if can_move(mail, place, step):
                    _icon(icon, label, partial(self._move, place, step))
            _icon("content_copy", _("Copy: {block}", block=name), partial(self._copy, place))
            _icon("delete", _("Delete: {block}", block=name), partial(self._remove, place))
            below = (*place[:-1], place[-1] + 1)
            self._add(_("Add below: {block}", block=name), below, icon=True)

    def _add(self, label: str, place: Place, *, icon: bool = False) -> None:
        made = ui.button("" if icon else label, icon="add", color=None).props("no-caps")
        made.props("flat dense" if icon else "unelevated")
        made.classes("builder-remove" if icon else "plain").props["aria-label"] = label
        with made, ui.menu():
            if len(place) == 1:
                for columns in range(1, MOST_COLUMNS + 1):
                    ui.menu_item(
                        ngettext("Section with 1 column", "Section with {number} columns", columns),
                        partial(self._insert, place, Section((MailColumn(),) * columns)),
                    )
                self._parts(place, ("header", "footer"))
            else:
                for name, make in _NEW.values():
                    ui.menu_item(_(name), partial(self._insert, place, make(_("Write here"))))
                self._parts(place, ("signature",))

    def _parts(self, place: Place, begins: tuple[str, ...]) -> None:
        for path in self._around.parts:
            spoken = path.split(".")[1:-1]
            if path.startswith(tuple(f"_{one}" for one in begins)) and spoken in (
                [],
                [self._language],
            ):
                words = path.removeprefix("_").removesuffix(".mjml")
                ui.menu_item(words, partial(self._insert, place, SharedPart(path=path)))

    def _insert(self, place: Place, one: Node | Block) -> None:
        if self._mail is not None:
            self._rearrange(insert(self._mail, place, one), place)

    def _move(self, place: Place, step: int) -> None:
        if self._mail is not None:
            moved, to = move(self._mail, place, step)
            self._rearrange(moved, to)

    def _copy(self, place: Place) -> None:
        if self._mail is not None:
            self._rearrange(copy(self._mail, place), (*place[:-1], place[-1] + 1))

    def _remove(self, place: Place) -> None:
        if self._mail is not None:
            self._rearrange(remove(self._mail, place))

    def _widen(self, node: int, columns: int) -> None:
        if self._mail is not None:
            self._rearrange(with_columns(self._mail, node, columns))


def _icon(icon: str, label: str, act: Callable[[], None]) -> None:
    pressed = ui.button(icon=icon, on_click=act, color=None).props("flat dense")
    pressed.classes("builder-remove").props["aria-label"] = label
