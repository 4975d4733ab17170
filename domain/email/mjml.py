"""From a mail's MJML source to two Jinja2 sources: HTML and plain text.

The MJML compiler (mrml) rejects Jinja2 tags between elements and rewrites unusual characters in
attributes. So every Jinja2 tag is replaced by a plain word first, mrml compiles the result, and
the tags are put back. One walk over the same source checks where tags stand and writes the plain
text, so both parts of a mail say the same and carry the same links.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser

import mrml

from domain.authoring.yaml_messages import did_you_mean
from domain.authoring.yaml_source import SourceProblem
from domain.email.dangers import NEVER, WORD, danger_in_attribute, danger_in_css
from domain.email.merge_fields import STYLE_FIELDS
from domain.email.template_source import TAG, Fragment, SourceError, Tag, guarded, tags_of

_TAGGED = re.compile(f"({TAG.pattern})", re.DOTALL)
_LINK = re.compile(
    r"""\{\{[-+]?\s*(?:links\s*\.\s*\w+|brand\s*\.\s*logo|link\s*\(\s*(?:"[^"]*"|'[^']*')\s*\))\s*[-+]?\}\}"""
)
_STYLE = re.compile(rf"\{{\{{\s*brand\.(?:{'|'.join(STYLE_FIELDS)})\s*\}}\}}")
_ELEMENT = re.compile(r"""(<(?:[^<>"']++|"[^"]*+"|'[^']*+')*+>)""")
_AFTER_LETTERS = re.compile(r"(?:(?<=[^\x00-\x7f])|(?<=[^\x00-\x7f].))>")
_PARENTS: dict[str, frozenset[str]] = {
    "mj-head": frozenset({"mjml"}),
    "mj-body": frozenset({"mjml"}),
    **dict.fromkeys(
        ("mj-preview", "mj-title", "mj-style", "mj-attributes", "mj-breakpoint"),
        frozenset({"mj-head"}),
    ),
    "mj-wrapper": frozenset({"mj-body"}),
    "mj-section": frozenset({"mj-body", "mj-wrapper"}),
    "mj-group": frozenset({"mj-section"}),
    "mj-column": frozenset({"mj-section", "mj-group"}),
    **dict.fromkeys(
        ("mj-text", "mj-button", "mj-image", "mj-divider", "mj-spacer", "mj-table"),
        frozenset({"mj-column"}),
    ),
}
_CONTENT = frozenset({"mj-text", "mj-button", "mj-table"})
_BLOCKS_BETWEEN_ELEMENTS = frozenset({"mj-body", "mj-column"})
_TAGGED_ATTRIBUTES = frozenset({"href", "src", "alt", "title"})
_HEAD_ONLY = frozenset({"subject", "preheader"})
_VOID = frozenset({"br", "hr", "img", "col", "wbr"})
_MAX_DEPTH = 60
_WHERE = (
    "{% … %} may stand inside mj-text, mj-button and mj-table, and between the elements of "
    "mj-column or mj-body"
)


def to_html_and_text(body: Fragment, shared: Mapping[str, str]) -> tuple[str, str]:
    """Compile an MJML document to (HTML, plain text), both Jinja2 sources.

    ``shared`` maps ``subject`` and ``preheader`` to what ``{{ subject }}`` and
    ``{{ preheader }}`` in the document's head stand for, as Jinja2 source for HTML.

    Raises:
        SourceError: MJML or the places of Jinja2 tags are wrong.
    """
    tags, problems = tags_of(body)
    if problems:
        raise SourceError(problems)
    words: list[str] = []
    starts: list[tuple[int, int]] = [(0, 0)]
    at = length = 0
    for number, tag in enumerate(tags):
        word = "" if tag.text.startswith("{#") else f"zqtag{number}zq"
        words += body.text[at : tag.offset], word
        length += tag.offset - at + len(word)
        at = tag.offset + len(tag.text)
        starts.append((length, at))
    words.append(body.text[at:])
    plain = "".join(words)

    walk = _Walk(body, tags, plain, starts)
    walk.feed(plain)
    walk.close()
    walk.finish()
    if walk.problems:
        raise SourceError(walk.problems)

    for number in walk.between_elements:
        word = f"zqtag{number}zq"
        plain = plain.replace(word, f"<mj-raw>{word}</mj-raw>")
    try:
        html = mrml.to_html(
            _escaped(plain), None, mrml.RenderOptions(disable_comments=True)
        ).content
    except BaseException as error:
        # Where mrml panics it raises a class that no module exports and that is no Exception.
        if not isinstance(error, OSError | ValueError) and type(error).__name__ != "PanicException":
            raise
        raise SourceError([body.problem(0, f"the MJML cannot be compiled: {error}")]) from None

    found = [int(number) for number in WORD.findall(html)]
    for number, tag in enumerate(tags):
        wanted = {1} if tag.keyword else {1, 2, 3}
        anywhere = tag.text.startswith("{#") or _STYLE.fullmatch(tag.text)
        if not anywhere and found.count(number) not in wanted:
            message = f"MJML gives {tag.text} no place in the HTML here. Move it into an mj-text"
            raise SourceError([body.problem(tag.offset, message)])

    def put_back(number: str) -> str:
        text = tags[int(number)].text
        return shared.get(text.strip("{ }"), text)

    pieces = WORD.split(html)
    out = [guarded(piece) if i % 2 == 0 else put_back(piece) for i, piece in enumerate(pieces)]
    return "".join(out), walk.text.source()


def _escaped(document: str) -> str:
    """``document`` without a bare ">" after letters beyond ASCII, where mrml's parser panics."""
    pieces = _ELEMENT.split(document)
    pieces[::2] = [_AFTER_LETTERS.sub("&gt;", text) for text in pieces[::2]]
    return "".join(pieces)


class _PlainText:
    """Writes the plain text: one line a paragraph, a blank line between paragraphs."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._gap = 0
        self._line_start = True

    def gap(self, newlines: int) -> None:
        """What comes next starts after at least so many newlines."""
        if self._out:
            self._gap = max(self._gap, newlines)
            self._line_start = True

    def literal(self, text: str) -> None:
        text = re.sub(r"\s+", " ", text.replace("\xa0", " "))
        if self._line_start:
            text = text.lstrip()
        if text:
            self._write(guarded(text))

    def tag(self, tag: Tag) -> None:
        if tag.keyword == "for" and self._gap:
            # Inside the loop the gap would come back with every item.
            self._out.append("\n" * self._gap)
            self._gap = 0
        if tag.keyword:
            # A pending gap belongs to the next words, which may stand inside the block.
            self._out.append(tag.text)
        else:
            self._write(tag.text)

    def trim(self) -> None:
        """What comes next follows the last word without a space."""
        if self._out:
            self._out[-1] = self._out[-1].rstrip(" ")

    def line_break(self) -> None:
        self._write("\n")
        self._line_start = True

    def _write(self, source: str) -> None:
        self._out.append("\n" * self._gap + source)
        self._gap = 0
        self._line_start = False

    def source(self) -> str:
        return "".join(self._out)


@dataclass
class _Open:
    tag: str
    offset: int
    href: str = ""
    cells: int = 0
    items: int = 0


class _Walk(HTMLParser):
    """One pass over the document: checks structure and tags, writes the plain text."""

    def __init__(
        self, body: Fragment, tags: list[Tag], plain: str, starts: list[tuple[int, int]]
    ) -> None:
        super().__init__(convert_charrefs=True)
        self.text = _PlainText()
        self.problems: list[SourceProblem] = []
        self.between_elements: list[int] = []
        self._body = body
        self._tags = tags
        self._starts = starts
        self._lines = [0, *(match.end() for match in re.finditer("\n", plain))]
        self._stack: list[_Open] = []
        self._blocks: list[tuple[Tag, _Open]] = []

    def _offset(self) -> int:
        line, column = self.getpos()
        place = self._lines[line - 1] + column
        start, origin = self._starts[bisect.bisect_right(self._starts, (place, 1 << 60)) - 1]
        return origin + place - start

    def _problem(self, offset: int, message: str) -> None:
        self.problems.append(self._body.problem(offset, message))

    def _inside(self, *tags: str) -> bool:
        return any(element.tag in tags for element in self._stack)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = _Open(tag, self._offset())
        values = {name: value or "" for name, value in attrs}
        if not self._inside("mj-attributes"):
            self._check_element(tag, element.offset)
        self._check_attributes(values, element.offset)
        if "href" in values:
            element.href = self._with_tags(values["href"])
        if tag not in _VOID:
            self._stack.append(element)
        if len(self._stack) > _MAX_DEPTH:
            message = f"elements are nested more than {_MAX_DEPTH} deep here"
            raise SourceError([self._body.problem(element.offset, message)])
        if not self._inside("mj-body"):
            return
        if tag == "br":
            self.text.line_break()
        elif tag == "img":
            self._write_tagged(self._with_tags(values.get("alt", "")))
        elif tag in ("li", "td", "th"):
            self._start_item(tag)
        elif tag == "tr":
            self.text.gap(1)
        elif tag == "mj-divider":
            self.text.gap(2)
            self.text.literal("---")
            self.text.gap(1)
        elif tag == "mj-image" and element.href:
            self.text.gap(2)
            self._write_tagged(self._with_tags(values.get("alt", "")))
        elif tag in _CONTENT or tag in ("p", "div", "ul", "ol", "h1", "h2", "h3", "h4"):
            self.text.gap(2)

    def _start_item(self, tag: str) -> None:
        holder = next((e for e in reversed(self._stack[:-1]) if e.tag in ("ul", "ol", "tr")), None)
        if tag == "li":
            self.text.gap(1)
            ordered = holder is not None and holder.tag == "ol" and not self._blocks
            if holder is not None:
                holder.items += 1
            self.text.literal(f"{holder.items}. " if holder and ordered else "- ")
        elif holder is not None:
            if holder.cells:
                self.text.literal(" | ")
            holder.cells += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if not self._stack or self._stack[-1].tag != tag:
            expected = f"</{self._stack[-1].tag}> comes first" if self._stack else "nothing is open"
            self._problem(self._offset(), f"</{tag}> closes an element out of order: {expected}")
            # Later elements would only be reported because of this one.
            while self._stack and self._inside(tag) and self._stack.pop().tag != tag:
                pass
            return
        element = self._stack.pop()
        for block, holder in self._blocks:
            if holder is element:
                self._problem(block.offset, f"{block.text} must end inside the same <{tag}>")
        self._blocks = [entry for entry in self._blocks if entry[1] is not element]
        if not self._inside("mj-body"):
            return
        if element.href and tag in ("a", "mj-button", "mj-image"):
            self._write_link(element)
        if tag in _CONTENT or tag in ("p", "div", "ul", "ol", "mj-image", "h1", "h2", "h3", "h4"):
            self.text.gap(2)
        elif tag in ("li", "tr"):
            self.text.gap(1)

    def _write_link(self, element: _Open) -> None:
        """Put the address after the label just written. A ``mailto:`` address is its label."""
        if element.href.startswith("mailto:"):
            return
        self.text.trim()
        before, after = (" (", ")") if element.tag == "a" else (": ", "")
        self.text.literal(before)
        self._write_tagged(element.href)
        self.text.literal(after)

    def _write_tagged(self, value: str) -> None:
        for index, piece in enumerate(_TAGGED.split(value)):
            if index % 2:
                self.text.tag(Tag(piece, 0, ""))
            else:
                self.text.literal(piece)

    def handle_decl(self, decl: str) -> None:
        self._problem(self._offset(), f"<!{decl[:20]} … cannot be used in a mail. Delete it")

    def handle_pi(self, data: str) -> None:
        self._problem(self._offset(), f"<?{data[:20]} … cannot be used in a mail. Delete it")

    def unknown_decl(self, data: str) -> None:
        self._problem(self._offset(), f"<![{data[:20]} … cannot be used in a mail. Delete it")

    def handle_data(self, data: str) -> None:
        if self._inside("mj-style"):
            self._report(danger_in_css(data), self._offset())
        for index, piece in enumerate(WORD.split(data)):
            if index % 2:
                self._handle_tag(int(piece))
            elif self._inside(*_CONTENT):
                self.text.literal(piece)
            elif piece.strip() and self._inside("mj-body"):
                message = f"the text '{piece.split()[0]} …' stands outside an mj-text"
                indent = len(piece) - len(piece.lstrip())
                self._problem(self._offset() + indent, message)

    def _handle_tag(self, number: int) -> None:
        tag = self._tags[number]
        parent = self._stack[-1] if self._stack else _Open("", 0)
        if self._inside("mj-style") and _STYLE.fullmatch(tag.text):
            return
        if self._inside("mj-preview", "mj-title") and not tag.keyword:
            return
        in_content = self._inside(*_CONTENT)
        if not tag.keyword:
            if not in_content:
                self._problem(tag.offset, f"{tag.text} must stand inside an mj-text or mj-button")
                return
            if tag.text.strip("{ }") in _HEAD_ONLY:
                self._problem(tag.offset, f"{tag.text} can stand in mj-title or mj-preview only")
                return
        elif in_content or parent.tag in _BLOCKS_BETWEEN_ELEMENTS:
            self._balance(tag, parent)
            if not in_content:
                self.between_elements.append(number)
        else:
            self._problem(tag.offset, f"{tag.text} cannot stand here: {_WHERE}")
            return
        self.text.tag(tag)

    def _balance(self, tag: Tag, parent: _Open) -> None:
        if tag.keyword in ("if", "for"):
            self._blocks.append((tag, parent))
        elif self._blocks and self._blocks[-1][1] is not parent:
            opened = self._blocks[-1]
            message = f"{tag.text} must stand in the same <{opened[1].tag}> as {opened[0].text}"
            self._problem(tag.offset, message)
            self._blocks.pop()
        elif tag.keyword.startswith("end") and self._blocks:
            self._blocks.pop()

    def _check_element(self, tag: str, offset: int) -> None:
        parent = self._stack[-1].tag if self._stack else ""
        if not self._stack and tag != "mjml":
            self._problem(offset, f"the mail must be one <mjml> element, not <{tag}>")
        elif tag in NEVER:
            self._problem(offset, f"<{tag}> cannot be used in a mail. Delete it")
        elif tag.startswith("mj-") and tag not in _PARENTS:
            message = f"<{tag}> is not available: it has no plain-text form or does not exist."
            self._problem(offset, message + did_you_mean(tag, _PARENTS))
        elif tag in _PARENTS and parent not in _PARENTS[tag]:
            wanted = " or ".join(f"<{name}>" for name in sorted(_PARENTS[tag]))
            self._problem(offset, f"<{tag}> must stand directly in {wanted}, not in <{parent}>")

    def _check_attributes(self, values: Mapping[str, str], offset: int) -> None:
        for name, value in values.items():
            numbers = [int(number) for number in WORD.findall(value)]
            for tag in (self._tags[number] for number in numbers):
                if _STYLE.fullmatch(tag.text) and name not in _TAGGED_ATTRIBUTES:
                    continue
                if name not in _TAGGED_ATTRIBUTES or tag.keyword:
                    names = ", ".join(sorted(_TAGGED_ATTRIBUTES))
                    message = f"{tag.text} cannot stand in '{name}': only {{{{ … }}}} in {names}"
                    self._problem(tag.offset, message)
                elif (
                    name in ("href", "src") and WORD.match(value) and not _LINK.fullmatch(tag.text)
                ):
                    message = f'an address comes from link("https://…") or links, not {tag.text}'
                    self._problem(tag.offset, message)
            self._report(danger_in_attribute(name, value), offset)

    def _report(self, danger: str, offset: int) -> None:
        if danger:
            self._problem(offset, danger)

    def _with_tags(self, value: str) -> str:
        pieces = WORD.split(value)
        return "".join(
            piece if index % 2 == 0 else self._tags[int(piece)].text
            for index, piece in enumerate(pieces)
        )

    def finish(self) -> None:
        """Report what is still open at the end."""
        for element in self._stack[:1]:
            self._problem(element.offset, f"<{element.tag}> is never closed")
        for block, _ in self._blocks:
            self._problem(block.offset, f"{block.text} is never closed")
