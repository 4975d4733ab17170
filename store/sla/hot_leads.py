"""By when a hot lead waits for its answer, and whose its alert is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

from domain.sales.follow_up import FollowUpPolicy
from store.published.policies import policy
from store.sla.business_time import calendars_of


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
            "SELECT id, raised_at FROM alert WHERE lead_id = :lead AND kind = 'hot_lead' "
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
    return due
