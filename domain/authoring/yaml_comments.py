"""Comments of a YAML list, each with the row that it stands above: ruamel has it with the row
before, with which it would go where that one goes."""

from __future__ import annotations

from typing import Any, NamedTuple

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import CommentMark
from ruamel.yaml.scalarstring import FoldedScalarString, LiteralScalarString
from ruamel.yaml.tokens import CommentToken

_BESIDE, _ABOVE, _BESIDE_VALUE, _ABOVE_VALUE = 0, 1, 2, 3
"""Where ruamel has a comment in what it keeps of an item of a list, and of a key."""


class _CommentPlace(NamedTuple):
    """Where the comment is that follows a row: beside what, and at which position there;
    ``is_block`` behind a text of several lines, beside which none can stand."""

    items: dict[Any, list[Any]]
    key: Any
    position: int
    is_block: bool = False


def hang_on_own_rows(inside: CommentedMap, key: Any) -> str:
    """Have each comment with the row below it, in the list at a key.

    Returns:
        What stands below the last row: it is about what follows the list.
    """
    rows: CommentedSeq = inside[key]
    above = inside.ca.items.get(key)
    if not rows:
        return ""
    if above and (beside := above[_BESIDE_VALUE]):
        line, _end, below = beside.value.partition("\n")
        beside.value = f"{line}\n"
        _hang_above(rows, 0, [_comment(one) for one in below.splitlines(keepends=True)])
    if above and above[_ABOVE_VALUE]:
        _hang_above(rows, 0, above[_ABOVE_VALUE])
        above[_ABOVE_VALUE] = None
        rows.ca.comment[_ABOVE] = None
    for at in range(len(rows) - 1):
        _hang_above(rows, at + 1, [_comment(line) for line in _taken_below(rows, at)])
    return "".join(_taken_below(rows, len(rows) - 1))


def set_comment_below(rows: CommentedSeq, below: str) -> None:
    """Write what stands below the last row, as :func:`hang_on_own_rows` gave it."""
    if not below or not rows:
        return
    place = _place_below(rows, len(rows) - 1)
    there = place.items.setdefault(place.key, [None] * 4)
    if there[place.position] is None:
        start = "" if place.is_block else "\n"
        there[place.position] = CommentToken(f"{start}{below}", CommentMark(0))
    else:
        there[place.position].value = there[place.position].value.rstrip("\n") + f"\n{below}"


def _hang_above(rows: CommentedSeq, at: int, comments: list[CommentToken]) -> None:
    if comments:
        there = rows.ca.items.setdefault(at, [None] * 4)
        there[_ABOVE] = [*comments, *(there[_ABOVE] or ())]


def _taken_below(rows: CommentedSeq, at: int) -> list[str]:
    """The lines below a row, which it has no more then; what is beside it stays."""
    place = _place_below(rows, at)
    token = place.items.get(place.key, [None] * 4)[place.position]
    if token is None:
        return []
    if place.is_block:
        place.items[place.key][place.position] = None
        return f"{' ' * token.start_mark.column}{token.value}".splitlines(keepends=True)
    beside, _end, below = token.value.partition("\n")
    if beside:
        token.value = f"{beside}\n"
    elif below:
        place.items[place.key][place.position] = None
    return list(below.splitlines(keepends=True))


def _place_below(rows: CommentedSeq, at: int) -> _CommentPlace:
    place, value = _CommentPlace(rows.ca.items, at, _BESIDE), rows[at]
    while isinstance(value, CommentedMap | CommentedSeq) and value and not value.fa.flow_style():
        if isinstance(value, CommentedMap):
            last = list(value)[-1]
            place = _CommentPlace(value.ca.items, last, _BESIDE_VALUE)
        else:
            last = len(value) - 1
            place = _CommentPlace(value.ca.items, last, _BESIDE)
        value = value[last]
    return place._replace(is_block=isinstance(value, FoldedScalarString | LiteralScalarString))


def _comment(line: str) -> CommentToken:
    written = line.lstrip(" ")
    return CommentToken(written, CommentMark(len(line) - len(written)))
