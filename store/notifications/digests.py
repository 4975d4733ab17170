"""Whose day begins: the digest of a morning goes out once, however long nobody looked."""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy import Connection, text

from domain.notifications.hours import WorkingHours
from domain.notifications.kinds import NotificationKind
from store.notifications.raised import NewNotification, notify


def raise_digests(connection: Connection, now: datetime) -> int:
    """Have the digests go out whose time has come, each once a day; one that is late by hours is
    left to the next day.

    Args:
        now: journey time, UTC.

    Returns:
        How many mornings have begun and not passed; those told of before are among them.
    """
    rows = connection.execute(
        text(
            "SELECT hours.* FROM notification_hours AS hours "
            "JOIN console_user AS one ON one.id = hours.user_id AND one.disabled_at IS NULL "
            "WHERE digest_at IS NOT NULL"
        )
    )
    due = [
        NewNotification(f"digest:{row.user_id}:{day}", NotificationKind.DIGEST, user_id=row.user_id)
        for row in rows
        if (day := _hours(row.time_zone, row.days, row.digest_at).digest_due(now))
    ]
    notify(connection, due, now)
    return len(due)


def _hours(time_zone: str, days: list[str], digest_at: time) -> WorkingHours:
    return WorkingHours(time_zone, days, digest_at=digest_at)
