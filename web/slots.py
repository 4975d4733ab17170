"""The times a lead can choose for a meeting."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from domain.cadences.window import is_holiday, zone

SLOT = timedelta(minutes=30)
BUSINESS_DAYS = 5
FIRST_START = time(9, 0)
LAST_START = time(16, 30)


def open_slots(
    now: datetime,
    time_zone: str,
    country: str,
    taken: Iterable[tuple[datetime, datetime]],
) -> dict[date, list[datetime]]:
    """Half hours of the next five business days after today, as the lead's own clock shows them.

    ``taken`` are (start, end) during which the rep is busy. The instants are in the lead's time
    zone; days are Monday to Friday without the country's national holidays, and a day without a
    free slot is left out.
    """
    local_zone = zone(time_zone)
    busy = list(taken)
    day = now.astimezone(local_zone).date()
    slots: dict[date, list[datetime]] = {}
    business_days = 0
    while business_days < BUSINESS_DAYS:
        day += timedelta(days=1)
        if day.weekday() >= 5 or is_holiday(day, country):
            continue
        business_days += 1
        start = datetime.combine(day, FIRST_START)
        free = []
        while start.time() <= LAST_START:
            begins = start.replace(tzinfo=local_zone)
            ends = begins.astimezone(UTC) + SLOT
            if not any(begins < until and since < ends for since, until in busy):
                free.append(begins)
            start += SLOT
        if free:
            slots[day] = free
    return slots
