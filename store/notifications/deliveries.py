"""What goes out to one user by one way: claimed, marked, settled, as touches are.

All that waits goes out in one message, a batch. A batch is marked just before it is handed over;
one that was marked and never settled may have arrived, and is not sent again.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from domain.contracts.notifications import PAUSES
from domain.notifications.hours import WorkingHours
from domain.notifications.kinds import DIGESTS, NotificationKind, NotifyBy
from store.notifications.choices import hours_of
from store.notifications.lines import STILL_TRUE, NotificationLine, read_lines
from store.notifications.raised import NewNotification, notify

MOST = 200
"""Notifications that one message brings at most."""


@dataclass(frozen=True)
class StaffRecipient:
    """Whom to tell, and where. ``waits`` is for how long (real time) a failing address is left
    alone; ``unsettled`` are batches of an attempt that died."""

    user_id: int
    name: str
    email: str
    language: str
    role: str
    rep: str
    service: str
    sealed_address: str
    hours: WorkingHours | None
    waits: timedelta
    unsettled: tuple[str, ...]


def recipient(connection: Connection, user_id: int, way: str) -> StaffRecipient | None:
    """Whom to tell; None when nothing is to be sent there."""
    row = connection.execute(
        text(
            """
            SELECT one.name, one.email, one.language, one.role, one.rep,
                service, sealed_address,
                greatest(next_try_at - clock_timestamp(), interval '0') AS waits,
                ARRAY(SELECT DISTINCT batch FROM notification_delivery AS going
                    WHERE going.user_id = one.id AND going.way = how.way
                        AND state = 'sending') AS unsettled
            FROM notification_way AS how JOIN console_user AS one ON one.id = how.user_id
            WHERE how.user_id = :user AND way = :way AND how.active AND one.disabled_at IS NULL
            FOR UPDATE OF how
            """
        ),
        {"user": user_id, "way": way},
    ).first()
    if row is None:
        return None
    return StaffRecipient(
        user_id,
        row.name,
        row.email,
        row.language,
        row.role,
        row.rep,
        row.service,
        row.sealed_address,
        hours_of(connection, user_id),
        row.waits or timedelta(),
        tuple(row.unsettled),
    )


def claim(connection: Connection, user_id: int, way: str) -> tuple[str, list[NotificationLine]]:
    """Take what waits, for one message; a digest is one of its own, and goes first. What is settled
    by now is told no more.

    Returns:
        The batch, and what it tells, the newest last; nothing when nothing waits.
    """
    here = {"user": user_id, "way": way}
    connection.execute(
        text(
            f"""
            UPDATE notification_delivery AS going SET state = 'skipped' FROM notification
            WHERE notification.id = notification_id AND going.user_id = :user AND going.way = :way
                AND going.state = 'waiting' AND NOT ({STILL_TRUE})
            """
        ),
        here,
    )
    batch = uuid.uuid4().hex
    rows = connection.execute(
        text(
            """
            WITH mine AS (
                SELECT notification_id,
                    CASE WHEN kind = ANY(:digests) THEN kind ELSE '' END AS digest
                FROM notification_delivery AS going
                JOIN notification ON notification.id = notification_id
                WHERE going.user_id = :user AND going.way = :way AND going.state = 'waiting'
                ORDER BY kind <> ALL(:digests), kind, notification_id LIMIT :most
            ), claimed AS (
                UPDATE notification_delivery AS going SET batch = :batch FROM mine
                WHERE going.notification_id = mine.notification_id AND going.way = :way
                    AND digest = (SELECT max(digest) FROM mine)
                RETURNING going.notification_id
            )
            SELECT notification_id FROM claimed
            """
        ),
        {**here, "batch": batch, "most": MOST, "digests": list(DIGESTS)},
    )
    ids = list(rows.scalars())
    found = read_lines(connection, "notification.id = ANY(:ids) ORDER BY notification.id", ids=ids)
    return batch, found


def mark(connection: Connection, batch: str) -> bool:
    """Note that a batch is handed over now; False when another attempt has it."""
    marked = connection.execute(
        text(
            "UPDATE notification_delivery SET state = 'sending' "
            "WHERE batch = :batch AND state = 'waiting'"
        ),
        {"batch": batch},
    )
    return marked.rowcount > 0


def settle(connection: Connection, batch: str, state: str) -> None:
    """Note what became of a batch: sent, unknown, failed, or waiting for the next attempt."""
    connection.execute(
        text(
            "UPDATE notification_delivery SET state = :state "
            "WHERE batch = :batch AND state IN ('waiting', 'sending')"
        ),
        {"batch": batch, "state": state},
    )


def has_worked(connection: Connection, user_id: int, way: str) -> None:
    """Note that an address works."""
    connection.execute(
        text(
            "UPDATE notification_way SET failures = 0, error = '', next_try_at = NULL "
            "WHERE user_id = :user AND way = :way AND failures > 0"
        ),
        {"user": user_id, "way": way},
    )


def has_failed(
    connection: Connection,
    user_id: int,
    way: NotifyBy,
    error: str,
    now: datetime,
    *,
    for_good: bool,
    after: float | None = None,
) -> bool:
    """Note that an address fails: it is tried again later, and at last switched off, of which its
    owner is told by the other way.

    Args:
        error: what was wrong, in a sentence of ours; shown to the owner.
        now: journey time, UTC.
        for_good: whether no other attempt can do better.
        after: seconds (real time) that its server asks to wait.

    Returns:
        Whether it is switched off now.
    """
    failures = connection.execute(
        text(
            "UPDATE notification_way SET failures = failures + 1, error = :error "
            "WHERE user_id = :user AND way = :way RETURNING failures"
        ),
        {"user": user_id, "way": way, "error": error},
    ).scalar()
    if failures is None:  # Its owner has taken it away meanwhile.
        return False
    off = for_good or failures > len(PAUSES)
    if not off:
        pause = max(PAUSES[failures - 1], timedelta(seconds=after or 0))
        connection.execute(
            text(
                "UPDATE notification_way SET next_try_at = clock_timestamp() + :pause "
                "WHERE user_id = :user AND way = :way"
            ),
            {"user": user_id, "way": way, "pause": pause},
        )
        return False
    connection.execute(
        text("UPDATE notification_way SET active = false WHERE user_id = :user AND way = :way"),
        {"user": user_id, "way": way},
    )
    connection.execute(
        text(
            "UPDATE notification_delivery SET state = 'failed' "
            "WHERE user_id = :user AND way = :way AND state = 'waiting'"
        ),
        {"user": user_id, "way": way},
    )
    other = NotifyBy.MAIL if way == NotifyBy.CHAT else NotifyBy.CHAT
    off_key = f"off:{way}:{now.isoformat()}"
    said = NewNotification(off_key, NotificationKind.WAY_OFF, user_id=user_id, only_by=other)
    notify(connection, [said], now)
    return True
