"""Spans of time as people write them: elapsed time, or business days of the lead's country."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

from domain.authoring.kinds import kind
from domain.authoring.yaml_messages import did_you_mean
from domain.time.window import add_business_days

Unit = Literal["minute", "hour", "day", "business day", "week"]
_UNITS: dict[Unit, timedelta] = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    # On average; the planner counts the real ones.
    "business day": timedelta(days=7) / 5,
    "week": timedelta(weeks=1),
}
_UNIT_WORDS = [word for unit in _UNITS for word in (unit, f"{unit}s")]
_YEAR = timedelta(days=365)
_SPAN = re.compile(r"([+-]?\d{1,9})\s*([A-Za-z][A-Za-z ]*)")


@dataclass(frozen=True)
class Span:
    """A span of time as marketing writes it: ``3 days``, ``2 business days``."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}{'' if self.amount == 1 else 's'}"

    @property
    def length(self) -> timedelta:
        """How long it is; for business days on average (seven days for five)."""
        return self.amount * _UNITS[self.unit]

    def after(self, at: datetime, time_zone: str, country: str) -> datetime:
        """The instant (UTC) this span after ``at``, business days being those of the lead."""
        if self.unit == "business day":
            return add_business_days(at, self.amount, time_zone, country)
        return at + self.length


def amount_and_unit(value: Any) -> tuple[int, str] | None:
    """The number and the word of what may be a span, ``3`` and ``days``; None when it has not even
    the form of one."""
    match = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    return (int(match[1]), " ".join(match[2].lower().split())) if match else None


def parse_span(value: Any, *, most_years: int = 2) -> Any:
    """Read ``3 days`` (minutes, hours, days, business days or weeks; whole numbers) as a Span.

    Raises:
        PydanticCustomError: with a sentence that says what to write; zero, negative and more
            than ``most_years`` are refused.
    """
    if isinstance(value, Span):
        return value
    written = amount_and_unit(value)
    if written is None:
        raise PydanticCustomError(
            "span",
            "'{value}' is no span of time. Write a whole number and a unit, such as 3 days, "
            "4 hours, 30 minutes, 2 business days or 1 week",
            {"value": str(value)},
        )
    amount, word = written
    unit = next((unit for unit in _UNITS if word in (unit, f"{unit}s")), None)
    if unit is None:
        raise PydanticCustomError(
            "span",
            "unknown unit '{word}'.{advice}",
            {"word": word, "advice": did_you_mean(word, _UNIT_WORDS)},
        )
    if amount <= 0:
        raise PydanticCustomError(
            "span",
            "'{value}' is no time at all. Write a number above zero, or delete the step",
            {"value": value.strip()},
        )
    # Compared as a number: a timedelta of 999,999,999 weeks does not exist. The day is for a leap
    # year among them.
    if amount > (most_years * _YEAR + timedelta(days=1)) / _UNITS[unit]:
        raise PydanticCustomError(
            "span",
            "'{value}' is more than {years} years. Write a shorter span",
            {"value": value.strip(), "years": most_years},
        )
    return Span(amount, unit)


SPAN_KIND = kind(
    "span of time",
    "A whole number above zero and `minutes`, `hours`, `days`, `business days` or `weeks`; at most "
    "two years if nothing else is said. All but business days is time that passes always; business "
    "days are those of the lead's country.",
    "30 minutes",
    "3 days",
    "2 business days",
    "1 week",
)
SpanField = Annotated[
    Span, BeforeValidator(parse_span), PlainSerializer(str, return_type=str), SPAN_KIND
]
"""A pydantic field read by :func:`parse_span` and written back the same way."""
