"""What else a lead has when an appointment did not come about."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, exists, select

from domain.contracts.journey_sales import NextMeeting
from domain.contracts.tasks import TaskKind, Undone
from store.meetings.meeting_news import see_through_in_journey
from store.meetings.meeting_rows import MEETING, MeetingRow
from store.tables import Meeting, Task
from store.tasks.tasks import close_task


def take_over(connection: Connection, meeting_id: int, now: datetime) -> None:
    """Have the lead's journey see an appointment through, and nobody beside it: two would ask the
    rep how it went.

    Args:
        now: journey time, UTC.
    """
    row = connection.execute(
        select(*MEETING).where(Meeting.id == meeting_id).with_for_update()
    ).one()
    meeting = MeetingRow(*row)
    if not meeting.beside or meeting.state != "booked":
        return
    see_through_in_journey(connection, meeting)
    asked = select(Task.id).where(
        Task.meeting_id == meeting_id, Task.kind == TaskKind.MEETING_OUTCOME, Task.state == "open"
    )
    for task_id in connection.scalars(asked).all():
        close_task(connection, task_id, Undone.WITHDRAWN, now)


def next_meeting_of(connection: Connection, meeting_id: int, now: datetime) -> NextMeeting:
    """The next of the lead's appointments that stand, and whether one of this cycle was held.

    Args:
        meeting_id: the one that did not come about.
        now: journey time, UTC.
    """
    meeting = connection.execute(
        select(Meeting.lead_id, Meeting.cycle).where(Meeting.id == meeting_id)
    ).one()
    others = (Meeting.lead_id == meeting.lead_id, Meeting.id != meeting_id)
    rows = connection.execute(
        select(*MEETING)
        .where(*others, Meeting.state == "booked")
        .order_by(Meeting.starts_at, Meeting.id)
    )
    held = connection.scalar(
        select(exists().where(*others, Meeting.cycle == meeting.cycle, Meeting.state == "held"))
    )
    booked = [MeetingRow(*row) for row in rows]
    following = next((one.id for one in booked if one.ends_at > now), 0)
    return NextMeeting(following, bool(held))
