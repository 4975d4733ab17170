"""Sentences where only English is spoken: at the command line and in the API's answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo

from domain import labels
from domain.sentences import Sentence, Value
from domain.time.shown import in_english

_CODES: Mapping[str, dict[str, str]] = {
    "competitor": {},
    "kind": labels.TASK_KINDS,
    "outcome": labels.WHY,
    "per": labels.SPANS,
    "phase": labels.PHASES,
    "promise": labels.PROMISES,
    "reason": labels.WHY,
    "stage": labels.SALE_STAGES | labels.STAGES,
    "why": labels.SPANS | labels.WHY,
}
"""Name of a place that holds a code → what English calls it."""


def in_plain_english(said: Value, zone: tzinfo = UTC) -> str:
    """A sentence in English, with codes in words and times of ``zone``."""
    if isinstance(said, Sentence):
        return said.pattern.format_map(
            {name: _shown(name, value, zone) for name, value in said.values.items()}
        )
    return _shown("", said, zone)


def _shown(name: str, value: Value, zone: tzinfo) -> str:
    if isinstance(value, Sentence):
        return in_plain_english(value, zone)
    if isinstance(value, datetime):
        return in_english(value.astimezone(zone))
    if isinstance(value, date):
        return in_english(value, "EEE d MMM y")
    if name in _CODES and isinstance(value, str):
        return labels.label(_CODES[name], value)
    return str(value)
