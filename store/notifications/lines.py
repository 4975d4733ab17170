"""What a notification tells of, as whoever words it needs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from domain.names import full_name
from domain.notifications.stopped import Stopped
from domain.notifications.wording import TellOf


@dataclass(frozen=True)
class NotificationLine(TellOf):
    """A notification of one user. Times are journey time, UTC."""

    raised_at: datetime
    seen: bool
    lead_id: int | None
    task_id: int | None


_LINES = """
    SELECT notification.id, notification.kind, notification.raised_at,
        notification.seen_at IS NOT NULL AS seen, notification.lead_id,
        coalesce(lead.first_name, '') AS first_name, coalesce(lead.last_name, '') AS last_name,
        coalesce(lead.email, '') AS email, coalesce(account.name, '') AS company,
        coalesce(rep.name, lead.owner, '') AS owner, notification.task_id,
        coalesce(task.kind, '') AS task_kind, coalesce(task.title, '') AS task_title,
        coalesce(alert.kind, '') AS alert_kind, coalesce(alert.due_at, task.due_at) AS due_at,
        anomaly.subject AS stopped, coalesce(anomaly.name, '') AS stopped_name,
        coalesce(anomaly.days, 0) AS stopped_days, coalesce(anomaly.seen, 0) AS stopped_seen,
        coalesce(anomaly.expected, 0) AS stopped_expected
    FROM notification
    LEFT JOIN lead ON lead.id = notification.lead_id
    LEFT JOIN account ON account.id = lead.account_id
    LEFT JOIN rep ON rep.code = lead.owner
    LEFT JOIN task ON task.id = notification.task_id
    LEFT JOIN alert ON alert.id = notification.alert_id
    LEFT JOIN figure_anomaly AS anomaly ON anomaly.id = notification.anomaly_id
"""
_OF_ANOMALY = ("stopped", "stopped_name", "stopped_days", "stopped_seen", "stopped_expected")
STILL_TRUE = """
    (notification.task_id IS NULL OR EXISTS (
        SELECT FROM task WHERE task.id = notification.task_id AND task.state = 'open'))
    AND (notification.alert_id IS NULL OR EXISTS (
        SELECT FROM alert WHERE alert.id = notification.alert_id AND alert.answered_at IS NULL))
"""
"""SQL: whether there is still something to be done about a notification."""


def read_lines(connection: Connection, which: str, **values: object) -> list[NotificationLine]:
    """Notifications by an SQL condition, with its order and limit."""
    found = []
    for row in connection.execute(text(f"{_LINES} WHERE {which}"), values):
        shown = dict(row._mapping)
        first, last, email = (shown.pop(one) for one in ("first_name", "last_name", "email"))
        stopped = [shown.pop(one) for one in _OF_ANOMALY]
        shown["stopped"] = Stopped(*stopped) if stopped[0] else None
        found.append(NotificationLine(name=full_name(first, last) or email, **shown))
    return found
