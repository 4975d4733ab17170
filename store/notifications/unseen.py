"""What people have been told on open pages, and whether they have looked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from store.notifications.lines import STILL_TRUE, NotificationLine, read_lines

DAYS = 30
"""How long notifications are kept."""
LATELY = 7
"""Days after which nobody is reminded that a notification was not seen."""

_WANTED = f"""
    FROM notification LEFT JOIN notification_way AS desktop
        ON desktop.user_id = notification.user_id AND desktop.way = 'desktop'
    WHERE seen_at IS NULL AND created_at > now() - make_interval(days => {LATELY})
        AND kind NOT IN ('digest', 'weekly_figures')
        AND (desktop.user_id IS NULL OR jsonb_exists(desktop.kinds, kind)
            OR kind IN ('way_off', 'test'))
        AND {STILL_TRUE}
"""


@dataclass(frozen=True)
class Unseen:
    """How many notifications somebody has not looked at, and the id of the newest."""

    number: int
    newest: int


NOTHING = Unseen(0, 0)


def unseen(connection: Connection, users: Collection[int]) -> Mapping[int, Unseen]:
    """User → what has not been seen yet and still wants to be; those with nothing are left out."""
    rows = connection.execute(
        text(
            "SELECT notification.user_id, count(*) AS number, max(notification.id) AS newest "
            f"{_WANTED} AND notification.user_id = ANY(cast(:users AS bigint[])) "
            "GROUP BY notification.user_id"
        ),
        {"users": list(users)},
    )
    return {row.user_id: Unseen(row.number, row.newest) for row in rows}


def unseen_lines(
    connection: Connection, user_id: int, after: int, limit: int
) -> list[NotificationLine]:
    """The newest of what a user has not seen, of those after the one with the id ``after``."""
    return read_lines(
        connection,
        f"notification.id IN (SELECT notification.id {_WANTED} "
        "AND notification.user_id = :user AND notification.id > :after) "
        "ORDER BY notification.id DESC LIMIT :limit",
        user=user_id,
        after=after,
        limit=limit,
    )


def list_notifications(
    connection: Connection, user_id: int, *, before: int | None = None, limit: int
) -> list[NotificationLine]:
    """What a user was told, the newest first; ``before`` is the last id of the page before."""
    return read_lines(
        connection,
        "notification.user_id = :user "
        "AND (cast(:before AS bigint) IS NULL OR notification.id < :before) "
        "ORDER BY notification.id DESC LIMIT :limit",
        user=user_id,
        before=before,
        limit=limit,
    )


def mark_seen(connection: Connection, user_id: int, now: datetime, only: int | None = None) -> int:
    """Note that a user has looked at everything, or at ``only`` one; how many were new.

    Args:
        now: real time, UTC.
    """
    seen = connection.execute(
        text(
            "UPDATE notification SET seen_at = :now WHERE user_id = :user AND seen_at IS NULL "
            "AND (cast(:only AS bigint) IS NULL OR id = :only)"
        ),
        {"user": user_id, "now": now, "only": only},
    )
    return seen.rowcount


def notification(
    connection: Connection, user_id: int, notification_id: int
) -> NotificationLine | None:
    """One of a user's; None when there is none."""
    which = "notification.id = :id AND notification.user_id = :user"
    found = read_lines(connection, which, id=notification_id, user=user_id)
    return found[0] if found else None


def forget_old(connection: Connection) -> None:
    """Delete a slice of what was told long ago."""
    connection.execute(
        text(
            "DELETE FROM notification WHERE id IN (SELECT id FROM notification "
            "WHERE created_at < now() - make_interval(days => :days) LIMIT 1000)"
        ),
        {"days": DAYS},
    )
