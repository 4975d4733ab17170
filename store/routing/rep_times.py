"""When reps have meetings already. Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, select

from domain.meetings.free_times import Busy
from store.tables import Meeting

LONGEST_MINUTES = 8 * 60
"""How long a meeting may last that is booked with us."""
_LONGEST = timedelta(days=7)


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
