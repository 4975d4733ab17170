"""Appointments that a rep sets to another time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from domain.refusals import MeetingRefused
from domain.sentences import sentence
from store.meetings.meeting_rows import MeetingWords
from store.meetings.meetings import book_meeting
from store.tables import Meeting

SERVICES = {"calcom": "Cal.com", "calendly": "Calendly"}
"""Calendar service → its name."""


def move_meeting(
    connection: Connection,
    *,
    meeting_id: int,
    starts_at: datetime,
    minutes: int | None,
    by: str,
    words: MeetingWords,
    at: datetime,
) -> bool:
    """Set a booked appointment that lies ahead to another time; whoever sees it through tells the
    lead.

    Args:
        minutes: None leaves its length.
        by: code or name of who moves it.

    Returns:
        Whether there was one to move.

    Raises:
        MeetingRefused: the time will not do, it is the time it has already, or a calendar service
            has the appointment.
    """
    row = connection.execute(
        select(
            Meeting.lead_id, Meeting.owner, Meeting.starts_at, Meeting.minutes, Meeting.provider
        ).where(Meeting.id == meeting_id, Meeting.state == "booked", Meeting.starts_at > at)
    ).first()
    if row is None:
        return False
    if row.provider:
        raise MeetingRefused(
            sentence(
                "The meeting was booked at {service}, which has it in its calendar: move it there.",
                service=SERVICES[row.provider],
            )
        )
    if (row.starts_at, row.minutes) == (starts_at, minutes or row.minutes):
        raise MeetingRefused(sentence("The meeting is at this time already; choose another one."))
    book_meeting(
        connection,
        lead_id=row.lead_id,
        starts_at=starts_at,
        minutes=minutes or row.minutes,
        booked_by=by,
        at=at,
        host=row.owner,
        moves=meeting_id,
        words=words,
    )
    return True
