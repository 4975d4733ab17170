"""What people are told of: written in the transaction in which it becomes true."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from domain.contracts.notifications import NOTIFY_WORKFLOW, NotifyUser
from domain.notifications.kinds import NotificationKind
from store.outbox.relay_messages import QueuedMessage, post_all

_RAISE = text(
    """
    WITH new AS (
        SELECT * FROM unnest(cast(:keys AS text[]), cast(:kinds AS text[]),
            cast(:people AS text[]), cast(:users AS bigint[]), cast(:only AS text[]),
            cast(:leads AS bigint[]), cast(:tasks AS bigint[]), cast(:alerts AS bigint[]),
            cast(:anomalies AS bigint[])) AS new (key, kind, person, user_id, only_by, lead_id,
            task_id, alert_id, anomaly_id)
    ), told AS (
        INSERT INTO notification (user_id, key, kind, lead_id, task_id, alert_id, anomaly_id,
            raised_at)
        SELECT one.id, key, kind, lead_id, task_id, alert_id, anomaly_id, :now
        FROM new JOIN console_user AS one ON one.disabled_at IS NULL AND CASE
            WHEN new.user_id <> 0 THEN one.id = new.user_id
            WHEN person <> '' THEN one.rep = person
            ELSE one.role IN ('admin', 'ops') END
        ON CONFLICT (user_id, key) DO NOTHING RETURNING id, user_id, key
    )
    INSERT INTO notification_delivery (notification_id, way, user_id)
    SELECT told.id, way, told.user_id FROM told JOIN new USING (key)
    JOIN notification_way AS one ON one.user_id = told.user_id AND active AND way <> 'desktop'
        AND CASE only_by WHEN '' THEN jsonb_exists(kinds, kind) ELSE way = only_by END
    RETURNING user_id, way
    """
)


@dataclass(frozen=True)
class NewNotification:
    """What somebody is to be told, once per ``key``: the user with ``user_id``, else those who are
    the rep or manager ``person``, else ('') those who look after the system. ``only_by`` is a way
    that need not be asked for; '' for those that each has chosen."""

    key: str
    kind: NotificationKind
    person: str = ""
    user_id: int = 0
    only_by: str = ""
    lead_id: int | None = None
    task_id: int | None = None
    alert_id: int | None = None
    anomaly_id: int | None = None


def notify(connection: Connection, new: Sequence[NewNotification], now: datetime) -> None:
    """Tell people, by the ways that each has chosen, once the transaction is committed.

    Args:
        new: with different keys.
        now: journey time, UTC.
    """
    if not new:
        return
    found = connection.execute(
        _RAISE,
        {
            "now": now,
            "keys": [one.key for one in new],
            "kinds": [one.kind for one in new],
            "people": [one.person for one in new],
            "users": [one.user_id for one in new],
            "only": [one.only_by for one in new],
            "leads": [one.lead_id for one in new],
            "tasks": [one.task_id for one in new],
            "alerts": [one.alert_id for one in new],
            "anomalies": [one.anomaly_id for one in new],
        },
    )
    send_soon(connection, {NotifyUser(row.user_id, row.way) for row in found})


def send_soon(connection: Connection, waiting: Collection[NotifyUser]) -> None:
    """Have what waits for these users and ways go out: one message of the relay for each in a
    transaction, however much it brings."""
    if not waiting:
        return
    transaction = connection.scalar(text("SELECT pg_current_xact_id()::text"))
    post_all(
        connection,
        [
            QueuedMessage(
                f"{one.workflow_id}:{transaction}",
                one.workflow_id,
                "notify",
                asdict(one),
                NOTIFY_WORKFLOW,
            )
            for one in sorted(waiting, key=lambda one: one.workflow_id)
        ],
    )
