"""Free times of a rep: those a lead can choose from, and the next ones after a refusal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from domain.time.business_time import BusinessCalendar, CalendarShut
from domain.time.window import is_business_day, zone

Busy = tuple[datetime, datetime]
"""When a rep is taken: from the first instant up to, not including, the second."""

SLOT = timedelta(minutes=30)
BUSINESS_DAYS = 5
OFFICE_STARTS = (time(9, 0), time(16, 30))
"""First and last start of a day, by the lead's clock."""
DAY_STARTS = (time(7, 0), time(20, 30))
"""The same for a lead whose own working day the rep sleeps through."""
HORIZON = timedelta(days=60)


def is_free(start: datetime, end: datetime, busy: Iterable[Busy]) -> bool:
    """Whether nothing in ``busy`` overlaps the half-open time from ``start`` to ``end``."""
    return not any(start < until and since < end for since, until in busy)


def open_slots(
    now: datetime,
    time_zone: str,
    country: str,
    busy: Iterable[Busy],
    calendar: BusinessCalendar | None = None,
) -> dict[date, list[datetime]]:
    """Half hours of the next five business days after today, as the lead's own clock shows them.

    The instants are in the lead's time zone; days are those of the country's week
    without its national holidays, and a day without a free slot is left out.

    Args:
        busy: when the rep is taken.
        calendar: when the rep works at all; None: in the lead's own working hours.
    """
    taken = list(busy)
    slots = _slots(now, time_zone, country, busy=taken, calendar=calendar, hours=OFFICE_STARTS)
    if slots or calendar is None:
        return slots
    return _slots(now, time_zone, country, busy=taken, calendar=calendar, hours=DAY_STARTS)


def _slots(
    now: datetime,
    time_zone: str,
    country: str,
    *,
    busy: Sequence[Busy],
    calendar: BusinessCalendar | None,
    hours: tuple[time, time],
) -> dict[date, list[datetime]]:
    local_zone = zone(time_zone)
    day = now.astimezone(local_zone).date()
    slots: dict[date, list[datetime]] = {}
    business_days = 0
    while business_days < BUSINESS_DAYS:
        day += timedelta(days=1)
        if not is_business_day(day, country):
            continue
        business_days += 1
        start, last = datetime.combine(day, hours[0]), datetime.combine(day, hours[1])
        free = []
        while start <= last:
            begins = start.replace(tzinfo=local_zone)
            ends = begins.astimezone(UTC) + SLOT
            if is_free(begins, ends, busy) and _at_work(calendar, begins, ends):
                free.append(begins)
            start += SLOT
        if free:
            slots[day] = free
    return slots


def next_free(
    calendar: BusinessCalendar, busy: Sequence[Busy], after: datetime, minutes: int, count: int = 3
) -> list[datetime]:
    """The next starts (UTC, on the half hour) from ``after`` on at which a meeting of ``minutes``
    fits; fewer than ``count`` when two months hold no more."""
    length, found = timedelta(minutes=minutes), list[datetime]()
    at = _half_hour(after, calendar.time_zone)
    while len(found) < count and at < after + HORIZON:
        try:
            opens = calendar.next_open(at)
        except CalendarShut:
            break
        if opens > at:
            at = _half_hour(opens, calendar.time_zone)
            continue
        if _at_work(calendar, at, at + length) and is_free(at, at + length, busy):
            found.append(at)
        at += SLOT
    return found


def _at_work(calendar: BusinessCalendar | None, start: datetime, end: datetime) -> bool:
    if calendar is None:
        return True
    return timedelta(minutes=calendar.minutes_between(start, end)) >= end - start.astimezone(UTC)


def _half_hour(at: datetime, time_zone: str) -> datetime:
    """The first half hour of the wall clock at or after ``at``, in UTC."""
    local = at.astimezone(zone(time_zone))
    past = timedelta(
        minutes=local.minute % 30, seconds=local.second, microseconds=local.microsecond
    )
    return (at + (SLOT - past if past else past)).astimezone(UTC)
