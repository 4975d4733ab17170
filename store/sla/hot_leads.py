"""By when a hot lead waits for its answer, whose its alert is, and who hears that nobody answers
it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, text

from domain.contracts.notifications import EscalateAlert
from domain.notifications.kinds import NotificationKind
from domain.sales.follow_up import FollowUpPolicy
from store.alerts import NewAlert, raise_alerts
from store.notifications.raised import NewNotification, notify
from store.outbox.relay_messages import QueuedMessage, post_all
from store.published.policies import policy
from store.sla.business_time import calendars_of, managers_of

UNANSWERED = "hot_unanswered"


def answer_due(connection: Connection, owner: str, since: datetime) -> datetime:
    """By when (journey time, UTC) a lead that is hot ``since`` then waits for its answer, in the
    time of its owner's team; while nobody owns it, of the team that could answer first."""
    soon = policy(connection, FollowUpPolicy).hot_due
    return min(soon.after(since, calendar) for calendar in calendars_of(connection, owner))


def hand_alert_over(
    connection: Connection, lead_id: int, owner: str, since: datetime | None = None
) -> datetime | None:
    """Make the alert of a hot lead its owner's, due in the time of the owner's team.

    Args:
        since: from when the owner has the lead; None for since it was hot.

    Returns:
        By when it is to be answered (journey time, UTC); None for a lead that is not hot.
    """
    alerts = connection.execute(
        text(
            "SELECT id, owner, raised_at FROM alert WHERE lead_id = :lead AND kind = 'hot_lead' "
            "AND answered_at IS NULL ORDER BY raised_at FOR UPDATE SKIP LOCKED"
        ),
        {"lead": lead_id},
    ).all()
    if not alerts:
        return None
    due = answer_due(connection, owner, since or alerts[-1].raised_at)
    connection.execute(
        text("UPDATE alert SET owner = :owner, due_at = :due WHERE id = ANY(:ids)"),
        {"owner": owner, "due": due, "ids": [alert.id for alert in alerts]},
    )
    newest = alerts[-1]
    if owner and owner != newest.owner:
        told = NewNotification(
            f"alert-{newest.id}-{owner}-{due.isoformat()}",
            NotificationKind.HOT_LEAD,
            owner,
            lead_id=lead_id,
            alert_id=newest.id,
        )
        notify(connection, [told], since or newest.raised_at)
    return due


def watch(connection: Connection, keys: Collection[str]) -> None:
    """Have the manager told of hot leads that nobody answers, by the keys of their alerts."""
    found = connection.scalars(
        text("SELECT id FROM alert WHERE key = ANY(cast(:keys AS text[])) ORDER BY id"),
        {"keys": list(keys)},
    )
    escalations = [EscalateAlert(alert_id) for alert_id in found]
    post_all(
        connection,
        [
            QueuedMessage(one.workflow_id, one.workflow_id, "escalation", asdict(one))
            for one in escalations
        ],
    )


def escalate(connection: Connection, alert_id: int, now: datetime) -> datetime | None:
    """Tell the manager of a hot lead's owner that nobody answers it, if it waits for so long; of
    one without an owner the managers of all teams.

    Args:
        now: journey time, UTC.

    Returns:
        When to look again (journey time, UTC); None when it was answered, or the manager was told.
    """
    alert = connection.execute(
        text(
            "SELECT owner, due_at, lead_id FROM alert WHERE id = :id AND answered_at IS NULL "
            "FOR UPDATE"
        ),
        {"id": alert_id},
    ).first()
    if alert is None:
        return None
    after = policy(connection, FollowUpPolicy).hot_escalates
    at = min(after.after(alert.due_at, one) for one in calendars_of(connection, alert.owner))
    if now < at:
        return at
    told = [
        NewAlert(
            f"hot_unanswered:{alert_id}:{manager}", "hot_unanswered", manager, at, alert.lead_id
        )
        for manager in managers_of(connection, alert.owner)
        if manager != alert.owner
    ]
    raise_alerts(connection, told, now)
    return None
