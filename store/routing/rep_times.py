"""When reps have meetings already. Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, select

from domain.meetings.free_times import Busy, open_slots
from store.routing.busy_calendars import calendar_times
from store.sla.business_time import team_of
from store.tables import Meeting

LONGEST_MINUTES = 8 * 60
"""How long a meeting may last that is booked with us."""
_LONGEST = timedelta(days=7)
_OFFERED = timedelta(days=31)
"""No free time is offered that lies further ahead."""


def busy_times(
    connection: Connection, owner: str, since: datetime, *, without: int = 0
) -> list[Busy]:
    """When the rep ``owner`` has meetings that end after ``since``, in order."""
    rows = connection.execute(
        select(Meeting.starts_at, Meeting.minutes)
        .where(
            Meeting.owner == owner,
            Meeting.state == "booked",
            *within(since),
            Meeting.id != without,
        )
        .order_by(Meeting.starts_at)
    )
    return [(starts, starts + timedelta(minutes=minutes)) for starts, minutes in rows]


def free_slots(
    connection: Connection, owner: str, time_zone: str, country: str, now: datetime
) -> dict[date, list[datetime]]:
    """The free half hours of a rep by the lead's own days (see
    :func:`domain.meetings.free_times.open_slots`); of nobody's calendar for no owner. At those the
    rep has no meeting here, and nothing in the own calendar, where that is known.

    Args:
        now: journey time, UTC.
    """
    if not owner:
        return open_slots(now, time_zone, country, [])
    team = team_of(connection, owner)
    busy = busy_times(connection, owner, now)
    busy += calendar_times(connection, owner, now, now + _OFFERED)
    return open_slots(now, time_zone, country, busy, team.calendar if team else None)


def within(since: datetime, until: datetime | None = None) -> Sequence[ColumnElement[bool]]:
    """Conditions of meetings that last at some time after ``since``, and begin before ``until``."""
    ends_at = Meeting.starts_at + func.make_interval(0, 0, 0, 0, 0, Meeting.minutes)
    late = [Meeting.starts_at < until] if until else []
    return [Meeting.starts_at > since - _LONGEST, ends_at > since, *late]


def lock_times(connection: Connection, owner: str) -> None:
    """Keep others from booking with this rep until the transaction ends. The lock comes after the
    lead's, and nothing is locked after it."""
    connection.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"meetings of {owner}", 0)))
    )
