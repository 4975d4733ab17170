"""``/api/team``: who is at work, who is away, and who owns which lead."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from domain.access import Action
from domain.inputs import ASKED, Instant
from domain.refusals import Missing
from domain.sentences import sentence
from services import profiles
from services import team as services
from services.access import found, team_of
from services.team import own_rep_only
from store import alerts
from store.access.api_tokens import Caller
from store.alerts import AlertLine
from store.routing import presence
from store.routing.busy_calendars import State, calendar_state
from store.routing.hand_over_preview import HandOverPreview
from store.routing.presence import RecordedAbsence, RepLine, team_of_person
from store.routing.rep_cards import Profile, profile_of
from store.routing.unassigned import UnassignedLead, unassigned
from web.api.access import CurrentContext, may
from web.api.paging import PAGE, Cursor, Done, Limit, Page, after_in, page

router = APIRouter(prefix="/team", tags=["team"])
Reader = Annotated[Caller, Depends(may(Action.READ_TEAM))]
AlertReader = Annotated[Caller, Depends(may(Action.READ_TASKS))]
Doer = Annotated[Caller, Depends(may(Action.COMPLETE_TASKS))]
Signer = Annotated[Caller, Depends(may(Action.SET_PROFILE))]
Setter = Annotated[Caller, Depends(may(Action.SET_PRESENCE))]
Giver = Annotated[Caller, Depends(may(Action.REASSIGN))]


class Presence(BaseModel):
    """Whether a rep takes new leads."""

    model_config = ASKED

    present: bool


class AbsenceRequest(BaseModel):
    """Time off; from now on when ``begins_at`` is left out."""

    model_config = ASKED

    begins_at: Instant | None = None
    until: Instant
    reason: str = Field(default="", max_length=500)


class Reassignment(BaseModel):
    """Leads for a rep, or ('') for colleagues of their owners as the rules say."""

    model_config = ASKED

    leads: list[int] = Field(min_length=1, max_length=services.MOST)
    to: str
    only_check: bool = Field(default=False, description="Change nothing: say who would get what.")


class SenderProfile(BaseModel):
    """What a rep says of itself to leads; empty leaves what the team policy says, or nothing."""

    model_config = ASKED

    name: str = Field(default="", max_length=100, description="As leads are to read it.")
    email: str = Field(
        default="", max_length=320, description="At a domain that the company sends from."
    )
    signature: str = Field(default="", max_length=400, description="Lines under the name.")
    phone: str = Field(default="", max_length=40, description="With its country's code.")
    booking_link: str = Field(default="", max_length=500, description="Empty: our own page.")
    place: str = Field(
        default="",
        max_length=500,
        description="Where meetings take place: an https address, in which {meeting} becomes a "
        "code of its own for each; a phone number; a room.",
    )
    language: Literal["", "en", "ko", "zh"] = Field(
        default="", description="In which the rep is written to."
    )


class CalendarAddress(BaseModel):
    """Where calendar programs read a rep's meetings. It is a secret, and shown this once."""

    url: str


class BusyCalendarAddress(BaseModel):
    """The secret address of a rep's own calendar, an iCalendar file."""

    model_config = ASKED

    url: str = Field(max_length=profiles.LONGEST_ADDRESS, description="https:// or webcal://")


class BusyCalendarState(BaseModel):
    """How the reading of a rep's own calendar goes. ``state`` is new (not read yet), read, stale
    (gone by, though it can't be read now) or lost (too old to go by: free times come from the
    team's hours alone); ``trouble`` a code, '' for none. Real time."""

    host: str
    state: State
    read_at: datetime | None
    trouble: str


class Served(BaseModel):
    """The leads of the unassigned queue that have owners now."""

    leads: list[int]


class Reassigned(BaseModel):
    """The leads that have changed hands; the others were the rep's already. Of those, the ones
    that nobody could take are ``waiting`` in the unassigned queue."""

    leads: list[int]
    waiting: list[int] = []
    would_get: list[HandOverPreview] = []
    """With ``only_check``: what each rep would get, '' being the unassigned queue."""


@router.get("")
def list_reps(
    context: CurrentContext, caller: Reader, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[RepLine]:
    """The reps by code, with their open leads and tasks, and who is away; for an SDR those of the
    team."""
    team = team_of(caller)

    def ours(connection: Connection) -> list[RepLine]:
        known = presence.reps(connection, context.clock.now())
        return sorted((one for one in known if team in (None, one.team)), key=_code)

    return page(
        context,
        "reps",
        cursor,
        limit,
        lambda connection, after, most: after_in(ours(connection), after, most, _code),
        key=_code,
    )


@router.get("/unassigned")
def list_unassigned(
    context: CurrentContext, caller: Reader, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[UnassignedLead]:
    """The leads that nobody could take, the longest waiting first; for an SDR those that the team
    might have taken."""
    team = team_of(caller)
    return page(
        context,
        "unassigned",
        cursor,
        limit,
        lambda connection, after, most: unassigned(connection, team, after=after, limit=most),
        key=lambda one: (one.since, one.lead_id),
    )


@router.get("/alerts")
def list_alerts(
    context: CurrentContext, caller: AlertReader, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[AlertLine]:
    """What somebody must hear of now, the one due first first; for an SDR the own ones."""
    owner = caller.rep if caller.of_one_team else None
    return page(
        context,
        "alerts",
        cursor,
        limit,
        lambda connection, after, most: alerts.open_alerts(
            connection, owner, after=after, limit=most
        ),
        key=lambda one: (one.due_at, one.id),
    )


@router.post("/alerts/{alert_id}/put-away", operation_id="put_away_alert")
def put_away(context: CurrentContext, caller: Doer, alert_id: int) -> Done:
    """Take an alert off the list; an SDR an own one."""
    services.put_away(context, caller, alert_id)
    return Done(detail=f"Alert {alert_id} is put away.")


@router.put("/{rep}/presence")
def set_presence(context: CurrentContext, caller: Setter, rep: str, body: Presence) -> Served:
    """Say whether a rep takes new leads."""
    return Served(leads=services.set_presence(context, caller, rep, present=body.present))


@router.get("/{rep}/profile")
def show_profile(context: CurrentContext, caller: Reader, rep: str) -> SenderProfile:
    """What a rep says of itself to leads; for an SDR of the own team's reps."""
    with context.database.connect() as connection:
        team = team_of_person(connection, rep)
        if team is None or team_of(caller) not in (None, team):
            raise Missing(sentence("There is no rep {rep}.", rep=rep))
        return SenderProfile(**profile_of(connection, rep)._asdict())


@router.put("/{rep}/profile")
def set_profile(
    context: CurrentContext, caller: Signer, rep: str, body: SenderProfile
) -> SenderProfile:
    """Say how a rep's mails to leads are signed, whom they are from, and where the rep is met."""
    kept = profiles.set_profile(context, caller, rep, Profile(**body.model_dump()))
    return SenderProfile(**kept._asdict())


@router.post("/{rep}/calendar", status_code=201, operation_id="create_calendar_address")
def make_calendar(context: CurrentContext, caller: Signer, rep: str) -> CalendarAddress:
    """Make the address at which calendar programs read a rep's meetings; an earlier one works no
    more. Only the rep can."""
    return CalendarAddress(url=profiles.make_calendar(context, caller, rep))


@router.delete("/{rep}/calendar", operation_id="delete_calendar_address")
def end_calendar(context: CurrentContext, caller: Signer, rep: str) -> Done:
    """Have the address of a rep's calendar work no more."""
    profiles.end_calendar(context, caller, rep)
    return Done(detail="The calendar address works no more.")


@router.get("/{rep}/busy-calendar")
def show_busy_calendar(context: CurrentContext, caller: Signer, rep: str) -> BusyCalendarState:
    """Whether a rep's own calendar is read, and how that goes."""
    own_rep_only(caller, rep)
    with context.database.connect() as connection:
        state = calendar_state(connection, rep, context.real_now())
    known = found(state, sentence("No calendar of {rep} is read.", rep=rep))
    return BusyCalendarState(**asdict(known))


@router.put("/{rep}/busy-calendar")
def set_busy_calendar(
    context: CurrentContext, caller: Signer, rep: str, body: BusyCalendarAddress
) -> BusyCalendarState:
    """Have a rep's own calendar read every few minutes, so that leads are offered no time at which
    the rep is busy."""
    state = profiles.set_busy_calendar(context, caller, rep, body.url)
    return BusyCalendarState(**asdict(state))


@router.delete("/{rep}/busy-calendar")
def end_busy_calendar(context: CurrentContext, caller: Signer, rep: str) -> Done:
    """Read a rep's own calendar no more."""
    profiles.end_busy_calendar(context, caller, rep)
    return Done(detail="The calendar is read no more.")


@router.post("/{rep}/absences", status_code=201)
def add_absence(
    context: CurrentContext, caller: Setter, rep: str, body: AbsenceRequest
) -> RecordedAbsence:
    """Note a rep's time off; when it has begun, what is due moves to others at once."""
    return services.note_absence(
        context, caller, rep, begins_at=body.begins_at, until=body.until, reason=body.reason
    )


@router.delete("/{rep}/absences/current")
def end_absence(context: CurrentContext, caller: Setter, rep: str) -> Served:
    """Have a rep back now, or take back the next absence when none has begun."""
    return Served(leads=services.end_absence(context, caller, rep))


@router.post("/reassign", operation_id="reassign_tasks")
def give(context: CurrentContext, caller: Giver, body: Reassignment) -> Reassigned:
    """Give leads to a rep, with their open tasks: all of them or none. By the rules, each goes to
    the colleague whose turn it is, or waits in the unassigned queue."""
    if body.only_check:
        would = services.look_at_reassigning(context, caller, body.leads, body.to)
        return Reassigned(leads=[], would_get=would)
    if body.to:
        return Reassigned(leads=services.reassign(context, caller, body.leads, body.to))
    owners = services.reassign_by_rules(context, caller, body.leads)
    return Reassigned(
        leads=list(owners), waiting=[lead for lead, owner in owners.items() if not owner]
    )


def _code(rep: RepLine) -> tuple[str]:
    return (rep.code,)
