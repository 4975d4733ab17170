"""Periods: half-open days of the company's time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from domain.refusals import Invalid
from domain.sentences import sentence
from domain.time.window import zone


@dataclass(frozen=True)
class Period:
    """From the beginning of the day ``begins`` to that of the day ``ends``, which is no part of it.

    ``time_zone`` is the company's, an IANA name.
    """

    begins: date
    ends: date
    time_zone: str

    @property
    def start(self) -> datetime:
        """The first instant of it, UTC."""
        return midnight(self.begins, self.time_zone)

    @property
    def end(self) -> datetime:
        """The first instant after it, UTC."""
        return midnight(self.ends, self.time_zone)

    @property
    def before(self) -> Period:
        """The equally long one that ends where this begins."""
        days = self.ends - self.begins
        return Period(self.begins - days, self.begins, self.time_zone)


def midnight(day: date, time_zone: str) -> datetime:
    """The first instant of a day there, UTC."""
    return datetime.combine(day, time(), zone(time_zone)).astimezone(UTC)


def today_in(time_zone: str, now: datetime) -> date:
    """The day it is there at ``now`` (UTC)."""
    return now.astimezone(zone(time_zone)).date()


def period(
    begins: date | None, ends: date | None, *, first: date, time_zone: str, now: datetime
) -> Period:
    """The period that was asked for.

    Args:
        begins: its first day; the ``first`` of the data when left out.
        ends: the day after its last; tomorrow when left out.
        now: journey time, UTC.

    Raises:
        Invalid: it is empty, or in part in the future.
    """
    today = today_in(time_zone, now)
    tomorrow = today + timedelta(days=1)
    for field, day, last in (("from", begins, today), ("to", ends, tomorrow)):
        if day is not None and day > last:
            raise Invalid(
                sentence(
                    "{day} is in the future: figures end with today, {today}.", day=day, today=today
                ),
                field,
            )
    ends = ends or tomorrow
    begins = begins or min(first, ends - timedelta(days=1))
    if begins >= ends:
        raise Invalid(
            sentence(
                "The period from {begins} to {ends} is empty: its end is the day after its last.",
                begins=begins,
                ends=ends,
            ),
            "to",
        )
    return Period(begins, ends, time_zone)
