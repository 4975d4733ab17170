"""Appointments of which nobody says how they went: who must hear of it. Times are journey time,
UTC."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from store.alerts import NewAlert, close_alerts, raise_alerts
from store.sla.business_time import team_of
from store.tables import Lead, Meeting


def outcome_missing(connection: Connection, meeting_id: int, times: int, now: datetime) -> None:
    """Alert the owner of the lead who was asked once, and the manager after that, once each for a
    setting of the meeting.

    Args:
        times: how often the owner was asked.
        now: journey time, UTC.
    """
    meeting = connection.execute(
        select(Meeting.attempt, Meeting.lead_id, Lead.owner)
        .join(Lead, Lead.id == Meeting.lead_id)
        .where(Meeting.id == meeting_id)
    ).one()
    team = team_of(connection, meeting.owner)
    hears = (team.manager if team and times > 1 else "") or meeting.owner
    key = f"{_prefix(meeting_id)}{meeting.attempt}:{times}"
    raise_alerts(connection, [NewAlert(key, "outcome_missing", hears, now, meeting.lead_id)], now)


def outcome_reported(connection: Connection, lead_id: int, meeting_id: int, now: datetime) -> None:
    """Take the alerts about a lead's meeting off the lists: somebody has said how it went."""
    close_alerts(connection, lead_id, [_prefix(meeting_id)], now)


def _prefix(meeting_id: int) -> str:
    return f"outcome:meeting-{meeting_id}:"
