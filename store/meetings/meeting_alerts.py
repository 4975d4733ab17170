"""What a rep must hear of about appointments: nobody but a person can settle it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from store.alerts import NewAlert, all_managers, raise_alerts


class MeetingAlert(StrEnum):
    """Kinds of alert about appointments."""

    OVERLAP = "meeting_overlap"
    """A calendar service made one over another of the same rep."""
    SECOND = "second_meeting"
    """The lead has two; perhaps the newer was meant to replace the older."""
    CANCEL_THERE = "cancel_at_service"
    """It was moved here, and the calendar service still has its old time."""
    REASSIGNED = "meeting_reassigned"
    """The calendar service made the rep its host."""
    DECLINED = "meeting_declined"
    """The lead declined the invitation."""
    ANSWERED = "invitation_answered"
    """Somebody else than the lead answered its invitation, or passed it on."""
    UNREADABLE = "booking_unreadable"
    """A calendar service reported what can't be read."""


def alert_rep(
    connection: Connection,
    kind: MeetingAlert,
    owner: str,
    *,
    lead_id: int,
    about: str,
    at: datetime,
) -> None:
    """Put it on the rep's list, once for each ``about``.

    Args:
        owner: code of the rep, '' while nobody owns the lead.
        about: the setting of the meeting it is about, such as ``meeting-7-1``.
        at: journey time, UTC.
    """
    raise_alerts(connection, [NewAlert(f"{kind}:{about}", kind, owner, at, lead_id)], at)


def alert_unreadable(connection: Connection, provider: str, at: datetime) -> None:
    """Tell the managers that a calendar service reported what can't be read, once a day: the log
    says which field it is, the service's own pages what was booked.

    Args:
        at: journey time, UTC.
    """
    raise_alerts(
        connection,
        [
            NewAlert(
                f"{MeetingAlert.UNREADABLE}:{provider}:{at.date()}:{manager}",
                MeetingAlert.UNREADABLE,
                manager,
                at,
            )
            for manager in all_managers(connection) or [""]
        ],
        at,
        again=True,
    )
