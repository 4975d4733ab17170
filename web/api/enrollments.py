"""``/api/cadences/{cadence}/enrollments`` and ``/api/enrollments``: leads enrolled by hand."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field, Strict, model_validator

from domain.access import Action
from domain.cadences.entry import WhyNot
from domain.figures.data_quality import Lacking
from domain.inputs import ASKED, LONGEST_TEXT, Code, Instant
from domain.sentences import sentence
from services import enrollments as services
from services.access import found, team_of
from services.enrollment_forecast import EnrollmentForecast
from services.enrollments import Enrolling, LeadsByFilter, LeadsByIds, Selection
from store.access.api_tokens import Caller
from store.journeys import enrollment_runs
from store.journeys.enrollment_runs import EnrollmentRunLine, RunLead, RunLeadState, UndoneRun
from store.views.lead_search import LONGEST_SEARCH, LeadFilter
from web.api.access import CurrentContext, may
from web.api.inputs import Id, SaidName
from web.api.paging import PAGE, Cursor, Limit, Page, by_id, page

router = APIRouter(tags=["cadences and policies"])
Reader = Annotated[Caller, Depends(may(Action.READ_CADENCES))]
Enroller = Annotated[Caller, Depends(may(Action.ENROLL))]

MOST_IDS = 10_000
"""Leads that are named one by one; a filter may let more through."""
Several = Annotated[list[Code], Field(max_length=100)]


class LeadsWanted(BaseModel):
    """The filters of ``/api/leads``; what is left out lets all through."""

    model_config = ASKED

    search: str = Field(default="", max_length=LONGEST_SEARCH)
    stage: Several = []
    phase: Several = []
    owner: Several = []
    grade: Several = []
    country: Several = []
    source: list[SaidName] = Field(default=[], max_length=100)
    cadence: Several = []
    segment: Several = []
    account: Id | None = None
    without: list[Annotated[Lacking, Strict(False)]] = Field(default=[], max_length=10)
    recycled: bool | None = None
    suppressed: bool | None = None
    did: Literal["", "answered", "bounced"] = ""
    since: Instant | None = None

    @model_validator(mode="after")
    def _since_when(self) -> LeadsWanted:
        if self.did and self.since is None:
            raise ValueError("say since when")
        return self


class EnrollmentRequest(BaseModel):
    """Leads by their ids, or all that a filter lets through, and how they enter."""

    model_config = ASKED

    leads: list[Id] | None = Field(default=None, min_length=1, max_length=MOST_IDS)
    filter: LeadsWanted | None = None
    dry_run: bool = Field(default=False, description="Only say what would happen.")
    replaces: bool = Field(
        default=False,
        description="Take leads out of another cadence, if that has no higher priority.",
    )
    per_hour: int | None = Field(default=None, ge=1, le=services.FASTEST)
    per_day: int | None = Field(
        default=None,
        ge=1,
        le=services.FASTEST,
        description="Instead of `per_hour`; neither: all at once.",
    )
    reason: str = Field(
        default="", max_length=LONGEST_TEXT, description="Why; the page of a lead says so."
    )
    key: str = Field(
        default="",
        max_length=100,
        description="Of your own: asked again with the same, it is one run.",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> EnrollmentRequest:
        if (self.leads is None) == (self.filter is None):
            raise ValueError("name either leads or a filter")
        if self.per_hour and self.per_day:
            raise ValueError("say how many an hour or how many a day, not both")
        return self

    def asked(self, caller: Caller) -> Enrolling:
        """The same for the service."""
        selection: Selection
        if self.filter is None:
            selection = LeadsByIds(self.leads or [])
        else:
            wanted = LeadFilter(**dict(self.filter), team=team_of(caller))
            selection = LeadsByFilter(wanted)
        return Enrolling(
            leads=selection,
            replaces=self.replaces,
            per_hour=self.per_hour,
            per_day=self.per_day,
            reason=self.reason,
            key=self.key,
        )


class EnrollmentAnswer(BaseModel):
    """What would happen, of a dry run; else the run as it begins."""

    forecast: EnrollmentForecast | None = None
    run: EnrollmentRunLine | None = None


@router.post("/cadences/{cadence}/enrollments", operation_id="enroll_leads")
def enroll(
    context: CurrentContext, caller: Enroller, cadence: str, body: EnrollmentRequest
) -> EnrollmentAnswer:
    """Enroll leads in a published cadence, or say first who would enter, who would not and why,
    and when their first mails would go."""
    asked = body.asked(caller)
    if body.dry_run:
        with context.database.connect() as connection:
            would = services.dry_run(connection, context, cadence, asked)
        return EnrollmentAnswer(forecast=would)
    return EnrollmentAnswer(run=services.enroll(context, caller, cadence, asked))


@router.get("/enrollments", operation_id="list_enrollments")
def list_runs(
    context: CurrentContext,
    _caller: Reader,
    cadence: Code = "",
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[EnrollmentRunLine]:
    """Runs of enrollment by hand, the latest first."""
    return page(
        context,
        "enrollment runs",
        cursor,
        limit,
        lambda connection, after, most: enrollment_runs.list_runs(
            connection, cadence=cadence, before=after[0] if after else None, limit=most
        ),
        key=by_id,
    )


@router.get("/enrollments/{run_id}", operation_id="show_enrollment")
def show_run(context: CurrentContext, _caller: Reader, run_id: int) -> EnrollmentRunLine:
    """One run, and how far it is."""
    with context.database.connect() as connection:
        return found(
            enrollment_runs.find_run(connection, run_id),
            sentence("There is no enrollment run {run}.", run=run_id),
        )


@router.get("/enrollments/{run_id}/leads", operation_id="list_enrollment_leads")
def list_run_leads(
    context: CurrentContext,
    caller: Reader,
    run_id: int,
    *,
    state: Annotated[RunLeadState | Literal[""], Query()] = "",
    why: Annotated[Code, Query(description=f"Why they stay out: {', '.join(WhyNot)}.")] = "",
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[RunLead]:
    """The leads of a run and what became of each; an SDR's token sees those of its team."""
    return page(
        context,
        f"leads of enrollment run {run_id}",
        cursor,
        limit,
        lambda connection, after, most: enrollment_runs.run_leads(
            connection,
            run_id,
            state=state,
            why=why,
            team=team_of(caller),
            after=after[0] if after else 0,
            limit=most,
        ),
        key=lambda one: (one.lead_id,),
    )


@router.delete("/enrollments/{run_id}", operation_id="undo_enrollment")
def undo(context: CurrentContext, caller: Enroller, run_id: int) -> UndoneRun:
    """Undo a run: leads that have not entered don't, those that have and were not touched go back
    where they were."""
    return services.undo(context, caller, run_id)
