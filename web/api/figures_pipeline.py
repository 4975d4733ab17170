"""``/api/figures/pipeline`` and ``/api/figures/forecast``: how the open opportunities changed, and
what they will bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from domain.access import Action
from domain.figures.forecast import ForecastReport
from domain.figures.pipeline import ClosingWindow, PipelineReport
from domain.inputs import Code, Day
from services import figures_of_pipeline
from services.figures_of_pipeline import FORECAST_DAYS, MOST_DAYS
from store.access.api_tokens import Caller
from web.api.access import CurrentContext, WebContext, may
from web.api.figures import CSV_ANSWER, figures_file
from web.api.inputs import QUERIED

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

router = APIRouter(prefix="/figures", tags=["figures"])
Reader = Annotated[Caller, Depends(may(Action.READ_MONEY))]


class PipelineParameters(BaseModel):
    """What is asked of the change of the pipeline."""

    model_config = QUERIED

    begins: Day | None = Field(
        None, alias="from", description="First day, in the company's zone; 90 before the last."
    )
    to: Day | None = Field(None, description="The day after the last; tomorrow if left out.")
    closing_from: Day | None = Field(None, description="Expected to close from this day.")
    closing_to: Day | None = Field(None, description="Expected to close before it.")
    target: Decimal | None = Field(None, ge=0, description="To be won in the period.")
    target_currency: Code | None = Field(None, description="ISO 4217; the company's if left out.")


class ForecastParameters(BaseModel):
    """What is asked of a forecast."""

    model_config = QUERIED

    days: int = Field(
        FORECAST_DAYS, description=f"How far it looks, from today on; at most {MOST_DAYS}."
    )


@router.get("/pipeline")
def show_pipeline(
    context: CurrentContext, caller: Reader, query: Annotated[PipelineParameters, Query()]
) -> PipelineReport:
    """How the open opportunities changed between two dates: created, grown, pulled in, shrunk,
    slipped, won and lost, which add up from the beginning to the end. What each is:
    docs/figures.md."""
    return figures_of_pipeline.pipeline(
        context,
        caller,
        begins=query.begins,
        ends=query.to,
        closing=ClosingWindow(query.closing_from, query.closing_to),
        target=query.target,
        target_currency=query.target_currency or "",
    )


@router.get("/pipeline.csv", response_class=Response, responses=CSV_ANSWER)
def pipeline_file(
    context: CurrentContext, caller: Reader, query: Annotated[PipelineParameters, Query()]
) -> Response:
    """The parts of the same as a CSV file (UTF-8, a column per field)."""
    found = show_pipeline(context, caller, query)
    return _file(context, caller, "figures/pipeline", found.lines, query)


@router.get("/forecast")
def show_forecast(
    context: CurrentContext, caller: Reader, query: Annotated[ForecastParameters, Query()]
) -> ForecastReport:
    """What the opportunities that are open now will bring: wins and value that are expected, with
    an interval, weighted by stage, and how far such forecasts of past months were off."""
    return figures_of_pipeline.forecast(context, caller, query.days)


@router.get("/forecast.csv", response_class=Response, responses=CSV_ANSWER)
def forecast_file(
    context: CurrentContext, caller: Reader, query: Annotated[ForecastParameters, Query()]
) -> Response:
    """The forecasts of past months with what came, and that of now, as a CSV file (UTF-8)."""
    rows = figures_of_pipeline.forecast_rows(show_forecast(context, caller, query))
    return _file(context, caller, "figures/forecast", rows, query)


@router.get("/forecast-stages.csv", response_class=Response, responses=CSV_ANSWER)
def forecast_stages_file(
    context: CurrentContext, caller: Reader, query: Annotated[ForecastParameters, Query()]
) -> Response:
    """The open opportunities by stage, weighted, as a CSV file (UTF-8)."""
    found = show_forecast(context, caller, query)
    return _file(context, caller, "figures/forecast-stages", found.stages, query)


def _file(
    context: WebContext,
    caller: Caller,
    name: str,
    rows: Sequence[DataclassInstance],
    query: BaseModel,
) -> Response:
    return figures_file(context, caller, name, [asdict(one) for one in rows], query)
