"""``/api/figures/cohorts`` and ``/api/figures/velocity``: by the month in which units entered a
stage, which share reached a later one since, and how long that took."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response

from domain.access import Action
from domain.figures.months import MONTHS, CohortReport, VelocityReport
from domain.figures.stages import FUNNEL
from domain.inputs import Code, Day
from services import figures_of_months
from services.figures import FigureQuery
from store.access.api_tokens import Caller
from web.api.access import CurrentContext, may
from web.api.figures import CSV_ANSWER, UnitParameters, figures_file

router = APIRouter(prefix="/figures", tags=["figures"])
Reader = Annotated[Caller, Depends(may(Action.READ_FIGURES))]
STAGES = ", ".join(FUNNEL)


class MonthParameters(UnitParameters):
    """What is asked of months. Of the dimensions: only units with that value, '' without one."""

    begins: Day | None = Field(
        None, alias="from", description=f"First day, of the company's time zone; {MONTHS} months."
    )
    stage: Code | None = Field(None, description=f"Where it begins: {STAGES}; mql.")
    reached: Code | None = Field(
        None, description="A later stage; of cohorts customer, of velocity the next one."
    )


@router.get("/cohorts")
def show_cohorts(
    context: CurrentContext, caller: Reader, query: Annotated[MonthParameters, Query()]
) -> CohortReport:
    """Of the units that first entered a stage in each month, the share that reached a later one
    within 30, 60, … 360 days; for an SDR of the team's leads."""
    asked = FigureQuery(query.begins, query.to, only=query.only())
    return figures_of_months.cohorts(context, caller, asked, query.stage, query.reached)


@router.get("/cohorts.csv", response_class=Response, responses=CSV_ANSWER)
def cohorts_file(
    context: CurrentContext, caller: Reader, query: Annotated[MonthParameters, Query()]
) -> Response:
    """The same as a CSV file (UTF-8): a row for each month and number of days."""
    found = show_cohorts(context, caller, query)
    rows = figures_of_months.cohort_rows(found)
    return figures_file(context, caller, "figures/cohorts", rows, query, behind=found.behind)


@router.get("/velocity")
def show_velocity(
    context: CurrentContext, caller: Reader, query: Annotated[MonthParameters, Query()]
) -> VelocityReport:
    """How long units took from one stage to a later one, by the month in which they entered; for
    an SDR of the team's leads."""
    asked = FigureQuery(query.begins, query.to, only=query.only())
    return figures_of_months.velocity(context, caller, asked, query.stage, query.reached)


@router.get("/velocity.csv", response_class=Response, responses=CSV_ANSWER)
def velocity_file(
    context: CurrentContext, caller: Reader, query: Annotated[MonthParameters, Query()]
) -> Response:
    """The same as a CSV file (UTF-8): a row for each month."""
    found = show_velocity(context, caller, query)
    rows = figures_of_months.velocity_rows(found)
    return figures_file(context, caller, "figures/velocity", rows, query, behind=found.behind)
