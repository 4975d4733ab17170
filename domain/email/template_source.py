"""A mail's source before compilation: parts included, Jinja2 tags found, every place known."""

from __future__ import annotations

import bisect
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from domain.authoring.yaml_messages import did_you_mean
from domain.authoring.yaml_source import SourceProblem

_OPENING = re.compile(r"\{[{%#]")
TAG = re.compile(
    r"""\{\{(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^"'])*?\}\}"""
    r"""|\{%(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^"'])*?%\}"""
    r"""|\{\#.*?\#\}""",
    re.DOTALL,
)
LONGEST = 100_000
"""Characters of a template file with its parts."""
MOST_TAGS = 2000
"""Jinja2 tags of a template: Python compiles them without letting another thread run."""
_KEYWORD = re.compile(r"\{%[-+]?\s*(\w*)")
_INCLUDE = re.compile(r"""<mj-include\s+path=["']([^"']*)["']\s*(?:/>|>\s*</mj-include>)""")


@dataclass(frozen=True)
class Fragment:
    """Text put together from files, knowing for each character where it came from.

    ``pieces`` holds (start in ``text``, file, the file's text, start in the file's text).
    """

    text: str
    pieces: tuple[tuple[int, str, str, int], ...]

    def problem(self, offset: int, message: str) -> SourceProblem:
        """A problem at the character ``offset`` of ``text``, placed in its own file."""
        index = bisect.bisect_right(self.pieces, offset, key=lambda piece: piece[0]) - 1
        start, file, source, origin = self.pieces[max(index, 0)]
        place = origin + max(offset - start, 0)
        line_start = source.rfind("\n", 0, place) + 1
        return SourceProblem(
            file, source.count("\n", 0, place) + 1, place - line_start + 1, message
        )


@dataclass(frozen=True)
class Tag:
    """One Jinja2 tag: its text, its place in the fragment, and the keyword of a ``{% … %}``
    (empty for ``{{ … }}``)."""

    text: str
    offset: int
    keyword: str


class SourceError(Exception):
    """The source cannot be compiled. ``problems`` says why, at least one."""

    def __init__(self, problems: list[SourceProblem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def with_parts(
    source: str, start: int, file: str, parts: Mapping[str, str]
) -> tuple[Fragment, list[SourceProblem]]:
    """``source`` from the character ``start`` on, its ``<mj-include path="…" />`` replaced by
    ``parts`` (file name → text) and its comments blanked out."""
    source = _without_comments(source)
    text: list[str] = []
    pieces: list[tuple[int, str, str, int]] = []
    problems: list[SourceProblem] = []
    length = 0

    def add(piece: str, name: str, whole: str, origin: int) -> None:
        nonlocal length
        if piece:
            pieces.append((length, name, whole, origin))
            text.append(piece)
            length += len(piece)

    at = start
    for match in _INCLUDE.finditer(source, start):
        if length > LONGEST:
            break
        add(source[at : match.start()], file, source, at)
        at = match.end()
        part = parts.get(part_named(match[1], parts) or "")
        if part is None:
            message = f"there is no part '{match[1]}'.{did_you_mean(match[1], parts)}"
            whole = Fragment(source, ((0, file, source, 0),))
            problems.append(whole.problem(match.start(), message))
            continue
        part = part.replace("\r\n", "\n").removeprefix("\ufeff")
        part = _without_comments(part)
        add(part, posixpath.join(posixpath.dirname(file), match[1]), part, 0)
    add(source[at:], file, source, at)
    fragment = Fragment("".join(text), tuple(pieces) or ((0, file, source, start),))
    return fragment, problems


def part_named(name: str, parts: Mapping[str, str]) -> str | None:
    """The part that is included by a name: the one of that name or, where a language has none of
    its own (``_footer.en.mjml``), the one for all (``_footer.mjml``). None when there is none."""
    if name in parts:
        return name
    of_all = re.sub(r"\.[a-z]{2,3}(?=\.mjml$)", "", name)
    return of_all if of_all in parts else None


def _without_comments(source: str) -> str:
    """``source`` with its ``<!-- … -->`` blanked out; one that never ends stays. Once through."""
    out: list[str] = []
    at = 0
    while (start := source.find("<!--", at)) >= 0 and (end := source.find("-->", start + 4)) >= 0:
        out += source[at:start], re.sub(r"[^\n]", " ", source[start : end + 3])
        at = end + 3
    return "".join(out) + source[at:]


def tags_of(fragment: Fragment) -> tuple[list[Tag], list[SourceProblem]]:
    """The Jinja2 tags of the fragment in order; comments ``{# … #}`` included. A tag that is
    never closed, or one too many, is the one problem this can find."""
    tags: list[Tag] = []
    at = 0
    while opening := _OPENING.search(fragment.text, at):
        match = TAG.match(fragment.text, opening.start())
        if match is None:
            message = f"'{opening[0]}' is never closed, or a quotation mark in it is not"
            return tags, [fragment.problem(opening.start(), message)]
        if len(tags) == MOST_TAGS:
            message = f"more than {MOST_TAGS:,} {{{{ … }}}} and {{% … %}}. Split the mail"
            return tags, [fragment.problem(opening.start(), message)]
        keyword = _KEYWORD.match(match[0])
        tags.append(Tag(match[0], match.start(), keyword[1] if keyword else ""))
        at = match.end()
    return tags, []


def guarded(literal: str) -> str:
    """``literal`` as Jinja2 source that prints exactly it."""
    return re.sub(r"\{(?=[{%#]|\Z)", '{{ "{" }}', literal)


def as_html_source(fragment: Fragment) -> str:
    """A line of plain text with Jinja2 tags (a subject, a preheader) as Jinja2 source for HTML."""
    tags, _ = tags_of(fragment)
    out: list[str] = []
    at = 0
    for tag in tags:
        out += guarded(escape(fragment.text[at : tag.offset])), tag.text
        at = tag.offset + len(tag.text)
    return "".join(out) + guarded(escape(fragment.text[at:]))
