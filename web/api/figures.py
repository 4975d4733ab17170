"""``/api/figures``: the numbers that people steer by. What each means: ``docs/figures.md``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from domain.access import Action
from domain.figures.funnel import Dimension, FunnelReport, Mode
from domain.inputs import Code, Day
from services import figures as services
from services.figures import FigureQuery
from store.access.api_tokens import Caller
from web.api.access import CurrentContext, may
from web.api.inputs import QUERIED

router = APIRouter(prefix="/figures", tags=["figures"])
Reader = Annotated[Caller, Depends(may(Action.READ_FIGURES))]


class FunnelParameters(BaseModel):
    """What a funnel is asked for. Of the dimensions: only units with that value, '' without one."""

    model_config = QUERIED

    begins: Day | None = Field(
        None, alias="from", description="First day, of the company's time zone; that of the data."
    )
    to: Day | None = Field(None, description="The day after the last; tomorrow.")
    by: Code | None = Field(None, description=f"Split by {', '.join(Dimension)}.")
    window: int | None = Field(
        None, le=10_000, description="Days within which it counts; as long as it took."
    )
    mode: Code = Field(Mode.COHORT.value, description=" or ".join(Mode))
    source: Code | None = None
    campaign: Code | None = None
    cadence: Code | None = None
    segment: Code | None = None
    owner: Code | None = None
    team: Code | None = None
    country: Code | None = None
    cycle: Code | None = None


@router.get("/funnel")
def show_funnel(
    context: CurrentContext, caller: Reader, query: Annotated[FunnelParameters, Query()]
) -> FunnelReport:
    """Of each stage how many reached it, went on, and how long that took; for an SDR of the
    team's leads."""
    given = query.model_dump(exclude_none=True)
    asked = FigureQuery(
        query.begins,
        query.to,
        by=query.by,
        window=query.window,
        mode=query.mode,
        only={name: given[name] for name in Dimension if name in given},
    )
    return services.funnel(context, caller, asked)
