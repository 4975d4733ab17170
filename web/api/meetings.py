"""``/api/meetings``: appointments, looked at, made and called off."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from domain.access import Action
from domain.email.letter import LONGEST_LETTER, LONGEST_SUBJECT
from domain.inputs import ASKED, Instant
from domain.refusals import Invalid
from mail.meeting_mails import MeetingMail
from services import meetings
from services.access import team_of
from services.meeting_mails import MeetingChange
from store.access.api_tokens import Caller
from store.meetings.meeting_lines import (
    MeetingFilter,
    MeetingLine,
    MeetingState,
    meetings_page,
)
from store.meetings.meeting_rows import NO_WORDS, MeetingWords
from store.routing.rep_times import LONGEST_MINUTES
from web.api.access import CurrentContext, may
from web.api.paging import PAGE, Cursor, Done, Limit, Page, page_by_id

router = APIRouter(prefix="/meetings", tags=["meetings"])
Reader = Annotated[Caller, Depends(may(Action.READ_MEETINGS))]
Booker = Annotated[Caller, Depends(may(Action.BOOK_MEETINGS))]


class ToTheLead(BaseModel):
    """What the lead is written. ``text`` takes the place of what the mail's template says, and so
    of ``words``, which is a part of it; buttons, signature and footer stay."""

    model_config = ASKED

    words: str = Field(
        default="", max_length=meetings.LONGEST_WORDS, description="A word beside the template's."
    )
    subject: str = Field(
        default="", max_length=LONGEST_SUBJECT, description="In place of the template's."
    )
    text: str = Field(
        default="", max_length=LONGEST_LETTER, description="In place of the template's."
    )

    def written(self) -> MeetingWords:
        """The same for the store."""
        return MeetingWords(self.words, self.subject, self.text)


class BookingRequest(ToTheLead):
    """An appointment to make, or to move the lead's appointment to."""

    lead_id: int
    starts_at: Instant
    minutes: int = Field(default=30, ge=1, le=LONGEST_MINUTES)


class RescheduleRequest(ToTheLead):
    """Another time for an appointment."""

    starts_at: Instant
    minutes: int | None = Field(
        default=None, ge=1, le=LONGEST_MINUTES, description="Null leaves its length."
    )


class CancelRequest(ToTheLead):
    """What a lead is told whose appointment is called off."""


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


@router.get("/mail-preview", operation_id="preview_meeting_mail")
def preview_mail(
    context: CurrentContext,
    caller: Booker,
    *,
    lead: Annotated[int, Query(description="Whose appointment is made.")] = 0,
    meeting: Annotated[int, Query(description="The one that is moved or called off.")] = 0,
    starts_at: Annotated[Instant | None, Query(description="Left out: it is called off.")] = None,
    minutes: Annotated[int | None, Query(ge=1, le=LONGEST_MINUTES)] = None,
) -> MeetingMail:
    """The mail that a lead would get if an appointment were made, moved or called off so, with
    links that do nothing. ``words`` are what ``text`` may take the place of. In them
    ``{{ links.meeting }}`` stands for the address of the video call."""
    if bool(lead) == bool(meeting):
        raise Invalid("Name the lead or the meeting, one of them.", "lead")
    if lead and starts_at is None:
        raise Invalid("Say when the meeting begins.", "starts_at")
    change = MeetingChange(lead, meeting, starts_at, minutes or (30 if lead else None))
    return meetings.look_at_mail(context, caller, change)


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
        context, caller, body.lead_id, body.starts_at, body.minutes, words=body.written()
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
        words=body.written(),
    )


@router.post("/{meeting_id}/cancel")
def cancel(
    context: CurrentContext, caller: Booker, meeting_id: int, body: CancelRequest | None = None
) -> Done:
    """Call an appointment off that lies ahead; the lead is told."""
    meetings.cancel(context, caller, meeting_id, body.written() if body else NO_WORDS)
    return Done(detail=f"Meeting {meeting_id} is cancelled.")
