"""``/api/figures``: what sales does with leads, and what comes of those that were recycled."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response

from domain.access import Action
from domain.figures.recycling import YIELD_BY, RecycledBy, RecycleReport
from domain.figures.scoring import SCORING_DAYS
from domain.figures.speed import SpeedBy, SpeedReport
from domain.inputs import Code, Day
from services import figures_of_sales
from services.figures import FigureQuery
from store.access.api_tokens import Caller
from web.api.access import CurrentContext, may
from web.api.figures import CSV_ANSWER, PeriodParameters, figures_file
from web.api.inputs import SaidName

router = APIRouter(prefix="/figures", tags=["figures"])
Reader = Annotated[Caller, Depends(may(Action.READ_FIGURES))]


class SpeedParameters(PeriodParameters):
    """What is asked of speed to lead."""

    by: Code | None = Field(None, description=f"Split by {', '.join(SpeedBy)}.")
    at_least: int | None = Field(
        None, le=1000, description="Attempts wanted in a first week; what the SLA says."
    )
    owner: Code | None = None
    team: Code | None = None


class RecycleParameters(PeriodParameters):
    """What is asked of recycled leads."""

    begins: Day | None = Field(
        None,
        alias="from",
        description=f"First day, of the company's time zone; {SCORING_DAYS} days.",
    )
    by: Code = Field(RecycledBy.REASON.value, description=f"Split by {', '.join(YIELD_BY)}.")
    window: int | None = Field(
        None, le=10_000, description="Days within which it counts; as long as it took."
    )
    source: SaidName | None = None
    team: Code | None = None


@router.get("/speed")
def show_speed(
    context: CurrentContext, caller: Reader, query: Annotated[SpeedParameters, Query()]
) -> SpeedReport:
    """How soon and how often people tried the leads that crossed, which promises were kept, and
    what sales answered; for an SDR of the own leads."""
    given = query.model_dump(include={"owner", "team"}, exclude_none=True)
    asked = FigureQuery(query.begins, query.to, by=query.by, only=given)
    return figures_of_sales.speed_to_lead(context, caller, asked, query.at_least)


@router.get("/speed.csv", response_class=Response, responses=CSV_ANSWER)
def speed_file(
    context: CurrentContext, caller: Reader, query: Annotated[SpeedParameters, Query()]
) -> Response:
    """The same as a CSV file (UTF-8): a row for all, and one for each part. Each promise has
    columns of its own."""
    found = show_speed(context, caller, query)
    rows = figures_of_sales.speed_rows(found)
    return figures_file(context, caller, "figures/speed", rows, query, behind=found.behind)


@router.get("/answers.csv", response_class=Response, responses=CSV_ANSWER)
def answers_file(
    context: CurrentContext, caller: Reader, query: Annotated[SpeedParameters, Query()]
) -> Response:
    """The answers of sales by source as a CSV file (UTF-8): a row for the accepted leads of each
    source, and one for each reason why others were returned."""
    found = show_speed(context, caller, query)
    rows = figures_of_sales.answer_rows(found)
    return figures_file(context, caller, "figures/answers", rows, query)


@router.get("/recycle")
def show_recycle_yield(
    context: CurrentContext, caller: Reader, query: Annotated[RecycleParameters, Query()]
) -> RecycleReport:
    """What came of the leads that were recycled in the period, against those that were new in it;
    for an SDR of the team's."""
    given = query.model_dump(include={"source", "team"}, exclude_none=True)
    asked = FigureQuery(query.begins, query.to, by=query.by, window=query.window, only=given)
    return figures_of_sales.recycle_yield(context, caller, asked)


@router.get("/recycle.csv", response_class=Response, responses=CSV_ANSWER)
def recycle_file(
    context: CurrentContext, caller: Reader, query: Annotated[RecycleParameters, Query()]
) -> Response:
    """The same as a CSV file (UTF-8): a row for all, for each part, and for net-new leads."""
    found = show_recycle_yield(context, caller, query)
    rows = figures_of_sales.yield_rows(found)
    return figures_file(context, caller, "figures/recycle", rows, query, behind=found.behind)


@router.get("/recycle-waits.csv", response_class=Response, responses=CSV_ANSWER)
def recycle_waits_file(
    context: CurrentContext, caller: Reader, query: Annotated[RecycleParameters, Query()]
) -> Response:
    """What came of shorter and longer waits as a CSV file: a row for each reason and wait."""
    found = show_recycle_yield(context, caller, query)
    rows = figures_of_sales.wait_rows(found)
    return figures_file(context, caller, "figures/recycle-waits", rows, query, behind=found.behind)
