"""``/api/sla``: what marketing and sales promised each other, and how they kept it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from sqlalchemy import Connection

from domain.access import Action
from store.views.sla_figures import SlaFigures, figures
from web.api.access import CurrentContext, may
from web.api.paging import PAGE, Cursor, Key, Limit, Page, after_in, page

router = APIRouter(prefix="/sla", tags=["sla"])


class KeptLine(BaseModel):
    """How a promise was kept in a month, of those whose time is over. ``owner`` is '' for a team as
    a whole, ``team`` and ``owner`` for everybody; ``percent`` is null when none was decided."""

    month: str
    team: str
    owner: str
    promise: str
    kept: int
    broken: int
    percent: float | None


Month = Annotated[
    str | None, Query(pattern=r"^2\d{3}-(0[1-9]|1[0-2])$", description="UTC, as YYYY-MM.")
]


@router.get("", dependencies=[Depends(may(Action.READ_SLA))])
def show(
    context: CurrentContext,
    month: Month = None,
) -> SlaFigures:
    """The figures of a month as they stand now; this one when left out."""
    return _figures(context, month)


@router.get(
    "/kept", operation_id="list_kept_promises", dependencies=[Depends(may(Action.READ_SLA))]
)
def list_kept(
    context: CurrentContext, month: Month = None, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[KeptLine]:
    """How everybody, each team and each rep kept each promise in a month, as rows."""
    shown = _figures(context, month)
    lines = [
        KeptLine(
            month=shown.month,
            team=one.team,
            owner=one.owner,
            promise=one.promise,
            kept=one.kept,
            broken=one.broken,
            percent=one.percent,
        )
        for one in shown.kept
    ]

    def read(_connection: Connection, after: Key | None, limit: int) -> Sequence[KeptLine]:
        return after_in(lines, after, limit, _whose)

    return page(context, f"promises kept in {shown.month}", cursor, limit, read, key=_whose)


def _whose(one: KeptLine) -> Key:
    return (one.team, one.owner, one.promise)


def _figures(context: CurrentContext, month: str | None) -> SlaFigures:
    now = context.clock.now()
    year, number = (int(part) for part in (month or f"{now:%Y-%m}").split("-"))
    with context.database.connect() as connection:
        return figures(connection, year, number, now)
