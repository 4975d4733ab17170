"""What else a lead has when an appointment did not come about."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, exists, select

from domain.journey_sales import NextMeeting
from store.meeting_news import see_through_in_journey
from store.meeting_places import ends_at
from store.tables import Meeting


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
