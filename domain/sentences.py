"""Sentences for people that remember what they were made of, so that they can be told in another
language than English where somebody reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

Value = str | int | date | Sequence[str]
"""What stands in a place of a sentence: a code, a number, a time (with its zone), a day, a list of
codes, or a sentence."""


class Sentence(str):
    """An English sentence. ``pattern`` is the sentence with {places}, ``values`` what stands in
    them.

    ``str()`` of it, or of an exception that was raised with it, is the same object: what a refusal
    says gets from the store through the API's problem to the console as it is.
    """

    pattern: str
    values: Mapping[str, Value]

    def __new__(cls, pattern: str, values: Mapping[str, Value]) -> Sentence:
        said = super().__new__(cls, pattern.format_map(_in_english(values)))
        said.pattern, said.values = pattern, values
        return said

    def __reduce__(self) -> tuple[type[Sentence], tuple[str, Mapping[str, Value]]]:
        return type(self), (self.pattern, self.values)

    def __str__(self) -> str:
        return self


def sentence(pattern: str, /, **values: Value) -> Sentence:
    """A sentence with ``values`` in its {places}.

    Args:
        pattern: a constant; ``tests/domain/test_catalogs.py`` asks for its translations. Places are
            formatted as with ``str.format``; lists are separated by commas.
    """
    return Sentence(pattern, values)


def written(value: Value) -> object:
    """A sentence as JSON keeps it, for :func:`read`."""
    if isinstance(value, Sentence):
        places = {name: written(inside) for name, inside in value.values.items()}
        return {"pattern": value.pattern, "values": places}
    if isinstance(value, datetime):
        return {"time": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return [written(one) for one in value] if isinstance(value, list | tuple) else value


def read(kept: Any) -> Value:
    """What :func:`written` wrote."""
    match kept:
        case {"pattern": pattern, "values": places}:
            return Sentence(pattern, {name: read(inside) for name, inside in places.items()})
        case {"time": time}:
            return datetime.fromisoformat(time)
        case {"day": day}:
            return date.fromisoformat(day)
        case list():
            return [str(read(one)) for one in kept]
    known: Value = kept
    return known


def _in_english(values: Mapping[str, Value]) -> dict[str, object]:
    return {
        name: ", ".join(value) if isinstance(value, list | tuple) else value
        for name, value in values.items()
    }
