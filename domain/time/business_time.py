"""Business time: the clock that runs while a team is at work.

Opening hours are times on the wall of the team's zone. What counts is the time that really
passes while the wall shows an opening: an hour that a clock change skips counts nothing, one that
it repeats counts twice. All instants are timezone-aware; results are UTC.
"""

from __future__ import annotations

import functools
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from domain.time.calendar_fields import (
    CountryField,
    DayField,
    NamedDaysField,
    WeekField,
    ZoneField,
)
from domain.time.window import clock_change, is_holiday, zone

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_OFFICE = (((9 * 60, 18 * 60),),) * 5 + ((),) * 2
# Beyond it a calendar is shut for good, or a span is no promise.
_YEARS_AHEAD = 20
_LONGEST_CLOSURE = timedelta(days=366)


class CalendarShut(ValueError):
    """A calendar has not that much business time in the next twenty years."""


class ClosedRange(BaseModel):
    """Days on which the team does not work, first and last included."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_by_name=True, serialize_by_alias=True
    )

    first: DayField = Field(alias="from")
    """The first day."""
    last: DayField = Field(alias="to")
    """The last day, at most a year later."""
    why: str = ""
    """For people who read the file."""

    @model_validator(mode="after")
    def _is_a_range(self) -> ClosedRange:
        if self.last < self.first:
            raise PydanticCustomError(
                "calendar",
                "this ends on {last}, before it begins on {first}. Swap the two",
                {"path": ("to",), "first": str(self.first), "last": str(self.last)},
            )
        if self.last - self.first > _LONGEST_CLOSURE:
            raise PydanticCustomError(
                "calendar", "nobody closes for more than a year. Fix the year", {"path": ("to",)}
            )
        return self


class BusinessCalendar(BaseModel):
    """When a team works: opening hours per weekday, without holidays and closed days."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    time_zone: ZoneField = "UTC"
    """The zone the hours are meant in."""
    hours: WeekField = _OFFICE
    """When the team works."""
    holidays: CountryField = ""
    """The country on whose national holidays it does not; '' for none."""
    extra_holidays: NamedDaysField = ()
    """Further days that are closed."""
    closed: tuple[ClosedRange, ...] = ()
    """Stretches of days that are closed."""

    def is_open(self, at: datetime) -> bool:
        """Whether the team works at the instant ``at``; the closing minute is shut."""
        at = at.astimezone(UTC)
        openings = _openings(self, at.year)
        position = bisect_right(openings.starts, at) - 1
        return position >= 0 and at < openings.ends[position]

    def next_open(self, at: datetime) -> datetime:
        """The first instant (UTC) not before ``at`` at which the team works.

        Raises:
            CalendarShut: there is none in the next twenty years.
        """
        at = at.astimezone(UTC)
        if self.is_open(at):
            return at
        for openings in self._years(at.year):
            position = bisect_right(openings.starts, at)
            if position < len(openings.starts):
                return openings.starts[position]
        raise CalendarShut("The calendar never opens. Shorten its closed days.")

    def add(self, start: datetime, minutes: float) -> datetime:
        """The first instant (UTC) by which ``minutes`` (>= 0) of business time passed.

        It may be the minute of closing; with 0 minutes it is ``start``, also when that is shut.

        Raises:
            CalendarShut: so much business time does not pass in the next twenty years.
        """
        if minutes < 0:
            raise ValueError("Business time is only added forwards.")
        start, wanted = start.astimezone(UTC), timedelta(minutes=minutes)
        if not wanted:
            return start
        wanted += _openings(self, start.year).passed(start)
        for openings in self._years(start.year):
            if wanted <= openings.total:
                return openings.reached(wanted)
            wanted -= openings.total
        raise CalendarShut(
            f"{minutes:g} business minutes do not pass in {_YEARS_AHEAD} years of this calendar."
        )

    def minutes_between(self, a: datetime, b: datetime) -> float:
        """Business minutes that pass from ``a`` to ``b``; negative when ``b`` comes first."""
        # Compared in UTC: two times of one zone would be compared by the wall.
        a, b = a.astimezone(UTC), b.astimezone(UTC)
        if b < a:
            return -self.minutes_between(b, a)
        passed = _openings(self, b.year).passed(b) - _openings(self, a.year).passed(a)
        for year in range(a.year, b.year):
            passed += _openings(self, year).total
        return passed / _MINUTE

    def add_days(self, start: datetime, days: int) -> datetime:
        """The instant (UTC) ``days`` (>= 1) working days later, at the same local time of day.

        What begins while the team is away begins when it next opens; what would end while it is
        away ends when it next opens. A working day is one with an opening.

        Raises:
            CalendarShut: there are not so many in the next twenty years.
        """
        local_zone = zone(self.time_zone)
        local = self.next_open(start).astimezone(local_zone)
        day, last = local.date(), local.date() + _YEARS_AHEAD * 365 * _DAY
        while days > 0:
            day += _DAY
            if day > last:
                raise CalendarShut("The calendar has not so many working days.")
            days -= self.works_on(day)
        wall = datetime.combine(day, local.time(), local_zone).replace(fold=local.fold)
        return self.next_open(wall)

    def works_on(self, day: date) -> bool:
        """Whether the team works on the local date at all."""
        return bool(
            self.hours[day.weekday()]
            and not (self.holidays and is_holiday(day, self.holidays))
            and all(day != extra for extra, _ in self.extra_holidays)
            and not any(closure.first <= day <= closure.last for closure in self.closed)
        )

    def _years(self, first: int) -> Iterator[_Openings]:
        for year in range(first, first + _YEARS_AHEAD):
            yield _openings(self, year)


class _Openings(NamedTuple):
    """The openings in one UTC year: sorted, apart, cut off at its ends."""

    starts: list[datetime]
    ends: list[datetime]
    before: list[timedelta]
    """Business time of the year before each opening."""
    total: timedelta

    def passed(self, at: datetime) -> timedelta:
        """Business time from the beginning of the year to ``at``, which is in it."""
        position = bisect_right(self.starts, at) - 1
        if position < 0:
            return timedelta()
        return self.before[position] + min(at, self.ends[position]) - self.starts[position]

    def reached(self, wanted: timedelta) -> datetime:
        """The first instant by which so much (more than 0, at most ``total``) has passed."""
        position = bisect_left(self.before, wanted) - 1
        return self.starts[position] + (wanted - self.before[position])


@functools.lru_cache(maxsize=512)
def _openings(calendar: BusinessCalendar, year: int) -> _Openings:
    starts: list[datetime] = []
    ends: list[datetime] = []
    for start, end in sorted(_found(calendar, year)):
        if ends and start <= ends[-1]:
            ends[-1] = max(end, ends[-1])
        else:
            starts.append(start)
            ends.append(end)
    before, total = [], timedelta()
    for start, end in zip(starts, ends, strict=True):
        before.append(total)
        total += end - start
    return _Openings(starts, ends, before, total)


def _found(calendar: BusinessCalendar, year: int) -> Iterator[tuple[datetime, datetime]]:
    """Every opening in the UTC year, in no order, cut where the zone's offset changes."""
    begin, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    for low, high, offset in _stretches(calendar.time_zone, begin, end):
        # Within a stretch the wall clock runs straight, so wall time and UTC differ by a constant.
        day, last = (low + offset).date(), (high + offset).date()
        while day <= last:
            if calendar.works_on(day):
                midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - offset
                for opens, closes in calendar.hours[day.weekday()]:
                    start = max(low, midnight + opens * _MINUTE)
                    stop = min(high, midnight + closes * _MINUTE)
                    if start < stop:
                        yield start, stop
            day += _DAY


def _stretches(
    time_zone: str, begin: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The stretches from ``begin`` to ``end`` in which the zone's UTC offset stays the same."""
    local_zone = zone(time_zone)
    low, at = begin, begin
    offset = _offset(begin, local_zone)
    while at < end:
        following = min(at + _DAY, end)
        if _offset(following, local_zone) != offset:
            change = clock_change(at, following, local_zone)
            yield low, change, offset
            low, offset = change, _offset(change, local_zone)
            at = change
        else:
            at = following
    yield low, end, offset


def _offset(at: datetime, local_zone: ZoneInfo) -> timedelta:
    return at.astimezone(local_zone).utcoffset() or timedelta()
