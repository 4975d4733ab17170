"""``/api/figures/days`` and ``/api/figures/anomalies``: the figures of each day as they are kept,
and what has stopped."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from domain.access import Action
from domain.inputs import Code, Day
from services import figures_of_days
from services.figures_of_days import KEYS, DaysReport
from store.access.api_tokens import Caller
from store.figures.anomalies import Anomaly
from web.api.access import CurrentContext, may
from web.api.figures import CSV_ANSWER, figures_file
from web.api.figures_of_data import NoParameters
from web.api.inputs import QUERIED

router = APIRouter(prefix="/figures", tags=["figures"])
# Of the whole company, with money: nothing that a team's rep sees.
Reader = Annotated[Caller, Depends(may(Action.READ_MONEY))]


class DaysParameters(BaseModel):
    """Which daily figures."""

    model_config = QUERIED

    begins: Day | None = Field(
        None, alias="from", description="First day, of the company's zone; 4 weeks before the end."
    )
    to: Day | None = Field(None, description="The day after the last; today, which is not over.")
    subject: Code | None = Field(None, description=f"{', '.join(KEYS)}; all when left out.")


class Anomalies(BaseModel):
    """What has stopped or collapsed, what goes on first."""

    anomalies: list[Anomaly]


@router.get("/days")
def show_days(
    context: CurrentContext, caller: Reader, query: Annotated[DaysParameters, Query()]
) -> DaysReport:
    """The figures of each day as they are stated now, of 92 days at most, and what was restated of
    them."""
    return figures_of_days.figures_of_days(context, caller, query.begins, query.to, query.subject)


@router.get("/days.csv", response_class=Response, responses=CSV_ANSWER)
def days_file(
    context: CurrentContext, caller: Reader, query: Annotated[DaysParameters, Query()]
) -> Response:
    """The same as a CSV file (UTF-8): a row for each figure."""
    rows = [asdict(one) for one in show_days(context, caller, query).rows]
    return figures_file(context, caller, "figures/days", rows, query)


@router.get("/restated.csv", response_class=Response, responses=CSV_ANSWER)
def restated_file(
    context: CurrentContext, caller: Reader, query: Annotated[DaysParameters, Query()]
) -> Response:
    """What was restated of these days as a CSV file (UTF-8), the latest first: what a day said
    before, and what it says since when."""
    rows = [asdict(one) for one in show_days(context, caller, query).restated]
    return figures_file(context, caller, "figures/restated", rows, query)


@router.get("/anomalies")
def show_anomalies(context: CurrentContext, caller: Reader) -> Anomalies:
    """What has stopped or collapsed against the same weekdays before: stages, sources, news from
    other programs."""
    return Anomalies(anomalies=figures_of_days.anomalies(context, caller))


@router.get("/anomalies.csv", response_class=Response, responses=CSV_ANSWER)
def anomalies_file(context: CurrentContext, caller: Reader) -> Response:
    """The same as a CSV file (UTF-8)."""
    rows = [asdict(one) for one in show_anomalies(context, caller).anomalies]
    return figures_file(context, caller, "figures/anomalies", rows, NoParameters())
