"""What the store, the API and journeys say, in the visitor's words."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from datetime import date, datetime

from domain.labels import SPANS
from domain.sentences import Sentence, Value
from domain.translations.translator import sentences
from web.console import labels
from web.console.times import day, exact, full_day
from web.console.words import translator

_CODES: dict[str, Callable[[str], str]] = {
    "alert": labels.alert,
    "cause": labels.cause,
    "disposition": labels.disposition,
    "dispositions": labels.disposition,
    "kind": labels.task_kind,
    "outcome": labels.reason,
    "per": labels.span_name,
    "phase": labels.phase,
    "phases": labels.phase,
    "reason": labels.reason,
    "reasons": labels.reason,
    "role": labels.role,
    "roles": labels.role,
    "why": lambda code: labels.span_name(code) if code in SPANS else labels.reason(code),
}
"""Name of a place that holds a code, or several → how the visitor reads it."""
_PLACE = re.compile(r"\\{(\w+)\\}")


def told(said: str) -> str:
    """A sentence of the store or the API in the visitor's language, with times in their zone; as
    it is when there is no translation."""
    if not isinstance(said, Sentence):
        return translator().pattern(said) or said
    pattern = translator().pattern(said.pattern)
    if pattern is None:
        return said
    return pattern.format_map({name: _shown(name, value) for name, value in said.values.items()})


def journey_said(said: str) -> str:
    """What a journey says of itself, which comes through Temporal as English text: its sentence is
    known again by its words."""
    return told(known_again(said))


def known_again(text: str) -> str:
    """The sentence of a journey that this English text is; the text when it is none."""
    for words, pattern in _of_journeys():
        if found := words.fullmatch(text):
            values = {name: known_again(value) for name, value in found.groupdict().items()}
            return Sentence(pattern, values)
    return text


@functools.cache
def _of_journeys() -> list[tuple[re.Pattern[str], str]]:
    """The sentences of journeys; those with more words of their own come first."""
    patterns = sorted(
        sentences("ko", "journeys"),
        key=lambda one: len(_PLACE.sub("", re.escape(one))),
        reverse=True,
    )
    return [(re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(one))), one) for one in patterns]


def _shown(name: str, value: Value) -> object:
    if isinstance(value, Sentence):
        return told(value)
    if isinstance(value, datetime):
        return day(value) if name == "day" else exact(value)
    if isinstance(value, date):
        return full_day(value)
    if isinstance(value, int):
        return value
    if not isinstance(value, str):
        return ", ".join(str(_shown(name, one)) for one in value)
    # In English sentences the words of a code stand apart.
    return _CODES[name](value.replace(" ", "_")) if name in _CODES else value
