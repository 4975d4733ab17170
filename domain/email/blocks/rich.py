"""Text of a mail as people see it: paragraphs and lists of words, merge fields and links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape
from html.parser import HTMLParser

from domain.email.blocks.addresses import Address, address_of, written_address
from domain.email.dangers import WORD
from domain.email.template_source import TAG

STYLES = frozenset({"b", "strong", "i", "em", "u"})
PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4"})
_SPACE = re.compile(r"[ \t\r\n\f]+")
_HREF = re.compile(r"""\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]*))""", re.IGNORECASE)
_BRACES = re.compile(r"\{(?=[{%#]|\Z)")


@dataclass(frozen=True)
class Words:
    """Words as they are read."""

    text: str


@dataclass(frozen=True)
class Field:
    """A merge field: what stands between ``{{`` and ``}}``."""

    code: str


@dataclass(frozen=True)
class Break:
    """The rest stands on a line of its own."""


@dataclass(frozen=True)
class Styled:
    """Bold, italic or underlined, by the element of HTML that says so."""

    tag: str
    inside: tuple[Inline, ...]


@dataclass(frozen=True)
class Link:
    """Words that lead somewhere."""

    address: Address
    inside: tuple[Inline, ...]


Inline = Words | Field | Break | Styled | Link


@dataclass(frozen=True)
class Paragraph:
    """A paragraph or, by its element ``h1`` to ``h4``, a heading; '' for words without one."""

    inside: tuple[Inline, ...]
    tag: str = "p"


@dataclass(frozen=True)
class Bullets:
    """A list."""

    items: tuple[tuple[Inline, ...], ...]
    ordered: bool = False


RichText = tuple[Paragraph | Bullets, ...]


def rich_of(content: str) -> RichText | None:
    """The text that the inside of an ``mj-text`` holds; None where it holds something else too."""
    tags = [match[0] for match in TAG.finditer(content)]
    if not all(tag.startswith("{{") for tag in tags):
        return None
    numbers = iter(range(len(tags)))
    plain = TAG.sub(lambda _tag: f"zqtag{next(numbers)}zq", content)
    if "{{" in plain or "{%" in plain or "{#" in plain:
        return None
    reader = _RichTextReader(tags)
    try:
        reader.feed(plain)
        reader.close()
    except _Unexpressible:
        return None
    return reader.text()


class _Unexpressible(Exception):
    """There is something in it that no rich text has."""


class _RichTextReader(HTMLParser):
    def __init__(self, tags: list[str]) -> None:
        super().__init__(convert_charrefs=True)
        self._tags = tags
        self._done: list[Paragraph | Bullets] = []
        # Open elements, each with its attribute and what is inside of it so far.
        self._open: list[tuple[str, str, list[Inline]]] = [("", "", [])]
        self._items: list[tuple[Inline, ...]] = []

    def text(self) -> RichText:
        if len(self._open) != 1:
            raise _Unexpressible
        bare = tidy(self._open[0][2])
        if bare and self._done:
            raise _Unexpressible
        return (Paragraph(bare, ""),) if bare else tuple(self._done)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        above = self._open[-1][0]
        if tag == "br" and not attrs:
            self._open[-1][2].append(Break())
            return
        at_top = above == "" and len(self._open) == 1
        allowed = (
            ((tag in PARAGRAPHS or tag in ("ul", "ol")) and at_top and not tidy(self._open[0][2]))
            or (tag == "li" and above in ("ul", "ol"))
            or ((tag in STYLES or tag == "a") and above not in ("ul", "ol"))
        )
        href = ""
        if tag == "a" and len(attrs) == 1 and attrs[0][0] == "href":
            # As it is written: what the parser makes of &region is a sign and the rest.
            written = _HREF.search(self.get_starttag_text() or "")
            raw = next(filter(None, written.groups()), "") if written else ""
            href = WORD.sub(lambda word: self._tags[int(word[1])], raw)
        elif attrs or tag == "a":
            raise _Unexpressible
        if not allowed or (tag == "a" and any(one[0] == "a" for one in self._open)):
            raise _Unexpressible
        self._open.append((tag, href, []))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "br":
            raise _Unexpressible
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        opened, href, inside = self._open.pop()
        if opened != tag:
            raise _Unexpressible
        if tag == "li":
            self._items.append(tidy(inside))
        elif tag in ("ul", "ol"):
            if tidy(inside):
                raise _Unexpressible
            self._done.append(Bullets(tuple(self._items), tag == "ol"))
            self._items = []
        elif tag in PARAGRAPHS:
            self._done.append(Paragraph(tidy(inside), tag))
        elif tag == "a":
            self._open[-1][2].append(Link(address_of(href), merged(inside)))
        else:
            self._open[-1][2].append(Styled(tag, merged(inside)))

    def handle_data(self, data: str) -> None:
        for index, piece in enumerate(WORD.split(data)):
            if index % 2:
                self._open[-1][2].append(Field(self._tags[int(piece)][2:-2]))
            elif piece:
                self._open[-1][2].append(Words(_SPACE.sub(" ", piece)))

    def handle_comment(self, data: str) -> None:
        raise _Unexpressible(data)

    def handle_decl(self, decl: str) -> None:
        raise _Unexpressible(decl)

    def handle_pi(self, data: str) -> None:
        raise _Unexpressible(data)

    def unknown_decl(self, data: str) -> None:
        raise _Unexpressible(data)


def merged(inside: Iterable[Inline]) -> tuple[Inline, ...]:
    """Neighbouring words as one, no space beside a line break."""
    out: list[Inline] = []
    for one in inside:
        before = out[-1] if out else None
        if isinstance(one, Words):
            text = one.text
            if isinstance(before, Words):
                text = before.text + text
                out.pop()
            if out and isinstance(out[-1], Break):
                text = text.lstrip(" ")
            if text:
                out.append(Words(_SPACE.sub(" ", text)))
            continue
        if isinstance(one, Break) and isinstance(before, Words):
            out.pop()
            if text := before.text.rstrip(" "):
                out.append(Words(text))
        out.append(one)
    return tuple(out)


def tidy(inside: Iterable[Inline]) -> tuple[Inline, ...]:
    """The same without space at either end."""
    out = list(merged(inside))
    if out and isinstance(out[0], Words):
        out[0] = Words(out[0].text.lstrip(" "))
    if out and isinstance(out[-1], Words):
        out[-1] = Words(out[-1].text.rstrip(" "))
    return tuple(one for one in out if one != Words(""))


def written_rich(text: RichText, indent: str) -> str:
    """The inside of an ``mj-text``, each line after ``indent``."""
    return "".join(f"\n{indent}{line}" for line in _lines(text))


def _lines(text: RichText) -> Iterator[str]:
    for block in text:
        if isinstance(block, Bullets):
            tag = "ol" if block.ordered else "ul"
            yield f"<{tag}>"
            for item in block.items:
                yield f"  <li>{written_inline(item)}</li>"
            yield f"</{tag}>"
        elif block.tag:
            yield f"<{block.tag}>{written_inline(block.inside)}</{block.tag}>"
        else:
            yield written_inline(block.inside)


def written_inline(inside: Iterable[Inline]) -> str:
    """Words of MJML."""
    return "".join(map(_written, inside))


def _written(one: Inline) -> str:
    match one:
        case Words():
            return _BRACES.sub("&#123;", escape(one.text, quote=False)).replace("\xa0", "&nbsp;")
        case Field():
            return f"{{{{{one.code}}}}}"
        case Break():
            return "<br />"
        case Styled():
            return f"<{one.tag}>{written_inline(one.inside)}</{one.tag}>"
        case Link():
            address = written_address(one.address)
            return f'<a href="{address}">{written_inline(one.inside)}</a>'


def plain_of(inside: Iterable[Inline]) -> str | None:
    """Words and merge fields as one line of text; None where there is more than those."""
    out = []
    for one in inside:
        if isinstance(one, Words) and not _BRACES.search(one.text):
            out.append(one.text)
        elif isinstance(one, Field):
            out.append(f"{{{{{one.code}}}}}")
        else:
            return None
    return "".join(out)


def inline_of(plain: str) -> tuple[Inline, ...]:
    """One line of text with merge fields, as :func:`plain_of` gives it."""
    pieces = TAG.split(plain)
    fields = TAG.findall(plain)
    out: list[Inline] = []
    for number, piece in enumerate(pieces):
        out.append(Words(_SPACE.sub(" ", piece)))
        if number < len(fields):
            field = fields[number]
            out.append(Field(field[2:-2]) if field.startswith("{{") else Words(field))
    return tidy(out)


def links_of(text: RichText) -> list[Link]:
    """All links, in their order."""
    found: list[Link] = []

    def look(inside: Iterable[Inline]) -> None:
        for one in inside:
            if isinstance(one, Link):
                found.append(one)
            if isinstance(one, Link | Styled):
                look(one.inside)

    for block in text:
        for inside in block.items if isinstance(block, Bullets) else (block.inside,):
            look(inside)
    return found


def without_emptiness(text: RichText) -> RichText:
    """The same without paragraphs, items and lists that hold nothing."""
    kept: list[Paragraph | Bullets] = []
    for block in text:
        if isinstance(block, Bullets):
            items = tuple(item for item in block.items if item)
            if items:
                kept.append(replace(block, items=items))
        elif any(not isinstance(one, Break) for one in block.inside):
            kept.append(block)
    return tuple(kept)
