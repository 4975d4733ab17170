"""What the store, the API and journeys say, in the visitor's words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from domain.labels import SALE_STAGES, SPANS
from domain.sentences import Sentence, Value
from domain.time.spans import parse_clock_span
from web.console import labels
from web.console.inbox.what_follows import span_label
from web.console.times import day, exact, full_day
from web.console.words import translator

_CODES: dict[str, Callable[[str], str]] = {
    "alert": labels.alert,
    "cause": labels.cause,
    "competitor": labels.competitor,
    "disposition": labels.disposition,
    "dispositions": labels.disposition,
    "kind": labels.task_kind,
    "outcome": labels.reason,
    "per": labels.span_name,
    "phase": labels.phase,
    "phases": labels.phase,
    "promise": labels.promise,
    "reason": labels.reason,
    "reached": labels.stage,
    "reasons": labels.reason,
    "role": labels.role,
    "roles": labels.role,
    "stage": lambda code: (
        labels.opportunity_stage(code) if code in SALE_STAGES else labels.stage(code)
    ),
    "why": lambda code: labels.span_name(code) if code in SPANS else labels.reason(code),
}
"""Name of a place that holds a code, or several → how the visitor reads it."""
_WRITTEN_SPANS = frozenset({"help_after", "span"})
"""Names of places that hold a span of a policy, as it is written there."""
_PEOPLE = frozenset({"by", "own", "owner", "previous", "rep", "reps", "who"})
"""Names of places that hold a person, or several."""


def told(said: str) -> str:
    """A sentence of the store or the API in the visitor's language, with times in their zone; as
    it is when there is no translation."""
    if not isinstance(said, Sentence):
        return translator().pattern(said) or said
    pattern = translator().pattern(said.pattern)
    return said if pattern is None else _filled(pattern, said, told)


def worded(said: str) -> str:
    """A sentence made of codes and times, such as what a journey waits for, in the visitor's words;
    what marketing wrote as it is."""
    if not isinstance(said, Sentence):
        return said
    return _filled(translator().pattern(said.pattern) or said.pattern, said, worded)


def _filled(pattern: str, said: Sentence, tell: Callable[[str], str]) -> str:
    values = said.values.items()
    return pattern.format_map(
        {
            name: tell(value) if isinstance(value, Sentence) else _shown(name, value)
            for name, value in values
        }
    )


def _shown(name: str, value: Value) -> object:
    if isinstance(value, datetime):
        return day(value) if name == "day" else exact(value)
    if isinstance(value, date):
        return full_day(value)
    if isinstance(value, int):
        return value
    if not isinstance(value, str):
        return ", ".join(str(_shown(name, one)) for one in value)
    if name in _PEOPLE:
        return labels.person(value)
    if name == "rule":
        return labels.rule(value)
    if name in _WRITTEN_SPANS:
        return span_label(parse_clock_span(value))
    # In English sentences the words of a code stand apart.
    return _CODES[name](value.replace(" ", "_")) if name in _CODES else value
