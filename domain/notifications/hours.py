"""When somebody wants to be told: their days and hours, on the clocks of their time zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from domain.time.window import Weekday

DAYS: tuple[Weekday, ...] = get_args(Weekday)
WORKDAYS = DAYS[:5]
LATEST_DIGEST = timedelta(hours=4)
"""How late a digest may be, after an outage: then the morning is over, and the next one comes."""
_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class WorkingHours:
    """``days`` are those somebody works; outside of ``begins`` to ``ends`` nothing is sent, None
    for at any time of the day. Hours that end before they begin go over midnight and belong to the
    day on which they begin. ``digest_at`` is None for no digest."""

    time_zone: str
    days: Sequence[str] = DAYS
    begins: time | None = None
    ends: time | None = None
    digest_at: time | None = None

    def opens(self, now: datetime) -> datetime:
        """From when (UTC) something may be sent; ``now`` itself within the hours. With no day
        nothing ever may: then it is a week later."""
        there = now.astimezone(ZoneInfo(self.time_zone))
        for day in (there.date() + n * _A_DAY for n in range(-1, 8)):
            begins, ends = self._of(day)
            if DAYS[day.weekday()] in self.days and ends > now:
                return max(begins, now)
        return now + 7 * _A_DAY

    def _of(self, day: date) -> tuple[datetime, datetime]:
        """The hours that begin on a day, UTC."""
        begins, ends = self.begins or time(), self.ends or time()
        last = day if ends > begins else day + _A_DAY
        return self._at(day, begins), self._at(last, ends)

    def digest_due(self, now: datetime) -> date | None:
        """The day whose digest is to go out now; None when none is."""
        day = now.astimezone(ZoneInfo(self.time_zone)).date()
        if self.digest_at is None or DAYS[day.weekday()] not in self.days:
            return None
        due = self._at(day, self.digest_at)
        return day if due <= now < due + LATEST_DIGEST else None

    def _at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, ZoneInfo(self.time_zone)).astimezone(UTC)
