"""``/api/leads``: lists, one lead with its score explained, and its journey."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field, Strict
from sqlalchemy import Connection

from domain.access import Action
from domain.contracts.waits import Wait
from domain.figures.data_quality import Lacking
from domain.figures.lists import CountedAs
from domain.inputs import ASKED, Code, Day, Instant
from domain.plain_english import in_plain_english
from domain.refusals import Invalid
from domain.sentences import sentence
from services import accounts, journeys, team
from services.access import found, may_see, sees_customers, team_of
from services.figure_lists import FigureAddress, leads_behind
from store.access.api_tokens import Caller
from store.consent import consent
from store.consent.do_not_market import Play
from store.routing.prospects import Prospected
from store.scoring.campaign_touches import FirstAndLast, first_and_last
from store.scoring.scoring import Explanation, explain
from store.views import leads
from store.views.dossier import Dossier, dossier
from store.views.journey_waits import journey_next
from store.views.lead_search import FoundLead, LeadCursor, LeadFilter, Order, find_leads
from store.views.lead_timeline import HistoryLine, history, history_length
from store.views.leads import MOST_POINTS, LeadLine
from store.views.segments import segments_of
from temporal import steering
from web.api.access import CurrentContext, WebContext, may
from web.api.inputs import Address, Codes, Id, SaidNames
from web.api.paging import MOST, PAGE, Cursor, Done, Limit, Page, page

router = APIRouter(prefix="/leads", tags=["leads"])
Reader = Annotated[Caller, Depends(may(Action.READ_LEADS))]
Scorer = Annotated[Caller, Depends(may(Action.SCORE_LEADS))]
Pauser = Annotated[Caller, Depends(may(Action.PAUSE_LEADS))]
Prospector = Annotated[Caller, Depends(may(Action.CALL_PROSPECTS))]
Nudger = Annotated[Caller, Depends(may(Action.REASSIGN))]
Mover = Annotated[Caller, Depends(may(Action.MOVE_LEADS))]
DoNotMarketer = Annotated[Caller, Depends(may(Action.DO_NOT_MARKET))]


class Prospects(BaseModel):
    """Leads by id or address, and the rep who is to call them; '' leaves it to routing."""

    model_config = ASKED

    leads: list[Address] = Field(min_length=1, max_length=1000)
    owner: Code = ""


class PlayForLeads(BaseModel):
    """Leads by id, and the cadence that they begin."""

    model_config = ASKED

    leads: list[Id] = Field(min_length=1, max_length=1000)
    cadence: Code


class LeadDetail(BaseModel):
    """A lead, why it has its score, and what happened to it last, the oldest of that first:
    ``history_length`` is how many lines there are, and ``/leads/{lead_id}/history`` has all.
    ``suppressed`` is why it gets no mail, '' when it does: ``unconfirmed`` until an address that
    only a browser brought is confirmed, or permitted. ``came_by`` has the UTM parameters of its
    earliest and its latest touch, by the times at which they happened. ``segments`` are those that
    it is in, each with the time since when."""

    lead: LeadLine
    suppressed: str
    segments: Mapping[str, datetime]
    came_by: FirstAndLast
    scoring: Explanation
    history: list[HistoryLine]
    history_length: int


class JourneyNow(BaseModel):
    """Where a running journey is and what it waits for: ``wait`` as facts, ``waiting_for`` as an
    English sentence with times in UTC."""

    phase: str
    reason: str
    paused: bool
    wait: Wait
    waiting_for: str


class Journey(BaseModel):
    """What the lead's running journey says of itself; null without one."""

    journey: JourneyNow | None


class Points(BaseModel):
    """Points for a lead; negative ones are taken away."""

    model_config = ASKED

    points: int = Field(ge=-MOST_POINTS, le=MOST_POINTS)


class MoveRequest(BaseModel):
    """Where a journey is to go now."""

    model_config = ASKED

    phase: Code


class Moved(BaseModel):
    """The phases a journey left and entered."""

    left: str
    entered: str


@router.get("")
def list_leads(
    context: CurrentContext,
    caller: Reader,
    *,
    search: Annotated[
        str,
        Query(
            max_length=200,
            description="Beginnings of words in name, address, title and company, all of which "
            "must fit; or a phone number, or its last digits.",
        ),
    ] = "",
    stage: Codes = None,
    phase: Annotated[Codes, Query(description="`not started` before a journey begins.")] = None,
    owner: Annotated[Codes, Query(description="Reps; empty: nobody.")] = None,
    grade: Annotated[Codes, Query(description="B2, B, 2, or known, engaged, mql, hot.")] = None,
    country: Codes = None,
    source: SaidNames = None,
    cadence: Annotated[Codes, Query(description="They are in it now.")] = None,
    segment: Annotated[Codes, Query(description="They are in it now.")] = None,
    account: int | None = None,
    lead: Annotated[
        list[Id] | None, Query(max_length=MOST, description="Only some of these, by id.")
    ] = None,
    without: Annotated[
        Annotated[list[Annotated[Lacking, Strict(False)]], Field(max_length=10)] | None,
        Query(description="What they lack, all of it."),
    ] = None,
    recycled: bool | None = None,
    suppressed: Annotated[bool | None, Query(description="They get no mail.")] = None,
    did: Annotated[
        Literal["", "answered", "bounced"], Query(description="What happened since `since`.")
    ] = "",
    since: Instant | None = None,
    figure: Annotated[
        Code, Query(description=f"Those that a figure counts: {', '.join(CountedAs)}.")
    ] = "",
    figure_at: Annotated[
        Code, Query(description="The figure's stage, row, promise or reason.")
    ] = "",
    figure_from: Annotated[Day | None, Query(description="The first day of its period.")] = None,
    figure_to: Annotated[Day | None, Query(description="The day after its period.")] = None,
    figure_window: Annotated[int | None, Query(ge=1, le=10_000)] = None,
    figure_of: Annotated[
        SaidNames,
        Query(
            description="What it is of: `owner:rep-1`, `source:web`, `kind:recycled`; of cohorts "
            "`reached:customer`."
        ),
    ] = None,
    order: Annotated[
        Order,
        Query(description="By id, the latest activity, the best fit or the most interest first."),
    ] = "id",
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[FoundLead]:
    """Leads, in the order of their ids if no other is asked for; an SDR's token sees those of its
    team."""
    if did and since is None:
        raise Invalid(sentence("Say since when."), "since")
    now = context.clock.now()
    of = figure_of or ()
    behind = FigureAddress(figure, figure_at, figure_from, figure_to, figure_window, of)
    wanted = LeadFilter(
        search=search,
        stage=stage or (),
        phase=phase or (),
        owner=owner or (),
        grade=grade or (),
        country=country or (),
        source=source or (),
        cadence=cadence or (),
        segment=segment or (),
        account=account,
        lead=lead or (),
        without=without or (),
        recycled=recycled,
        suppressed=suppressed,
        did=did,
        since=since,
        team=team_of(caller),
        customers=sees_customers(caller),
    )
    return page(
        context,
        f"leads by {order}",
        cursor,
        limit,
        lambda connection, after, most: find_leads(
            connection,
            now,
            wanted_now(connection, context, caller, wanted, behind),
            order=order,
            after=None if after is None else LeadCursor(*after),
            limit=most,
        ),
        key=lambda one: (one.mark.key, one.mark.lead_id),
    )


def wanted_now(
    connection: Connection,
    context: WebContext,
    caller: Caller,
    wanted: LeadFilter,
    behind: FigureAddress,
) -> LeadFilter:
    """The same of those only that a figure counts, if it names one.

    Raises:
        Invalid: there is no such figure.
    """
    if not behind.figure:
        return wanted
    return replace(wanted, behind=leads_behind(connection, context, caller, behind))


@router.get("/{lead_id}")
def show_lead(context: CurrentContext, caller: Reader, lead_id: int) -> LeadDetail:
    """One lead, its score line by line, and its history."""
    now = context.clock.now()
    with context.database.connect() as connection:
        may_see(connection, caller, lead_id)
        lead = _line(connection, lead_id, now)
        email_key = consent.email_key_of(connection, lead_id)
        return LeadDetail(
            lead=lead,
            suppressed=consent.consent_of(connection, email_key).suppressed,
            segments=segments_of(connection, lead_id),
            came_by=first_and_last(connection, lead_id),
            scoring=explain(connection, lead_id, now),
            history=history(connection, lead_id, PAGE),
            history_length=history_length(connection, lead_id),
        )


@router.post("/prospects")
def call_prospects(context: CurrentContext, caller: Prospector, body: Prospects) -> Prospected:
    """Have sales call leads of its own accord: no qualification, the rules for outbound leads."""
    return journeys.prospect(context, caller, body.leads, body.owner)


@router.post("/play", operation_id="play_leads")
def play(context: CurrentContext, caller: DoNotMarketer, body: PlayForLeads) -> Play:
    """Start a cadence now for those of these leads that are with marketing and whose company is
    marketed to; an SDR for those of the team."""
    return accounts.play_leads(context, caller, body.leads, body.cadence)


@router.get("/{lead_id}/dossier")
def show_dossier(context: CurrentContext, caller: Reader, lead_id: int) -> Dossier:
    """The history that made the lead what it is, for whoever is to call it."""
    with context.database.connect() as connection:
        may_see(connection, caller, lead_id)
        return dossier(connection, lead_id, context.clock.now())


@router.get("/{lead_id}/journey")
def show_journey(context: CurrentContext, caller: Reader, lead_id: int) -> Journey:
    """Why the lead is where it is, what happens next, and when."""
    with context.database.connect() as connection:
        may_see(connection, caller, lead_id)
    status = context.in_temporal(lambda client: steering.state_of(client, lead_id))
    if status is None:
        return Journey(journey=None)
    with context.database.connect() as connection:
        said = journey_next(connection, status.wait)
    return Journey(journey=JourneyNow(**vars(status), waiting_for=in_plain_english(said)))


@router.post("/{lead_id}/score")
def score(context: CurrentContext, caller: Scorer, lead_id: int, body: Points) -> LeadLine:
    """Add points to the lead's score; the lead as it is with them. Each request counts."""
    return journeys.add_to_score(context, caller, lead_id, body.points)


@router.post("/{lead_id}/nudge")
def nudge(context: CurrentContext, caller: Nudger, lead_id: int) -> Done:
    """Have the owner of a lead see, among what they must hear of now, that it waits for them."""
    owner = team.nudge(context, caller, lead_id)
    return Done(detail=f"{owner} is nudged.")


@router.post("/{lead_id}/pause")
def pause(context: CurrentContext, caller: Pauser, lead_id: int) -> Done:
    """Freeze the journey; the time that is left stays left."""
    journeys.pause(context, caller, lead_id)
    return Done(detail=f"lead-{lead_id} is told to pause.")


@router.post("/{lead_id}/resume")
def resume(context: CurrentContext, caller: Pauser, lead_id: int) -> Done:
    """Let a paused journey go on."""
    journeys.resume(context, caller, lead_id)
    return Done(detail=f"lead-{lead_id} is told to go on.")


@router.post("/{lead_id}/stop")
def stop(context: CurrentContext, caller: Mover, lead_id: int) -> Done:
    """End the journey for good."""
    journeys.stop(context, caller, lead_id)
    return Done(detail=f"lead-{lead_id} is told to stop.")


@router.post("/{lead_id}/move")
def move(context: CurrentContext, caller: Mover, lead_id: int, body: MoveRequest) -> Moved:
    """Move the journey to another phase now."""
    return Moved(left=journeys.move(context, caller, lead_id, body.phase), entered=body.phase)


def _line(connection: Connection, lead_id: int, now: datetime) -> LeadLine:
    return found(
        leads.find_lead(connection, str(lead_id), now),
        sentence("There is no lead {lead}.", lead=lead_id),
    )
