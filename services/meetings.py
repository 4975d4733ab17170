"""Appointments: booked, moved and called off."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from domain.access import Action
from domain.refusals import Conflict, Invalid, MeetingRefused
from domain.sentences import sentence
from mail.meeting_mails import MeetingMail, meeting_mail
from services.access import changes, found, may_see
from services.context import Context
from services.meeting_mails import MeetingChange, check_mail, mail_about
from services.template_parts import TEMPLATES, template_parts
from store.access.api_tokens import Caller
from store.meetings.meeting_lines import MeetingLine, find_meeting
from store.meetings.meeting_moves import move_meeting
from store.meetings.meeting_rows import NO_WORDS, MeetingWords
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
    words: MeetingWords = NO_WORDS,
) -> MeetingLine:
    """Book an appointment, or move the one the lead has with us; the lead is mailed an invitation.

    Args:
        starts_at: journey time, UTC.
        words: what the lead is written about it.

    Raises:
        Missing: there is no such lead for this caller.
        Invalid: the words can't be sent.
        MeetingRefused: the time will not do.
    """
    change = MeetingChange(lead_id, starts_at=starts_at, minutes=minutes, words=words)
    with context.database.begin() as connection:
        made = _carry_out(connection, context, caller, change)
        return found(find_meeting(connection, made), "")


@changes(Action.BOOK_MEETINGS, "POST /meetings/{meeting_id}/reschedule", keep=("starts_at",))
def reschedule(
    context: Context,
    caller: Caller,
    meeting_id: int,
    *,
    starts_at: datetime,
    minutes: int | None = None,
    words: MeetingWords = NO_WORDS,
) -> MeetingLine:
    """Set an appointment that lies ahead to another time; the lead is mailed the new one.

    Args:
        starts_at: journey time, UTC.
        minutes: None leaves its length.
        words: what the lead is written about it.

    Returns:
        The appointment as it is set now.

    Raises:
        Missing: there is none for this caller.
        Conflict: it is not booked, or has begun.
        Invalid: the words can't be sent.
        MeetingRefused: the time will not do, or a calendar service has the appointment.
    """
    change = MeetingChange(0, meeting_id, starts_at, minutes, words)
    with context.database.begin() as connection:
        _carry_out(connection, context, caller, change)
        return found(find_meeting(connection, meeting_id), "")


@changes(Action.BOOK_MEETINGS, "POST /meetings/{meeting_id}/cancel")
def cancel(
    context: Context, caller: Caller, meeting_id: int, words: MeetingWords = NO_WORDS
) -> MeetingLine:
    """Call an appointment off that lies ahead; the lead is told.

    Args:
        words: what the lead is written about it.

    Raises:
        Missing: there is none for this caller.
        Conflict: it is not booked, or has begun.
        Invalid: the words can't be sent.
    """
    with context.database.begin() as connection:
        line = seen(connection, caller, meeting_id)
        _carry_out(connection, context, caller, MeetingChange(0, meeting_id, words=words))
    return line


def look_at_mail(context: Context, caller: Caller, change: MeetingChange) -> MeetingMail:
    """The mail that the lead would get about a change, with links that do nothing. The change is
    made for it, and taken back.

    Raises:
        Missing, Conflict, Invalid, MeetingRefused: as the change itself.
        TemplateMissing: the mail is not published.
    """
    with context.database.connect() as connection:
        meeting_id = _carry_out(connection, context, caller, change)
        parts = template_parts(TEMPLATES)
        return meeting_mail(connection, context.settings, meeting_id, mail_about(change), parts)


def _carry_out(
    connection: Connection, context: Context, caller: Caller, change: MeetingChange
) -> int:
    """Set, move or call off; the meeting's id."""
    change = replace(change, words=_checked(change.words))
    at = context.clock.now()
    meeting_id = change.meeting_id
    try:
        if not meeting_id:
            meeting_id = _book(connection, caller, change, at)
        elif change.starts_at is not None:
            _move(connection, caller, change, at)
        else:
            _call_off(connection, caller, change, at)
    except MeetingRefused as refusal:
        raise refusal.about("starts_at") from None
    check_mail(connection, context.settings, meeting_id, change)
    return meeting_id


def _book(connection: Connection, caller: Caller, change: MeetingChange, at: datetime) -> int:
    may_see(connection, caller, change.lead_id)
    if change.starts_at is None or change.minutes is None:
        raise ValueError("A new appointment has a time and a length.")
    return book_meeting(
        connection,
        lead_id=change.lead_id,
        starts_at=change.starts_at,
        minutes=change.minutes,
        booked_by=caller.by,
        at=at,
        words=change.words,
    )


def _move(connection: Connection, caller: Caller, change: MeetingChange, at: datetime) -> None:
    seen(connection, caller, change.meeting_id)
    if change.starts_at is None or not move_meeting(
        connection,
        meeting_id=change.meeting_id,
        starts_at=change.starts_at,
        minutes=change.minutes,
        by=caller.by,
        words=change.words,
        at=at,
    ):
        raise Conflict(
            sentence(
                "Meeting {meeting} is not booked, or has begun: nothing to move.",
                meeting=change.meeting_id,
            )
        )


def _call_off(connection: Connection, caller: Caller, change: MeetingChange, at: datetime) -> None:
    seen(connection, caller, change.meeting_id)
    if not cancel_meeting(
        connection, meeting_id=change.meeting_id, at=at, by="us", words=change.words
    ):
        raise Conflict(
            sentence(
                "Meeting {meeting} is not booked, or has begun: nothing to cancel.",
                meeting=change.meeting_id,
            )
        )


def _checked(words: MeetingWords) -> MeetingWords:
    """What is written to a lead, without the space around it."""
    said = "\n".join(line.rstrip() for line in words.note.strip().splitlines())
    if len(said) > LONGEST_WORDS or not said.replace("\n", "").isprintable():
        raise Invalid(
            sentence("Write plain text of at most {most} characters.", most=LONGEST_WORDS), "words"
        )
    return MeetingWords(said, " ".join(words.subject.split()), words.text.strip())


def seen(connection: Connection, caller: Caller, meeting_id: int) -> MeetingLine:
    """An appointment with a lead that the caller sees.

    Raises:
        Missing: there is none.
    """
    line = found(find_meeting(connection, meeting_id), f"There is no meeting {meeting_id}.")
    may_see(connection, caller, line.lead_id)
    return line
