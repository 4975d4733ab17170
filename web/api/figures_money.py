"""``/api/figures/money``: what leads and wins cost and bring."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from domain.access import Action
from domain.figures.attribution import AttributionModel
from domain.figures.money import MoneyBy, MoneyReport
from domain.inputs import Code, Day
from services import figures_of_money
from store.access.api_tokens import Caller
from web.api.access import CurrentContext, may
from web.api.figures import CSV_ANSWER, figures_file
from web.api.inputs import QUERIED

router = APIRouter(prefix="/figures", tags=["figures"])
Reader = Annotated[Caller, Depends(may(Action.READ_MONEY))]


class MoneyParameters(BaseModel):
    """What is asked for of money."""

    model_config = QUERIED

    begins: Day | None = Field(
        None, alias="from", description="First day, in the company's zone; 90 before the last."
    )
    to: Day | None = Field(None, description="The day after the last; tomorrow if left out.")
    by: Code = Field(MoneyBy.SOURCE.value, description="source, or campaign.")
    model: Code = Field(
        AttributionModel.W.value,
        description="How wins are credited: first, last, or w (30/30/30/10).",
    )


@router.get("/money")
def show_money(
    context: CurrentContext, caller: Reader, query: Annotated[MoneyParameters, Query()]
) -> MoneyReport:
    """Leads, MQLs, wins, spend, costs, value and return by source or campaign, and each
    department's part of the value, in the company's currency. What each is: docs/figures.md."""
    return figures_of_money.report_on_money(
        context, caller, begins=query.begins, ends=query.to, by=query.by, model=query.model
    )


@router.get("/money.csv", response_class=Response, responses=CSV_ANSWER)
def money_file(
    context: CurrentContext, caller: Reader, query: Annotated[MoneyParameters, Query()]
) -> Response:
    """The rows of the same as a CSV file (UTF-8, a column per field)."""
    found = show_money(context, caller, query)
    rows = [asdict(one) for one in found.rows]
    return figures_file(context, caller, "figures/money", rows, query, behind=found.behind)


@router.get("/departments.csv", response_class=Response, responses=CSV_ANSWER)
def departments_file(
    context: CurrentContext, caller: Reader, query: Annotated[MoneyParameters, Query()]
) -> Response:
    """What each department found as a CSV file (UTF-8, a column per field)."""
    found = show_money(context, caller, query)
    rows = [asdict(one) for one in found.departments]
    return figures_file(context, caller, "figures/departments", rows, query, behind=found.behind)
