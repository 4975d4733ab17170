"""Spans of the sales side: elapsed time, or business time of the team's calendar.

``30 minutes``, ``4 hours``, ``2 days`` and ``1 week`` are elapsed time, as everywhere;
``60 business minutes``, ``4 business hours`` and ``2 business days`` run while the team works.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

from domain.authoring.kinds import kind
from domain.authoring.yaml_messages import did_you_mean
from domain.time.business_time import BusinessCalendar
from domain.time.span import Span, amount_and_unit, parse_span

Pause = tuple[datetime, datetime]
"""When a journey was paused and when it was resumed."""

_BUSINESS = re.compile(r"business (minute|hour)s?")
_WORDS = [
    f"{kind}{unit}{plural}"
    for kind, units in (
        ("", ("minute", "hour", "day", "week")),
        ("business ", ("minute", "hour", "day")),
    )
    for unit in units
    for plural in ("", "s")
]


@dataclass(frozen=True)
class ClockSpan:
    """A span on a clock that either always runs or runs in business time.

    ``span`` is None for no time at all. A span in business days is always business time.
    """

    span: Span | None
    business: bool = False

    def __str__(self) -> str:
        if self.span is None:
            return "0 minutes"
        if self.business and self.span.unit != "business day":
            return str(self.span).replace(" ", " business ", 1)
        return str(self.span)

    @property
    def length(self) -> timedelta:
        """Its time, elapsed or in business; a business day counts as eight hours."""
        if self.span is None:
            return timedelta()
        if self.span.unit == "business day":
            return timedelta(hours=8 * self.span.amount)
        return self.span.length

    def after(
        self, start: datetime, calendar: BusinessCalendar, pauses: Sequence[Pause] = ()
    ) -> datetime:
        """The instant (UTC) this span after ``start``. ``pauses`` don't count; they come in order.

        Raises:
            CalendarShut: the calendar has not so much business time.
        """
        start = start.astimezone(UTC)
        end = self._after(start, calendar)
        for pause in pauses:
            begin, resumed = (at.astimezone(UTC) for at in pause)
            begin = max(begin, start)
            if begin < end and begin < resumed:
                if not self.business:
                    end += resumed - begin
                    continue
                end = calendar.add(resumed, calendar.minutes_between(begin, end))
                # Minutes end with the day they are used up on, working days when the next begins.
                if self.span is not None and self.span.unit == "business day":
                    end = calendar.next_open(end)
        return end

    def _after(self, start: datetime, calendar: BusinessCalendar) -> datetime:
        if self.span is None:
            return start
        if self.span.unit == "business day":
            return calendar.add_days(start, self.span.amount)
        if self.business:
            return calendar.add(start, self.span.length / timedelta(minutes=1))
        return start + self.span.length


def parse_clock_span(value: Any) -> Any:
    """Read ``4 business hours`` or ``30 minutes``.

    Raises:
        PydanticCustomError: with a sentence that says what to write; zero and less and more than
            two years are refused.
    """
    if isinstance(value, ClockSpan):
        return value
    written = amount_and_unit(value)
    if written is None:
        raise PydanticCustomError(
            "span",
            "'{value}' is no span of time. Write a whole number and a unit, such as "
            "60 business minutes, 4 business hours, 2 business days, 30 minutes or 1 week",
            {"value": str(value)},
        )
    amount, word = written
    if word not in _WORDS:
        raise PydanticCustomError(
            "span",
            "unknown unit '{word}'.{advice}",
            {"word": word, "advice": did_you_mean(word, _WORDS)},
        )
    if amount <= 0:
        raise PydanticCustomError(
            "span",
            "'{value}' is no time at all. Write a number above zero",
            {"value": value.strip()},
        )
    business = _BUSINESS.fullmatch(word)
    span = parse_span(f"{amount} {business[1]}" if business else value)
    return ClockSpan(span, business is not None or span.unit == "business day")


def parse_delay(value: Any) -> Any:
    """As :func:`parse_clock_span`, but no time at all (``0 minutes``) is a delay too."""
    written = amount_and_unit(value)
    if written and written[0] == 0 and written[1] in _WORDS:
        return ClockSpan(None)
    return parse_clock_span(value)


_AS_TEXT = PlainSerializer(str, return_type=str)
ClockSpanField = Annotated[
    ClockSpan,
    BeforeValidator(parse_clock_span),
    _AS_TEXT,
    kind(
        "span of work",
        "A whole number above zero and `minutes`, `hours`, `days` or `weeks`, which pass always, "
        "or `business minutes`, `business hours` or `business days`, which pass while the team of "
        "whoever does the work is open (`calendar` in team.yaml). At most two years.",
        "30 minutes",
        "60 business minutes",
        "4 business hours",
        "2 business days",
    ),
]
"""A pydantic field read by :func:`parse_clock_span` and written back the same way."""
DelayField = Annotated[
    ClockSpan,
    BeforeValidator(parse_delay),
    _AS_TEXT,
    kind("delay", "A span of work, or `0 minutes` for at once.", "0 minutes", "4 business hours"),
]
"""A pydantic field read by :func:`parse_delay` and written back the same way."""
Duration = Span | ClockSpan | timedelta
"""How long a task may take: business time is that of the owner's team, a ``timedelta`` journey
time."""
