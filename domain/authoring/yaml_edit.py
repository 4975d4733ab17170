"""Changing values of a YAML file that a person wrote: what is not changed stays as it is written,
with its comments, in its order."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.emitter import RoundTripEmitter

from domain.authoring.yaml_comments import hang_on_own_rows, set_comment_below
from domain.authoring.yaml_rows import LiftedRows, PlacedRow, placed
from domain.authoring.yaml_source import Path, read

NAMES = ("code", "team", "rule", "name")
"""Keys by which the rows of a list are known, wherever they stand in it."""
_WIDTH = 4096


def merged(text: str, data: Mapping[str, Any]) -> str:
    """The file with the values of ``data``, plain as :func:`~domain.authoring.yaml_source.read`
    gives them. What ``data`` lacks goes; what is new comes last.

    Args:
        text: YAML that can be read.
        data: rows of a list that are :class:`~domain.authoring.yaml_rows.PlacedRow` are known by
            where they stood, others by their name.
    """
    yaml = _yaml()
    document = yaml.load(text)
    _Changes(document, data).take_over(document, data, ())
    written = io.StringIO()
    yaml.dump(document, written)
    return written.getvalue()


def lost_comments(before: str, after: str) -> list[str]:
    """The comments of a file that another version of it has no more."""
    kept = set(_comments(after))
    return [one for one in _comments(before) if one not in kept]


def is_laid_out_anew(text: str) -> bool:
    """Whether :func:`merged` writes the file with other indentation or quotation marks, though no
    value changes."""
    source = read(text, "")
    return isinstance(source.data, dict) and merged(text, source.data) != text


class _Emitter(RoundTripEmitter):
    def expect_block_sequence_item(self, first: bool = False) -> None:
        # Below a key with a comment beside it, ruamel leaves out the first line break after a row
        # that is written in one line.
        self.no_newline = first and self.no_newline
        super().expect_block_sequence_item(first)


def _yaml() -> YAML:
    yaml = YAML()
    yaml.Emitter = _Emitter
    yaml.preserve_quotes = True
    yaml.width = _WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


class _Changes:
    def __init__(self, document: CommentedMap, data: Mapping[str, Any]) -> None:
        self._lifted = LiftedRows(document, data)

    def take_over(self, into: CommentedMap, data: Mapping[str, Any], here: Path) -> None:
        known = {_key(key): key for key in into}
        for name in [name for name in known if name not in data]:
            del into[known[name]]
        for name, value in data.items():
            if name not in known:
                into[_new_key(name)] = self._made(value, into, (*here, name))
                continue
            there = into[known[name]]
            if _plain(there) != value or any(placed(value)):
                into[known[name]] = self._changed(into, known[name], value, (*here, name))

    def _changed(self, inside: CommentedMap, key: Any, value: Any, here: Path) -> Any:
        there = inside[key]
        if isinstance(there, CommentedMap) and isinstance(value, Mapping):
            self.take_over(there, value, here)
            return there
        if isinstance(there, CommentedSeq) and isinstance(value, list):
            if any(isinstance(one, PlacedRow) for one in value):
                return self._placed(there, value, here)
            if _are_rows(value):
                return self._rows(inside, key, value, here)
        return self._made(value, inside, here)

    def _rows(
        self, inside: CommentedMap, key: Any, rows: Sequence[Mapping[str, Any]], here: Path
    ) -> CommentedSeq:
        """The rows in their new order; one that was there keeps what was written about it."""
        there: CommentedSeq = inside[key]
        names = [one for one in NAMES if any(one in row for row in rows)]
        below = hang_on_own_rows(inside, key)
        known = {_called(row, names, at): (at, row) for at, row in enumerate(there)}
        comments = dict(there.ca.items)
        made = []
        for at, row in enumerate(rows):
            # A name that comes a second time is of a row that is new.
            was, old = known.pop(_called(row, names, at), (-1, None))
            if isinstance(old, CommentedMap):
                self.take_over(old, row, (*here, at))
            kept = isinstance(old, CommentedMap)
            made.append((old if kept else self._made(row, there, here), comments.get(was)))
        return _filled(there, made, below)

    def _placed(self, there: CommentedSeq, rows: Sequence[Any], here: Path) -> CommentedSeq:
        """The rows in their new order, each from where it was."""
        made: list[tuple[Any, Any]] = []
        for at, row in enumerate(rows):
            found = self._lifted.take(row, (*here, at)) if isinstance(row, PlacedRow) else None
            if found is None:
                made.append((self._made(row, there, (*here, at)), None))
                continue
            self.take_over(found.row, row, (*here, at))
            made.append(found)
        return _filled(there, made, self._lifted.below(there))

    def _made(self, value: Any, inside: Any, here: Path) -> Any:
        """A new value; a mapping is written as those beside it are."""
        if isinstance(value, Mapping):
            made = CommentedMap(
                (_new_key(name), self._made(one, inside, (*here, name)))
                for name, one in value.items()
            )
            others = inside.values() if isinstance(inside, CommentedMap) else inside or ()
            if any(isinstance(one, CommentedMap) and one.fa.flow_style() for one in others):
                made.fa.set_flow_style()
            return made
        if isinstance(value, list):
            if any(isinstance(one, PlacedRow) for one in value):
                return self._placed(CommentedSeq(), value, here)
            listed = CommentedSeq(self._made(one, None, here) for one in value)
            if not _are_rows(value):
                listed.fa.set_flow_style()
            return listed
        return value


def _filled(
    there: CommentedSeq, rows: Sequence[tuple[Any, list[Any] | None]], below: str
) -> CommentedSeq:
    """A list with other rows, each with its comments."""
    del there[:]
    there.ca.items.clear()
    for at, (row, comments) in enumerate(rows):
        there.append(row)
        if comments is not None:
            there.ca.items[at] = comments
    set_comment_below(there, below)
    return there


def _called(row: Any, names: Sequence[str], position: int) -> Any:
    """What a row is known by: one of these names, else its place."""
    named = (row[one] for one in names if one in row) if isinstance(row, dict) else iter(())
    return next(named, position)


def _key(key: Any) -> str:
    """A key as it is read elsewhere: its text."""
    plain = _plain(key)
    return str(plain).lower() if isinstance(plain, bool) else str(plain)


def _new_key(key: str) -> Any:
    """A key that is a number is written as one."""
    return int(key) if key.lstrip("-").isdecimal() else key


def _are_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _plain(value: Any) -> Any:
    """A value as it is read elsewhere: a day is its text."""
    if isinstance(value, Mapping):
        return {_key(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, bool | int | float) or value is None else str(value)


def _comments(text: str) -> list[str]:
    lines = (line.strip() for line in text.splitlines())
    return [line.lstrip("# ") for line in lines if line.startswith("#") and line.strip("# ")]
