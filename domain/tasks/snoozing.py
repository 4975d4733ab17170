"""Putting a task off for a while: until when it may be, and which times are offered."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo

SOON = (timedelta(minutes=30), timedelta(hours=1), timedelta(hours=3))
MORNING, AFTERNOON = time(9), time(14)
"""When people begin again, by their own clock."""
STEP = timedelta(minutes=5)


def times_to_snooze(now: datetime, latest: datetime, zone: tzinfo) -> list[datetime]:
    """Times that a task may come back at, in order (UTC): in a while, and as people begin again
    today, tomorrow and on the Monday after.

    Args:
        latest: its deadline; none is later. All are journey time.
        zone: of whoever puts it off.
    """
    here = now.astimezone(zone)
    monday = here.date() + timedelta(days=7 - here.weekday())
    days = (here.date(), here.date() + timedelta(days=1), monday)
    begins = [
        datetime.combine(day, at, zone).astimezone(UTC)
        for day in days
        for at in (MORNING, AFTERNOON)
    ]
    whole = now - timedelta(
        minutes=now.minute % 5, seconds=now.second, microseconds=now.microsecond
    )
    soon = [whole + STEP + span for span in SOON]
    return sorted({at for at in (*soon, *begins) if now + STEP <= at <= latest})
