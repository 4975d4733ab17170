"""``/api/figures/deliverability`` and ``/api/figures/data-quality``: whether mail arrives, and what
leads lack."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from domain.access import Action
from domain.figures.data_quality import QualityReport
from domain.figures.deliverability import DeliverabilityReport
from domain.inputs import Day
from services import figures_of_data
from store.access.api_tokens import Caller
from web.api.access import CurrentContext, may
from web.api.figures import CSV_ANSWER, figures_file
from web.api.inputs import QUERIED

router = APIRouter(prefix="/figures", tags=["figures"])
Reader = Annotated[Caller, Depends(may(Action.READ_FIGURES))]


class MailParameters(BaseModel):
    """The days on which mails were sent."""

    model_config = QUERIED

    begins: Day | None = Field(
        None, alias="from", description="First day, of the company's zone; 12 weeks before the end."
    )
    to: Day | None = Field(None, description="The day after the last; tomorrow.")


class NoParameters(BaseModel):
    """Nothing can be asked for."""

    model_config = QUERIED


@router.get("/deliverability")
def show_deliverability(
    context: CurrentContext, caller: Reader, query: Annotated[MailParameters, Query()]
) -> DeliverabilityReport:
    """What became of mails, by the week in which they were sent and the domain that receives them;
    for an SDR of those to the team's leads."""
    return figures_of_data.deliverability(context, caller, query.begins, query.to)


@router.get("/deliverability.csv", response_class=Response, responses=CSV_ANSWER)
def deliverability_file(
    context: CurrentContext, caller: Reader, query: Annotated[MailParameters, Query()]
) -> Response:
    """The same as a CSV file (UTF-8): a row for each domain and week."""
    rows = [asdict(one) for one in show_deliverability(context, caller, query).rows]
    return figures_file(context, caller, "figures/deliverability", rows, query)


@router.get("/data-quality")
def show_data_quality(context: CurrentContext, caller: Reader) -> QualityReport:
    """How many leads lack an owner, a country or a time zone, by source, and how many pairs may be
    one person; for an SDR of the team's leads."""
    return figures_of_data.data_quality(context, caller)


@router.get("/data-quality.csv", response_class=Response, responses=CSV_ANSWER)
def data_quality_file(context: CurrentContext, caller: Reader) -> Response:
    """The same as a CSV file (UTF-8): a row for all leads, and one for each source."""
    rows = figures_of_data.quality_rows(show_data_quality(context, caller))
    return figures_file(context, caller, "figures/data-quality", rows, NoParameters())
