"""``/api/recycle``: leads that rest, and what people decide about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field, model_validator

from domain.access import Action
from domain.inputs import ASKED, Day, Instant
from domain.sales.recycle import ASKED_FOR
from services import recycle as services
from services.access import team_of
from services.recycle import RecycleDecided
from store.access.api_tokens import Caller
from store.recycle import recycle, recycle_pool
from store.recycle.recycle import ReturningWeek
from store.recycle.recycle_pool import PoolFilter, PoolLine, PoolOrder
from web.api.access import CurrentContext, may
from web.api.inputs import QUERIED, Id
from web.api.paging import PAGE, Cursor, Done, Limit, Page, after_in, page

router = APIRouter(prefix="/recycle", tags=["recycle"])
Reader = Annotated[Caller, Depends(may(Action.READ_RECYCLE))]
Changer = Annotated[Caller, Depends(may(Action.CHANGE_RECYCLE))]


class Until(BaseModel):
    """A day, in the lead's own time zone."""

    model_config = ASKED

    until: Day


class ReturnRequest(Until):
    """A day, and why: a lead that ``asked_for`` it is called on it."""

    why: str = ASKED_FOR


class ReturnTo(BaseModel):
    """A published cadence."""

    model_config = ASKED

    cadence: str


class Matching(BaseModel):
    """Which recycled leads; what is left out matches all."""

    model_config = ASKED

    reason: str = ""
    owner: str | None = Field(default=None, description="Code of a rep; empty for nobody's.")
    cadence: str = Field(default="", description="What they come back into.")
    asked_for: bool = Field(default=False, description="Only those that asked for a day.")
    due_from: Instant | None = None
    due_before: Instant | None = None

    def wanted(self, caller: Caller) -> PoolFilter:
        """The same for the store: of an SDR's leads those of the team."""
        return PoolFilter(
            reason=self.reason,
            owner=self.owner,
            cadence=self.cadence,
            asked_for=self.asked_for,
            due_from=self.due_from,
            due_before=self.due_before,
            team=team_of(caller),
        )


class ChosenLeads(BaseModel):
    """Recycled leads: some by their ids, or all that match."""

    model_config = ASKED

    leads: list[Id] | None = Field(default=None, min_length=1, max_length=1000)
    matching: Matching | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> ChosenLeads:
        if (self.leads is None) == (self.matching is None):
            raise ValueError("name either leads or what they match")
        return self

    def wanted(self, caller: Caller) -> PoolFilter:
        """The same for the store."""
        return replace((self.matching or Matching()).wanted(caller), leads=self.leads)


class ChosenUntil(ChosenLeads):
    """Recycled leads, and a day in the time zone of each."""

    until: Day


class Filters(Matching):
    """Which recycled leads, and which page of them."""

    model_config = QUERIED

    order: PoolOrder = Field(
        default="until",
        description="`until`: what comes back first first; `since`: what rests shortest first.",
    )
    cursor: Cursor = None
    limit: Limit = PAGE


@router.get("")
def list_recycled(
    context: CurrentContext, caller: Reader, query: Annotated[Filters, Query()]
) -> Page[PoolLine]:
    """Leads that rest, the one that comes back first first."""
    wanted = query.wanted(caller)
    return page(
        context,
        f"recycled leads by {query.order}",
        query.cursor,
        query.limit,
        lambda connection, after, most: recycle_pool.pool_page(
            connection, context.clock.now(), wanted, after=after, limit=most, order=query.order
        ),
        key=lambda one: (getattr(one, query.order), one.id),
    )


@router.get("/forecast", dependencies=[Depends(may(Action.READ_RECYCLE))])
def forecast(
    context: CurrentContext, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[ReturningWeek]:
    """How many leads come back in which week, and why they rest."""
    now = context.clock.now()
    return page(
        context,
        "forecast",
        cursor,
        limit,
        lambda connection, after, most: after_in(
            recycle.returns_by_week(connection, now), after, most, _week
        ),
        key=_week,
    )


@router.post("/reactivate", operation_id="reactivate_leads")
def reactivate_many(context: CurrentContext, caller: Changer, body: ChosenLeads) -> RecycleDecided:
    """Bring many recycled leads back now."""
    return services.reactivate_many(context, caller, body.wanted(caller))


@router.post("/extend", operation_id="extend_leads")
def extend_many(context: CurrentContext, caller: Changer, body: ChosenUntil) -> RecycleDecided:
    """Let many recycled leads rest longer; those that rest that long already stay as they are."""
    return services.extend_many(context, caller, body.wanted(caller), body.until)


@router.post("/close-out", operation_id="close_out_leads")
def close_out_many(context: CurrentContext, caller: Changer, body: ChosenLeads) -> RecycleDecided:
    """Let many recycled leads go; one that writes or books one day comes back all the same."""
    return services.close_out_many(context, caller, body.wanted(caller))


@router.post("/{lead_id}/until", operation_id="return_lead_on")
def return_on(context: CurrentContext, caller: Changer, lead_id: int, body: ReturnRequest) -> Done:
    """Set the day on which a lead comes back, whatever the policy says."""
    services.return_on(context, caller, lead_id, body.until, body.why)
    return Done(detail=f"lead-{lead_id} comes back on {body.until}.")


@router.post("/{lead_id}/return-to", operation_id="return_lead_to")
def return_to(context: CurrentContext, caller: Changer, lead_id: int, body: ReturnTo) -> Done:
    """Choose the cadence a lead comes back to; '' for the policy's again."""
    services.return_to(context, caller, lead_id, body.cadence)
    return Done(detail=f"lead-{lead_id} comes back to {body.cadence or 'what the policy says'}.")


@router.post("/{lead_id}/reactivate")
def reactivate(context: CurrentContext, caller: Changer, lead_id: int) -> Done:
    """Bring a recycled lead back now."""
    services.reactivate(context, caller, lead_id)
    return Done(detail=f"lead-{lead_id} comes back.")


@router.post("/{lead_id}/extend")
def extend(context: CurrentContext, caller: Changer, lead_id: int, body: Until) -> Done:
    """Let a recycled lead rest longer than it was to."""
    services.extend(context, caller, lead_id, body.until)
    return Done(detail=f"lead-{lead_id} rests until {body.until}.")


@router.post("/{lead_id}/close-out")
def close_out(context: CurrentContext, caller: Changer, lead_id: int) -> Done:
    """Let a recycled lead go; should it write or book one day, it comes back all the same."""
    services.close_out(context, caller, lead_id)
    return Done(detail=f"lead-{lead_id} is closed out.")


def _week(one: ReturningWeek) -> tuple[date]:
    return (one.monday,)
