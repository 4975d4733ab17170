"""``/api/meetings``: appointments, looked at, made and called off."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from domain.access import Action
from domain.inputs import ASKED, Instant
from services import meetings
from services.access import team_of
from store.access.api_tokens import Caller
from store.meetings.meeting_lines import (
    MeetingFilter,
    MeetingLine,
    MeetingState,
    meetings_page,
)
from store.routing.rep_times import LONGEST_MINUTES
from web.api.access import CurrentContext, may
from web.api.paging import PAGE, Cursor, Done, Limit, Page, page_by_id

router = APIRouter(prefix="/meetings", tags=["meetings"])
Reader = Annotated[Caller, Depends(may(Action.READ_MEETINGS))]
Booker = Annotated[Caller, Depends(may(Action.BOOK_MEETINGS))]


class BookingRequest(BaseModel):
    """An appointment to make, or to move the lead's appointment to."""

    model_config = ASKED

    lead_id: int
    starts_at: Instant
    minutes: int = Field(default=30, ge=1, le=LONGEST_MINUTES)
    words: str = Field(
        default="", max_length=meetings.LONGEST_WORDS, description="What the lead is written."
    )


class RescheduleRequest(BaseModel):
    """Another time for an appointment."""

    model_config = ASKED

    starts_at: Instant
    minutes: int | None = Field(
        default=None, ge=1, le=LONGEST_MINUTES, description="Null leaves its length."
    )
    words: str = Field(
        default="", max_length=meetings.LONGEST_WORDS, description="What the lead is written."
    )


class CancelRequest(BaseModel):
    """What a lead is told whose appointment is called off."""

    model_config = ASKED

    words: str = Field(
        default="", max_length=meetings.LONGEST_WORDS, description="What the lead is written."
    )


@router.get("")
def list_all(
    context: CurrentContext,
    caller: Reader,
    *,
    lead: int | None = None,
    owner: Annotated[str | None, Query(description="Empty: those with nobody.")] = None,
    state: MeetingState | None = None,
    standing: Annotated[bool, Query(description="Without those called off.")] = False,
    since: Annotated[
        Instant | None, Query(alias="from", description="They begin then or later.")
    ] = None,
    until: Annotated[Instant | None, Query(alias="to", description="They begin before.")] = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[MeetingLine]:
    """Appointments in the order of their ids; an SDR's token sees those with leads of its team."""
    wanted = MeetingFilter(
        lead_id=lead,
        owner=owner,
        state=state,
        standing=standing,
        since=since,
        until=until,
        team=team_of(caller),
    )
    read = partial(meetings_page, wanted=wanted)
    return page_by_id(context, "meetings", cursor, limit, read, newest_first=False)


@router.get("/{meeting_id}")
def show(context: CurrentContext, caller: Reader, meeting_id: int) -> MeetingLine:
    """One appointment: when, with whom, and how often it was set and missed."""
    with context.database.connect() as connection:
        return meetings.seen(connection, caller, meeting_id)


@router.post("", status_code=201)
def book(context: CurrentContext, caller: Booker, body: BookingRequest) -> MeetingLine:
    """Book an appointment, or move the one the lead has with us; the lead is mailed an
    invitation. One that a calendar service has made stays as it is."""
    return meetings.book(
        context, caller, body.lead_id, body.starts_at, body.minutes, words=body.words
    )


@router.post("/{meeting_id}/reschedule", operation_id="reschedule_meeting")
def reschedule(
    context: CurrentContext, caller: Booker, meeting_id: int, body: RescheduleRequest
) -> MeetingLine:
    """Set an appointment that lies ahead to another time; the lead is mailed an invitation that
    moves the one it has. One that a calendar service has made is moved there."""
    return meetings.reschedule(
        context,
        caller,
        meeting_id,
        starts_at=body.starts_at,
        minutes=body.minutes,
        words=body.words,
    )


@router.post("/{meeting_id}/cancel")
def cancel(
    context: CurrentContext, caller: Booker, meeting_id: int, body: CancelRequest | None = None
) -> Done:
    """Call an appointment off that lies ahead; the lead is told."""
    meetings.cancel(context, caller, meeting_id, body.words if body else "")
    return Done(detail=f"Meeting {meeting_id} is cancelled.")
