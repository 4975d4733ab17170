"""Who sees an appointment through, and what it is told.

The lead's journey sees one through, a workflow of its own each other one: ``Meeting.beside``.
Times are journey time, UTC.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Connection, update

from domain.contracts.journey import EventCode, JourneyEvent, Phase
from domain.contracts.journey_sales import meeting_workflow_id
from store.meetings.meeting_rows import MeetingRow
from store.outbox.meeting_messages import signal_meeting
from store.outbox.relay_messages import journey_start, post, post_all
from store.tables import Meeting


def notify_of_meeting(
    connection: Connection,
    meeting: MeetingRow,
    code: EventCode,
    *,
    reason: str = "",
    told_at: datetime | None = None,
) -> None:
    """Signal whoever sees the meeting through, once for each of its settings and codes.

    Args:
        told_at: when a calendar service said so: what it takes back it may say again.
    """
    when = f":{told_at.timestamp():.0f}" if told_at else ""
    news = JourneyEvent(code, reason=reason)
    _signal(connection, f"{code}{when}", meeting, news, beside=meeting.beside)


def notify_journey(connection: Connection, meeting: MeetingRow, code: EventCode) -> None:
    """Signal the journey of a lead whose meeting is seen through beside it."""
    _signal(connection, f"{code}:journey", meeting, JourneyEvent(code), beside=False)


def begin_journey(connection: Connection, meeting: MeetingRow) -> bool:
    """Start the journey of a lead that has none with its meeting; False when its start is on the
    way already."""
    about = {"cycle": meeting.cycle, "reason": EventCode.BOOKED, "meeting_id": meeting.id}
    return post_all(connection, [journey_start(meeting.lead_id, Phase.MEETING, about)]) == 1


def see_through_on_its_own(connection: Connection, meeting: MeetingRow) -> None:
    """Have a workflow of its own see the meeting through; one that runs goes on."""
    if not meeting.beside:
        _mark(connection, meeting.id, beside=True)
    post(
        connection,
        # It may go to and fro between the two, and each time counts.
        key=f"meeting-{meeting.id}-{meeting.attempt}:beside:{uuid.uuid4()}",
        workflow_id=meeting_workflow_id(meeting.lead_id, meeting.id),
        kind="side_meeting",
        payload={"lead_id": meeting.lead_id, "meeting_id": meeting.id},
    )


def see_through_in_journey(connection: Connection, meeting: MeetingRow) -> None:
    """Have the lead's journey, which asks for it, see the meeting through from now on."""
    if not meeting.beside:
        return
    _mark(connection, meeting.id, beside=False)
    event = JourneyEvent(EventCode.TAKEN_OVER)
    _signal(connection, f"{EventCode.TAKEN_OVER}:{uuid.uuid4()}", meeting, event, beside=True)


def _mark(connection: Connection, meeting_id: int, *, beside: bool) -> None:
    connection.execute(update(Meeting).where(Meeting.id == meeting_id).values(beside=beside))


def _signal(
    connection: Connection, once: str, meeting: MeetingRow, news: JourneyEvent, *, beside: bool
) -> None:
    signal_meeting(
        connection,
        news,
        meeting_id=meeting.id,
        lead_id=meeting.lead_id,
        cycle=meeting.cycle,
        attempt=meeting.attempt,
        beside=beside,
        once=once,
    )
