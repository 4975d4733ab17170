"""``/api/figures/leaks``: where leads wait, are lost, are answered late, or do not come."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response

from domain.access import Action
from domain.figures.leaks import LEAK_DAYS, LEAK_FILTERS, LeakBy, LeaksReport
from domain.inputs import Code, Day
from services import figures_of_leaks
from services.figures import FigureQuery
from store.access.api_tokens import Caller
from web.api.access import CurrentContext, may
from web.api.figures import CSV_ANSWER, PeriodParameters, figures_file
from web.api.inputs import SaidName

router = APIRouter(prefix="/figures", tags=["figures"])
Reader = Annotated[Caller, Depends(may(Action.READ_FIGURES))]


class LeakParameters(PeriodParameters):
    """What is asked of leaks. Of the dimensions: only leads with that value, '' without one."""

    begins: Day | None = Field(
        None, alias="from", description=f"First day, of the company's time zone; {LEAK_DAYS} days."
    )
    by: Code | None = Field(None, description=f"Split by {', '.join(LeakBy)}.")
    owner: Code | None = None
    team: Code | None = None
    source: SaidName | None = None
    segment: SaidName | None = None
    country: Code | None = None
    campaign: SaidName | None = None


@router.get("/leaks")
def show_leaks(
    context: CurrentContext, caller: Reader, query: Annotated[LeakParameters, Query()]
) -> LeaksReport:
    """Where leads wait longer than usual, where they are lost, what late answers cost, no-shows,
    leads that nobody tried, and those that rest after their day; for an SDR of the own leads.
    `/leads?figure=…` has the leads behind each number."""
    given = query.model_dump(include={one.value for one in LEAK_FILTERS}, exclude_none=True)
    asked = FigureQuery(query.begins, query.to, by=query.by, only=given)
    return figures_of_leaks.leaks(context, caller, asked)


@router.get("/leaks.csv", response_class=Response, responses=CSV_ANSWER)
def leaks_file(
    context: CurrentContext, caller: Reader, query: Annotated[LeakParameters, Query()]
) -> Response:
    """The same as a CSV file (UTF-8): a row for each number."""
    found = show_leaks(context, caller, query)
    rows = figures_of_leaks.leak_rows(found)
    return figures_file(context, caller, "figures/leaks", rows, query, behind=found.behind)
