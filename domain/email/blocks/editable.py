"""Rich text as the HTML that a browser lets people write in, and back.

What comes back is whatever a browser makes of typing and pasting: only what a mail may say is taken
over.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from html.parser import HTMLParser

from domain.email.blocks.addresses import Address, address_typed
from domain.email.blocks.rich import (
    PARAGRAPHS,
    STYLES,
    Break,
    Bullets,
    Field,
    Inline,
    Link,
    Paragraph,
    RichText,
    Styled,
    Words,
    inline_of,
    merged,
    tidy,
    without_emptiness,
)
from domain.email.template_source import TAG

_NOTHING = frozenset({"script", "style", "title", "head", "template", "textarea", "select"})
_BLOCKS = frozenset(
    {"div", "section", "article", "blockquote", "pre", "tr", "h5", "h6", "dd", "dt"}
)
_VOID = frozenset({"br", "img", "hr", "input", "meta", "link", "wbr", "col", "base", "area"})

_KEPT_SPACE = "\u2060\xa0\u2060"
"""A space that breaks no line, as somebody wrote it; of those that are typed browsers make some."""

Name = Callable[[str], str]
"""What a merge field is called, by what stands between its braces."""


def editable(text: RichText, name: Name) -> str:
    """HTML to be edited; merge fields are words in one piece."""
    out = []
    for block in text:
        if isinstance(block, Bullets):
            tag = "ol" if block.ordered else "ul"
            items = "".join(f"<li>{_shown(item, name)}</li>" for item in block.items)
            out.append(f"<{tag}>{items}</{tag}>")
        else:
            tag = block.tag or "p"
            out.append(f"<{tag}>{_shown(block.inside, name)}</{tag}>")
    return "".join(out)


def editable_field(code: str, name: Name) -> str:
    """A merge field within it."""
    return (
        f'<span class="merge" contenteditable="false" data-code="{escape(code)}">'
        f"{escape(name(code))}</span>"
    )


def editable_link(link: Link, name: Name) -> str:
    """A link within it. Where it leads is for us: nobody leaves the page by it."""
    kind, value = link.address.kind, escape(link.address.value)
    inside = _shown(link.inside, name)
    return f'<a href="#" data-kind="{kind}" data-address="{value}">{inside}</a>'


def _shown(inside: tuple[Inline, ...], name: Name) -> str:
    return "".join(_one(one, name) for one in inside)


def _one(one: Inline, name: Name) -> str:
    match one:
        case Words():
            return escape(one.text, quote=False).replace("\xa0", _KEPT_SPACE)
        case Field():
            return editable_field(one.code, name)
        case Break():
            return "<br>"
        case Styled():
            return f"<{one.tag}>{_shown(one.inside, name)}</{one.tag}>"
        case Link():
            return editable_link(one, name)


def rich_from(html: str) -> RichText:
    """The text that somebody wrote."""
    reader = _EditableReader()
    reader.feed(html)
    reader.close()
    return reader.text()


class _EditableReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._done: list[Paragraph | Bullets] = []
        self._tag = "p"
        # What is written now, and the elements open in it, each with what was before it.
        self._inside: list[Inline] = []
        self._open: list[tuple[str, Address | None, list[Inline]]] = []
        self._lists: list[bool] = []
        self._items: list[tuple[Inline, ...]] = []
        self._unheard: list[str] = []
        self._field: list[str] = []

    def text(self) -> RichText:
        self._end_list()
        self._end()
        return without_emptiness(tuple(self._done))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if self._unheard or tag in _NOTHING:
            if tag not in _VOID:
                self._unheard.append(tag)
        elif self._field:
            if tag not in _VOID:
                self._field.append(tag)
        elif tag == "span" and "data-code" in values:
            self._inside.append(Field(values["data-code"]))
            self._field.append(tag)
        elif tag == "br":
            self._inside.append(Break())
        elif tag in ("ul", "ol"):
            self._end()
            self._lists.append(tag == "ol")
        elif tag == "li" or tag in PARAGRAPHS or tag in _BLOCKS:
            self._end()
            self._tag = tag if tag in PARAGRAPHS and not self._lists else "p"
        elif tag in STYLES or tag == "a":
            self._open.append((tag, _address(values) if tag == "a" else None, self._inside))
            self._inside = []

    def handle_endtag(self, tag: str) -> None:
        for ignored in (self._unheard, self._field):
            if ignored:
                if tag in ignored:
                    del ignored[len(ignored) - 1 - ignored[::-1].index(tag) :]
                return
        if tag in ("ul", "ol"):
            self._end()
            if self._lists:
                if len(self._lists) == 1:
                    self._end_list()
                self._lists[-1:] = []
        elif tag == "li" or tag in PARAGRAPHS or tag in _BLOCKS:
            self._end()
            self._tag = "p"
        elif any(one[0] == tag for one in self._open):
            while self._open and self._close() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._unheard or self._field:
            return
        kept = (piece.replace("\xa0", " ") for piece in data.split(_KEPT_SPACE))
        data = "\xa0".join(kept).replace("\u2060", "")
        if not TAG.search(data):
            self._inside.append(Words(data.replace("\n", " ")))
            return
        # Somebody typed a merge field as a mail's text has it.
        start = data[: len(data) - len(data.lstrip())]
        end = data[len(data.rstrip()) :]
        self._inside += [Words(start), *inline_of(data), Words(end)]

    def _close(self) -> str:
        tag, address, before = self._open.pop()
        inside = merged(self._inside)
        self._inside = before
        if address is not None and any(isinstance(one, Link) for one in inside):
            self._inside += inside
        elif inside and address is not None:
            self._inside.append(Link(address, inside))
        elif inside:
            self._inside.append(Styled(tag, inside))
        return tag

    def _end(self) -> None:
        """End the paragraph or the item that is written; styles go on in the next."""
        still = [(tag, address) for tag, address, _before in self._open]
        while self._open:
            self._close()
        inside = tidy(self._inside)
        while inside and isinstance(inside[-1], Break):
            inside = tidy(inside[:-1])
        if self._lists:
            self._items.append(inside)
        else:
            self._done.append(Paragraph(inside, self._tag))
        self._inside = []
        for tag, address in still:
            self._open.append((tag, address, self._inside))
            self._inside = []

    def _end_list(self) -> None:
        if self._lists:
            self._done.append(Bullets(tuple(self._items), self._lists[0]))
            self._items = []


def _address(values: dict[str, str]) -> Address:
    kind, value = values.get("data-kind"), values.get("data-address", "")
    if kind == "own" and value.startswith("links."):
        return Address("own", value)
    if kind == "plain":
        return Address("plain", value)
    if kind == "tracked":
        return Address("tracked", value)
    return address_typed(values.get("href", ""))
