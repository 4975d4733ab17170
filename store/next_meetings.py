"""What else a lead has when an appointment did not come about."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, exists, select

from domain.journey_sales import NextMeeting
from store.meeting_news import see_through_in_journey
from store.meeting_places import ends_at
from store.tables import Meeting, Task
from store.tasks import close_task


def take_over(connection: Connection, meeting_id: int, now: datetime, *, again: str) -> None:
    """Have the lead's journey, which heard of it late, see an appointment through that a workflow
    beside it has begun with. Two would ask the rep how it went.

    Args:
        now: journey time, UTC.
        again: what tells this from an earlier time for the same setting.
    """
    meeting = connection.execute(
        select(*Meeting.__table__.c).where(Meeting.id == meeting_id).with_for_update()
    ).one()
    if not meeting.beside or meeting.state != "booked":
        return
    see_through_in_journey(connection, meeting, again)
    asked = select(Task.id).where(
        Task.meeting_id == meeting_id, Task.kind == "meeting_outcome", Task.state == "open"
    )
    for task_id in connection.scalars(asked).all():
        close_task(connection, task_id, "withdrawn", now)


def take_next_meeting(connection: Connection, meeting_id: int, now: datetime) -> NextMeeting:
    """Give the lead's journey the next of its appointments that stand, and say whether one of this
    cycle was held.

    Args:
        meeting_id: the one that did not come about.
        now: journey time, UTC.
    """
    meeting = connection.execute(
        select(Meeting.lead_id, Meeting.cycle).where(Meeting.id == meeting_id)
    ).one()
    booked = connection.execute(
        select(*Meeting.__table__.c)
        .where(
            Meeting.lead_id == meeting.lead_id,
            Meeting.state == "booked",
            Meeting.id != meeting_id,
        )
        .order_by(Meeting.starts_at, Meeting.id)
        .with_for_update()
    ).all()
    held = connection.scalar(
        select(
            exists().where(
                Meeting.lead_id == meeting.lead_id,
                Meeting.cycle == meeting.cycle,
                Meeting.state == "held",
                Meeting.id != meeting_id,
            )
        )
    )
    following = next((one for one in booked if ends_at(one) > now), None)
    if following is None:
        return NextMeeting(0, bool(held))
    see_through_in_journey(connection, following)
    return NextMeeting(following.id, bool(held))
