"""Rows of YAML lists that are moved, within a list and from one list into another: each takes along
what was written about it."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.tokens import CommentToken

from domain.authoring.yaml_comments import hang_on_own_rows
from domain.authoring.yaml_source import Path

_COLUMNS = 2
"""How far each level is indented (see ``yaml_edit``)."""


class PlacedRow(dict[str, Any]):
    """A row of a list that knows where in the file it stood: ``was`` is its path, None for a new
    one. A list of such rows is written in their order, wherever each comes from."""

    def __init__(self, values: Mapping[str, Any], was: Path | None) -> None:
        super().__init__(values)
        self.was = was


class LiftedRow(NamedTuple):
    """A row as it was written, and the comments that stand above and beside it."""

    row: CommentedMap
    comments: list[Any] | None


def placed(value: Any) -> Iterator[PlacedRow]:
    """Every such row in plain data, from the outside to the inside."""
    if isinstance(value, PlacedRow):
        yield value
    inside = value.values() if isinstance(value, Mapping) else value
    for one in inside if isinstance(value, Mapping | list) else ():
        yield from placed(one)


class LiftedRows:
    """The rows of a document that its new data knows by their places."""

    def __init__(self, document: CommentedMap, data: Mapping[str, Any]) -> None:
        self._rows: dict[Path, LiftedRow] = {}
        self._below: dict[int, str] = {}
        lists = sorted({one.was[:-1] for one in placed(data) if one.was}, key=len)
        found = [(path, *_at(document, path)) for path in lists]
        for _path, inside, key in found:
            self._below[id(inside[key])] = hang_on_own_rows(inside, key)
        seen: set[int] = set()
        for path, inside, key in found:
            rows: CommentedSeq = inside[key]
            for at, row in enumerate(rows):
                if not isinstance(row, CommentedMap):
                    continue
                # An alias is the same row once more, and would change with it.
                own = copy.deepcopy(row) if id(row) in seen else row
                seen.add(id(row))
                self._rows[*path, at] = LiftedRow(own, rows.ca.items.get(at))

    def take(self, row: PlacedRow, here: Path) -> LiftedRow | None:
        """A row as it was written, for its new place; None for one that is new."""
        found = self._rows.pop(row.was, None) if row.was else None
        if found is not None and row.was:
            deeper = _COLUMNS * (len(here) - len(row.was))
            _shift(found.row, deeper)
            _shift_all(found.comments, deeper)
        return found

    def below(self, rows: CommentedSeq) -> str:
        """What stands below the last row of a list."""
        return self._below.pop(id(rows), "")


def _at(document: CommentedMap, path: Path) -> tuple[CommentedMap, Any]:
    inside: Any = document
    for one in path[:-1]:
        inside = inside[one]
    return inside, path[-1]


def _shift(value: Any, columns: int) -> None:
    """Have the comments in a value stand with it: one that stays behind could be read as text."""
    if not columns or not isinstance(value, CommentedMap | CommentedSeq):
        return
    for comments in value.ca.items.values():
        _shift_all(comments, columns)
    for one in value.values() if isinstance(value, CommentedMap) else value:
        _shift(one, columns)


def _shift_all(comments: Any, columns: int) -> None:
    for one in comments or ():
        if isinstance(one, list):
            _shift_all(one, columns)
        elif isinstance(one, CommentToken):
            first, *below = one.value.splitlines(keepends=True) or [""]
            one.value = first + "".join(
                line if not line.strip() else _moved(line, columns) for line in below
            )
            one.start_mark.column = max(0, one.start_mark.column + columns)


def _moved(line: str, columns: int) -> str:
    written = line.lstrip(" ")
    return " " * max(0, len(line) - len(written) + columns) + written
