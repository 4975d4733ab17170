"""A text of a mail as one writes it: bold and italic words, lists, links and merge fields."""

from __future__ import annotations

import json
from collections.abc import Callable

from markupsafe import escape
from nicegui import ui
from nicegui.events import GenericEventArguments

from domain.email.blocks.addresses import Address
from domain.email.blocks.editable import editable, editable_field, editable_link, rich_from
from domain.email.blocks.merge_choice import code_of
from domain.email.blocks.rich import Link, RichText, Words, links_of
from web.console.marketing.link_field import LinkField
from web.console.marketing.merge_fields import field_name, pick_field
from web.console.parts import button, show
from web.console.words import N_, _

_LONGEST = 100_000
"""Characters of HTML that are taken from a browser."""
_FORMATS = (
    ("bold", "format_bold", N_("Bold")),
    ("italic", "format_italic", N_("Italic")),
    ("insertUnorderedList", "format_list_bulleted", N_("List")),
    ("insertOrderedList", "format_list_numbered", N_("Numbered list")),
)


class RichEditor:
    """The text and the buttons above it, where the page is being built.

    Args:
        label: what it is, for those who hear the page.
        changed: gets the text after each change.
        meeting: whether the mail is about a meeting.
    """

    def __init__(
        self, text: RichText, label: str, changed: Callable[[RichText], None], *, meeting: bool
    ) -> None:
        self.text, self._changed, self._meeting = text, changed, meeting
        with ui.element("div").classes("rich-text"):
            with ui.element("div").classes("rich-acts").props('role="toolbar"') as acts:
                acts.props["aria-label"] = _("Look of “{what}”", what=label)
                for command, icon, name in _FORMATS:
                    self._act(icon, _(name)).on(
                        "click",
                        js_handler=f"(event) => format(event.currentTarget, '{command}')",
                    )
                self._act("link", _("Link")).on("click", self._link)
                self._act("data_object", _("Merge field")).on("click", self._field)
            self._place = ui.html(editable(text, field_name), sanitize=False).classes("rich")
            self._place.props('contenteditable="true" role="textbox" aria-multiline="true"')
            self._place.props["aria-label"] = label
            self._place.on(
                "input",
                self._typed,
                throttle=0.3,
                leading_events=False,
                js_handler='(event) => emit(event.target.closest(".rich").innerHTML)',
            )

    def _act(self, icon: str, label: str) -> ui.button:
        made = ui.button(icon=icon, color=None).props("flat dense").classes("builder-remove")
        made.props["aria-label"] = label
        # The words that are selected stay so.
        made.on("mousedown", js_handler="(event) => event.preventDefault()")
        with made:
            ui.tooltip(label)
        return made

    def _typed(self, event: GenericEventArguments) -> None:
        html = str(event.args)
        if len(html) <= _LONGEST:
            self.text = rich_from(html)
            self._changed(self.text)

    async def _field(self) -> None:
        choice = await pick_field(meeting=self._meeting)
        if choice is not None:
            self._put(editable_field(code_of(choice), field_name))

    async def _link(self) -> None:
        at = await ui.run_javascript(f"linkAt('{self._place.html_id}')", timeout=5)
        known = isinstance(at, dict) and "address" in at
        known_as = next(
            (
                one.address
                for one in links_of(self.text)
                if known and (one.address.kind, one.address.value) == (at["kind"], at["address"])
            ),
            Address(),
        )
        words = str(at.get("words", "")) if isinstance(at, dict) else ""
        found = await _ask_link(words, known_as, known=known)
        if found is None:
            return
        html = editable_link(found, field_name) if found.address.value else ""
        if html and found.inside != (Words(words),):
            self._put(html, link=True)
        else:
            # Merge fields among the words stay fields, and bold words bold.
            ui.run_javascript(f"leadTo('{self._place.html_id}', {json.dumps(html)})")

    def _put(self, html: str, *, link: bool = False) -> None:
        told = f"'{self._place.html_id}', {json.dumps(html)}, {json.dumps(link)}"
        ui.run_javascript(f"putIn({told})")


async def _ask_link(words: str, address: Address, *, known: bool) -> Link | None:
    """A link as somebody wants it, without an address where it is to go; None when they don't."""
    with ui.dialog() as dialog, ui.card().classes("ask wide-ask"):
        dialog.props["aria-label"] = _("Link")
        show(escape(_("Link")), "h2")
        with ui.element("div").classes("stack"):
            said = ui.input(_("Words of the link"), value=words)
            leads_to = LinkField(address, lambda _address: None)

        def chosen() -> None:
            text = said.value or ""
            said.error = None if text.strip() else _("Say what one reads and presses.")
            if leads_to.check() and text.strip():
                inside = Words(text if text == words else text.strip())
                dialog.submit(Link(leads_to.address, (inside,)))

        with ui.element("div").classes("acts"):
            button(_("Cancel"), lambda: dialog.submit(None))
            if known:
                without = Link(Address("plain", ""), (Words(words),))
                button(_("Remove the link"), lambda: dialog.submit(without))
            button(_("Insert"), chosen, main=True)
    answer = await dialog
    dialog.delete()
    return answer if isinstance(answer, Link) else None
