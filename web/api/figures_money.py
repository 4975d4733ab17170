"""``/api/figures/money``: what leads, MQLs and wins cost and bring by source and campaign."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from domain.access import Action
from domain.figures.attribution import AttributionModel
from domain.figures.money import MoneyBy, MoneyReport
from domain.inputs import Code, Day
from services import figures_of_money
from web.api.access import CurrentContext, may

router = APIRouter(prefix="/figures", tags=["money"])


@router.get("/money", dependencies=[Depends(may(Action.READ_FIGURES))])
def show_money(
    context: CurrentContext,
    *,
    begins: Annotated[
        Day | None, Query(alias="from", description="First day, in the company's zone.")
    ] = None,
    ends: Annotated[
        Day | None, Query(alias="to", description="The day after the last; tomorrow if left out.")
    ] = None,
    by: Annotated[Code, Query(description="source, or campaign.")] = MoneyBy.SOURCE,
    model: Annotated[
        Code, Query(description="How wins are credited: first, last, or w (30/30/30/10).")
    ] = AttributionModel.W,
) -> MoneyReport:
    """Leads, MQLs, wins, spend, costs, value and return by source or campaign, and each
    department's part of the value, in the company's currency. What each is: docs/figures.md."""
    return figures_of_money.report_on_money(context, begins=begins, ends=ends, by=by, model=model)
