"""Whose week is over: the digest of its figures goes out once, to those who asked for it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from domain.access import Role
from domain.figures.periods import today_in
from domain.notifications.kinds import NotificationKind
from store.notifications.raised import NewNotification, notify

LATEST = 3
"""Days of a week on which that of the week before still goes out, after an outage."""
_WHO = text(
    """
    SELECT DISTINCT one.id FROM notification_way AS how
    JOIN console_user AS one ON one.id = how.user_id AND one.disabled_at IS NULL
    WHERE how.active AND how.way <> 'desktop' AND jsonb_exists(how.kinds, :kind) ORDER BY one.id
    """
)


def raise_weekly(connection: Connection, time_zone: str, now: datetime) -> int:
    """Have the digests of the week that is over go out, each once, to those who chose them.

    Args:
        time_zone: the company's.
        now: journey time, UTC.

    Returns:
        For how many users they are; those told of before are among them.
    """
    today = today_in(time_zone, now)
    if today.weekday() >= LATEST:
        return 0
    monday = today - timedelta(days=today.weekday())
    users = connection.scalars(_WHO, {"kind": NotificationKind.WEEKLY}).all()
    notify(
        connection,
        [
            NewNotification(f"weekly:{user}:{monday}", NotificationKind.WEEKLY, user_id=user)
            for user in users
        ],
        now,
    )
    return len(users)


def tell_roles(
    connection: Connection, roles: Collection[Role], anomaly_id: int, now: datetime
) -> None:
    """Tell everybody of these roles that something has stopped, by the ways that each has
    chosen."""
    users = connection.scalars(
        text("SELECT id FROM console_user WHERE disabled_at IS NULL AND role = ANY(:roles)"),
        {"roles": list(roles)},
    )
    notify(
        connection,
        [
            NewNotification(
                f"anomaly:{anomaly_id}:{user}",
                NotificationKind.ANOMALY,
                user_id=user,
                anomaly_id=anomaly_id,
            )
            for user in users
        ],
        now,
    )
