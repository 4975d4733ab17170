"""Blocks of a mail's text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from domain.email.blocks.addresses import address_of, read_attribute
from domain.email.blocks.model import (
    MOST_COLUMNS,
    Attributes,
    Block,
    Button,
    Divider,
    Heading,
    Image,
    Mail,
    MailColumn,
    Node,
    Raw,
    Section,
    SharedPart,
    Spacer,
    Text,
)
from domain.email.blocks.rich import Paragraph, plain_of, rich_of
from domain.email.template_source import LONGEST, TAG

FRONT = re.compile(r"---[ \t]*\n(.*?)^---[ \t]*\n", re.DOTALL | re.MULTILINE)
LINE = r"^[ \t]*{key}[ \t]*:[ \t]*(.*?)[ \t]*$"
_MASK = "\ue000"
"""Stands for each sign of a Jinja2 tag, so that no tag is taken for MJML."""
_TOKEN = re.compile(
    r"<!--.*?-->"
    r"|</(?P<closed>[a-z][a-z0-9-]*)\s*>"
    r"|<(?P<opened>mj[a-z0-9-]*)(?P<attributes>(?:\s+[a-zA-Z:-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)"
    r"\s*(?P<itself>/?)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([a-zA-Z:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_HOLDS_ELEMENTS = frozenset({"mj-body", "mj-wrapper", "mj-section", "mj-group", "mj-column"})
_KEYWORD = re.compile(r"\{%[-+]?\s*(\w+)")
_DEEPER = {"if": 1, "for": 1, "endif": -1, "endfor": -1}
_WHOLE = re.compile(r"(\d{1,4})(?:px)?")


class _Unreadable(Exception):
    """Its elements don't close each other."""


@dataclass
class _Element:
    """An element as it stands: positions in the text, also of the values of its attributes, and
    what it holds, if that is elements."""

    tag: str
    start: int
    inside: int
    attributes: dict[str, tuple[int, int]]
    until: int = 0
    end: int = 0
    children: list[_Element] = field(default_factory=list)


def blocks_of(source: str) -> Mail | None:
    """The blocks of a mail's text; None where its frame is not that of a mail, or elements are not
    closed: then it can be changed as a text only."""
    source = source.replace("\r\n", "\n")
    front = FRONT.match(source)
    if front is None or len(source) > LONGEST:
        return None
    plain = TAG.sub(lambda tag: _MASK * len(tag[0]), source)
    try:
        body = _body(plain, front.end())
    except _Unreadable:
        return None
    if body is None:
        return None
    reader = _BlockReader(source, plain)
    found = reader.parts(body, reader.node)
    nodes = tuple(one for one in found if isinstance(one, Section | SharedPart | Raw))
    last = max([body.inside, *(one.end for one in reader.top)])
    return Mail(
        _line(front[1], "subject"),
        _line(front[1], "preheader"),
        nodes,
        source[: body.inside],
        source[last:],
    )


def _line(front: str, key: str) -> str:
    found = re.search(LINE.format(key=key), front, re.MULTILINE)
    value = found[1] if found else ""
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _body(plain: str, start: int) -> _Element | None:
    """The element mj-body, with the elements in it that hold others."""
    opened: list[_Element] = []
    found: _Element | None = None
    at = start
    while token := _TOKEN.search(plain, at):
        at = token.end()
        tag = token["opened"]
        if token["closed"]:
            if not token["closed"].startswith("mj"):
                continue
            if not opened or opened[-1].tag != token["closed"]:
                raise _Unreadable
            closed = opened.pop()
            closed.until, closed.end = token.start(), token.end()
            continue
        one = _Element(tag or "", token.start(), token.end(), {}, token.end(), token.end())
        if tag:
            one.attributes = {
                m[1]: m.span(2 if m[2] is not None else 3)
                for m in _ATTRIBUTE.finditer(plain, token.start("attributes"), token.end())
            }
        if tag == "mj-body":
            if found is not None:
                raise _Unreadable
            found = one
        if opened and opened[-1].tag in _HOLDS_ELEMENTS:
            opened[-1].children.append(one)
        if tag and not token["itself"]:
            opened.append(one)
            if tag not in _HOLDS_ELEMENTS and tag not in ("mjml", "mj-head"):
                at = _end_of(plain, tag, at)
    if opened or (found is not None and found.inside == found.end):
        raise _Unreadable
    return found


def _end_of(plain: str, tag: str, start: int) -> int:
    """Where the closing tag of an element begins that holds no MJML."""
    closing = re.compile(rf"</{tag}\s*>").search(plain, start)
    if closing is None:
        raise _Unreadable
    return closing.start()


Read = Callable[[_Element, str], Node | Block | MailColumn | None]


class _BlockReader:
    def __init__(self, source: str, plain: str) -> None:
        self._source, self._plain = source, plain
        self.top: list[_Element] = []

    def parts(self, holder: _Element, read: Read) -> Iterator[Node | Block | MailColumn]:
        """What an element holds, one after the other."""
        children = list(self._together(holder))
        if holder.tag == "mj-body":
            self.top = children
        before = holder.inside
        for child in children:
            start = child.start
            gap = self._source[before:start]
            text = self._source[start : child.end]
            read_as = read(child, gap) if child.tag else None
            yield read_as or Raw(text, gap=gap, source=text)
            before = child.end

    def _together(self, holder: _Element) -> Iterator[_Element]:
        """The children and, as elements without a tag, what stands between them: from an ``if`` to
        its end is one."""
        at, loose, depth = holder.inside, -1, 0
        for child in [*holder.children, _Element("", holder.until, holder.until, {})]:
            last = child.start == holder.until
            for tag in TAG.finditer(self._source, at, child.start):
                loose = self._first_sign(at, tag.end()) if loose < 0 else loose
                opens = _KEYWORD.match(tag[0])
                depth += _DEEPER.get(opens[1], 0) if opens else 0
                if depth <= 0:
                    yield _Element("", loose, loose, {}, tag.end(), tag.end())
                    at, loose = tag.end(), -1
            loose = self._first_sign(at, child.start) if loose < 0 else loose
            if loose >= 0 and (depth <= 0 or last):
                end = loose + len(self._plain[loose : child.start].rstrip())
                yield _Element("", loose, loose, {}, end, end)
                loose = -1
            at = max(at, child.end)
            if loose < 0 and not last:
                yield child

    def _first_sign(self, start: int, end: int) -> int:
        """Where the first sign is that is no white space; -1 where none is."""
        between = self._plain[start:end]
        spaces = len(between) - len(between.lstrip())
        return start + spaces if spaces < len(between) else -1

    def node(self, element: _Element, gap: str) -> Node | None:
        """A section, or a part that holds some."""
        if element.tag == "mj-include":
            return self._part(element, gap)
        if element.tag != "mj-section" or not element.children:
            return None
        columns = tuple(self.parts(element, self._column))
        if len(columns) > MOST_COLUMNS or not all(isinstance(one, MailColumn) for one in columns):
            return None
        return Section(
            tuple(one for one in columns if isinstance(one, MailColumn)),
            self._end(element),
            attributes=self._attributes(element),
            gap=gap,
            source=self._text(element),
        )

    def _column(self, element: _Element, gap: str) -> MailColumn | None:
        if element.tag != "mj-column":
            return None
        found = self.parts(element, self._block)
        blocks = tuple(one for one in found if not isinstance(one, Section | MailColumn))
        return MailColumn(
            blocks,
            self._end(element),
            attributes=self._attributes(element),
            gap=gap,
            source=self._text(element),
        )

    def _block(self, element: _Element, gap: str) -> Block | None:
        match element.tag:
            case "mj-text":
                found = self._text_block(element)
            case "mj-button":
                found = self._button(element)
            case "mj-image":
                found = self._image(element)
            case "mj-divider":
                found = Divider(attributes=self._attributes(element))
            case "mj-spacer":
                height = self._pixels(element, "height")
                others = self._attributes(element, "height")
                found = Spacer(height, attributes=others) if height is not None else None
            case "mj-include":
                return self._part(element, gap)
            case _:
                found = None
        return replace(found, gap=gap, source=self._text(element)) if found else None

    def _part(self, element: _Element, gap: str) -> SharedPart | None:
        if set(element.attributes) != {"path"}:
            return None
        return SharedPart(self._value(element, "path"), gap=gap, source=self._text(element))

    def _text_block(self, element: _Element) -> Block | None:
        content = rich_of(self._source[element.inside : element.until])
        if content is None:
            return None
        others = self._attributes(element)
        if len(content) == 1 and isinstance(content[0], Paragraph) and content[0].tag[:1] == "h":
            line = plain_of(content[0].inside)
            if line is not None:
                return Heading(line, int(content[0].tag[1]), attributes=others)
        return Text(content, attributes=others)

    def _button(self, element: _Element) -> Block | None:
        content = rich_of(self._source[element.inside : element.until])
        if content and (len(content) > 1 or getattr(content[0], "tag", "li") != ""):
            return None
        first = content[0] if content else Paragraph((), "")
        label = plain_of(first.inside) if isinstance(first, Paragraph) else None
        if content is None or label is None:
            return None
        address = address_of(self._value(element, "href"))
        return Button(label, address, attributes=self._attributes(element, "href"))

    def _image(self, element: _Element) -> Block | None:
        width = self._pixels(element, "width")
        if "width" in element.attributes and width is None:
            return None
        alternative = href = None
        if "alt" in element.attributes:
            alternative = read_attribute(self._value(element, "alt"))
        if "href" in element.attributes:
            href = address_of(self._value(element, "href"))
        return Image(
            read_attribute(self._value(element, "src")),
            alternative,
            href,
            width,
            attributes=self._attributes(element, "src", "alt", "href", "width"),
        )

    def _pixels(self, element: _Element, name: str) -> int | None:
        found = _WHOLE.fullmatch(self._value(element, name).strip())
        return int(found[1]) if found else None

    def _value(self, element: _Element, name: str) -> str:
        """An attribute as it is written, '' where there is none."""
        start, end = element.attributes.get(name, (0, 0))
        return self._source[start:end]

    def _attributes(self, element: _Element, *known: str) -> Attributes:
        return tuple(
            (name, self._value(element, name)) for name in element.attributes if name not in known
        )

    def _end(self, element: _Element) -> str:
        text = self._source[element.inside : element.until]
        return text[len(text.rstrip()) :]

    def _text(self, element: _Element) -> str:
        return self._source[element.start : element.end]
