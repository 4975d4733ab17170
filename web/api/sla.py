"""``/api/sla``: what marketing and sales promised each other, and how they kept it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from domain.access import Action
from store.views.sla_figures import SlaFigures, figures
from web.api.access import CurrentContext, may

router = APIRouter(prefix="/sla", tags=["sla"])


@router.get("", dependencies=[Depends(may(Action.READ_SLA))])
def show(
    context: CurrentContext,
    month: Annotated[
        str | None, Query(pattern=r"^2\d{3}-(0[1-9]|1[0-2])$", description="UTC, as YYYY-MM.")
    ] = None,
) -> SlaFigures:
    """The figures of a month as they stand now; this one when left out."""
    now = context.clock.now()
    year, number = (int(part) for part in (month or f"{now:%Y-%m}").split("-"))
    with context.database.connect() as connection:
        return figures(connection, year, number, now)
