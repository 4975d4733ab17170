"""Appointments: booked, moved and called off."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from domain.access import Action
from domain.refusals import Conflict, Invalid, MeetingRefused
from domain.sentences import sentence
from services.access import changes, found, may_see
from services.context import Context
from store.access.api_tokens import Caller
from store.meetings.meeting_lines import MeetingLine, find_meeting
from store.meetings.meeting_moves import move_meeting
from store.meetings.meetings import book_meeting, cancel_meeting

LONGEST_WORDS = 1000
"""Characters that a rep writes to a lead about an appointment."""


@changes(Action.BOOK_MEETINGS, "POST /meetings")
def book(
    context: Context,
    caller: Caller,
    lead_id: int,
    starts_at: datetime,
    minutes: int,
    *,
    words: str = "",
) -> MeetingLine:
    """Book an appointment, or move the one the lead has with us; the lead is mailed an invitation.

    Args:
        starts_at: journey time, UTC.
        words: what the lead is written about it, '' for nothing.

    Raises:
        Missing: there is no such lead for this caller.
        Invalid: the words can't be sent.
        MeetingRefused: the time will not do.
    """
    said = _checked(words)
    try:
        with context.database.begin() as connection:
            may_see(connection, caller, lead_id)
            made = book_meeting(
                connection,
                lead_id=lead_id,
                starts_at=starts_at,
                minutes=minutes,
                booked_by=caller.by,
                at=context.clock.now(),
                words=said,
            )
            return found(find_meeting(connection, made), "")
    except MeetingRefused as refusal:
        raise refusal.about("starts_at") from None


@changes(Action.BOOK_MEETINGS, "POST /meetings/{meeting_id}/reschedule", keep=("starts_at",))
def reschedule(
    context: Context,
    caller: Caller,
    meeting_id: int,
    *,
    starts_at: datetime,
    minutes: int | None = None,
    words: str = "",
) -> MeetingLine:
    """Set an appointment that lies ahead to another time; the lead is mailed the new one.

    Args:
        starts_at: journey time, UTC.
        minutes: None leaves its length.
        words: what the lead is written about it, '' for nothing.

    Returns:
        The appointment as it is set now.

    Raises:
        Missing: there is none for this caller.
        Conflict: it is not booked, or has begun.
        Invalid: the words can't be sent.
        MeetingRefused: the time will not do, or a calendar service has the appointment.
    """
    said = _checked(words)
    try:
        with context.database.begin() as connection:
            seen(connection, caller, meeting_id)
            moved = move_meeting(
                connection,
                meeting_id=meeting_id,
                starts_at=starts_at,
                minutes=minutes,
                by=caller.by,
                words=said,
                at=context.clock.now(),
            )
            if not moved:
                raise Conflict(
                    sentence(
                        "Meeting {meeting} is not booked, or has begun: nothing to move.",
                        meeting=meeting_id,
                    )
                )
            return found(find_meeting(connection, meeting_id), "")
    except MeetingRefused as refusal:
        raise refusal.about("starts_at") from None


@changes(Action.BOOK_MEETINGS, "POST /meetings/{meeting_id}/cancel")
def cancel(context: Context, caller: Caller, meeting_id: int, words: str = "") -> MeetingLine:
    """Call an appointment off that lies ahead; the lead is told.

    Args:
        words: what the lead is written about it, '' for nothing.

    Raises:
        Missing: there is none for this caller.
        Conflict: it is not booked, or has begun.
        Invalid: the words can't be sent.
    """
    said = _checked(words)
    with context.database.begin() as connection:
        line = seen(connection, caller, meeting_id)
        at = context.clock.now()
        if not cancel_meeting(connection, meeting_id=meeting_id, at=at, by="us", words=said):
            raise Conflict(
                sentence(
                    "Meeting {meeting} is not booked, or has begun: nothing to cancel.",
                    meeting=meeting_id,
                )
            )
    return line


def _checked(words: str) -> str:
    """What is written to a lead, without the space around it."""
    said = "\n".join(line.rstrip() for line in words.strip().splitlines())
    if len(said) > LONGEST_WORDS or not said.replace("\n", "").isprintable():
        raise Invalid(
            sentence("Write plain text of at most {most} characters.", most=LONGEST_WORDS), "words"
        )
    return said


def seen(connection: Connection, caller: Caller, meeting_id: int) -> MeetingLine:
    """An appointment with a lead that the caller sees.

    Raises:
        Missing: there is none.
    """
    line = found(find_meeting(connection, meeting_id), f"There is no meeting {meeting_id}.")
    may_see(connection, caller, line.lead_id)
    return line
