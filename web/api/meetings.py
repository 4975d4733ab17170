"""``/api/meetings``: appointments, made and called off."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import select

from domain.access import Action
from store.api_tokens import Caller
from store.meetings import LONGEST_MINUTES, MeetingRefused, book_meeting, cancel_meeting
from store.tables import Meeting
from web.api.access import Place, found, may, sees
from web.api.paging import Done
from web.api.problems import refused

router = APIRouter(prefix="/meetings", tags=["meetings"])
Booker = Annotated[Caller, Depends(may(Action.BOOK_MEETINGS))]


class Booking(BaseModel):
    """An appointment to make, or to move the lead's appointment to."""

    model_config = ConfigDict(extra="forbid")

    lead_id: int
    starts_at: AwareDatetime
    minutes: int = Field(default=30, ge=1, le=LONGEST_MINUTES)


class Booked(BaseModel):
    """The appointment as it is now; ``attempt`` counts how often it was set."""

    meeting_id: int
    lead_id: int
    owner: str
    starts_at: datetime
    minutes: int
    attempt: int


@router.post("", status_code=201)
def book(here: Place, caller: Booker, body: Booking) -> Booked:
    """Book an appointment, or move the one the lead has; the lead is mailed an invitation."""
    try:
        with here.database.begin() as connection:
            sees(connection, caller, body.lead_id)
            meeting_id = book_meeting(
                connection,
                lead_id=body.lead_id,
                starts_at=body.starts_at.astimezone(UTC),
                minutes=body.minutes,
                booked_by=caller.by,
                at=here.clock.now(),
            )
            row = connection.execute(
                select(*Meeting.__table__.c).where(Meeting.id == meeting_id)
            ).one()
    except MeetingRefused as refusal:
        raise refused(str(refusal), "starts_at") from None
    return Booked(
        meeting_id=row.id,
        lead_id=row.lead_id,
        owner=row.owner,
        starts_at=row.starts_at,
        minutes=row.minutes,
        attempt=row.attempt,
    )


@router.post("/{meeting_id}/cancel")
def cancel(here: Place, caller: Booker, meeting_id: int) -> Done:
    """Call an appointment off that lies ahead; the lead is told."""
    with here.database.begin() as connection:
        lead_id = connection.scalar(select(Meeting.lead_id).where(Meeting.id == meeting_id))
        sees(connection, caller, found(lead_id, f"There is no meeting {meeting_id}."))
        if not cancel_meeting(connection, meeting_id=meeting_id, at=here.clock.now()):
            raise refused(f"Meeting {meeting_id} is not booked, or has begun: nothing to cancel.")
    return Done(detail=f"Meeting {meeting_id} is cancelled.")
