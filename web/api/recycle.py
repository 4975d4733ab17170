"""``/api/recycle``: leads that rest, and what people decide about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from domain.access import Action, Role
from domain.sales.recycle import ASKED_FOR
from store import recycle
from store.api_tokens import Caller
from store.cadences import CadenceMissing
from store.recycle import ParkedLine, RecycleRefused, ReturningWeek
from web.api.access import Here, Place, may, sees, teams_leads
from web.api.paging import Done, Listing
from web.api.problems import refused

router = APIRouter(prefix="/recycle", tags=["recycle"])
Reader = Annotated[Caller, Depends(may(Action.READ_RECYCLE))]
Changer = Annotated[Caller, Depends(may(Action.CHANGE_RECYCLE))]


class Until(BaseModel):
    """A day, in the lead's own time zone."""

    model_config = ConfigDict(extra="forbid")

    until: date


class Return(Until):
    """A day, and why: a lead that ``asked_for`` it is called on it."""

    why: str = ASKED_FOR


class ReturnTo(BaseModel):
    """A published cadence."""

    model_config = ConfigDict(extra="forbid")

    cadence: str


@router.get("")
def list_parked(here: Place, caller: Reader, reason: str = "") -> Listing[ParkedLine]:
    """Leads that rest, the one that comes back first first."""
    with here.database.connect() as connection:
        items = recycle.parked(connection, reason=reason)
        if caller.role == Role.SDR:
            ours = teams_leads(connection, caller, {one.id for one in items})
            items = [one for one in items if one.id in ours]
    return Listing(items=items)


@router.get("/forecast")
def forecast(here: Place, caller: Reader) -> Listing[ReturningWeek]:  # noqa: ARG001
    """How many leads come back in which week, and why they rest."""
    with here.database.connect() as connection:
        return Listing(items=recycle.returns_by_week(connection, here.clock.now()))


@router.post("/{lead_id}/until")
def return_on(here: Place, caller: Changer, lead_id: int, body: Return) -> Done:
    """Set the day on which a lead comes back, whatever the policy says."""
    now = here.clock.now()
    _decide(
        here,
        caller,
        lead_id,
        lambda connection: recycle.return_on(connection, lead_id, body.until, now, why=body.why),
        field="until",
    )
    return Done(detail=f"lead-{lead_id} comes back on {body.until}.")


@router.post("/{lead_id}/return-to")
def return_to(here: Place, caller: Changer, lead_id: int, body: ReturnTo) -> Done:
    """Choose the cadence a lead comes back to; '' for the policy's again."""
    try:
        _decide(
            here,
            caller,
            lead_id,
            lambda connection: recycle.choose_cadence(connection, lead_id, body.cadence),
        )
    except CadenceMissing as missing:
        raise refused(str(missing), "cadence") from None
    return Done(detail=f"lead-{lead_id} comes back to {body.cadence or 'what the policy says'}.")


@router.post("/{lead_id}/wake")
def wake(here: Place, caller: Changer, lead_id: int) -> Done:
    """Bring a parked lead back now."""
    _decide(here, caller, lead_id, lambda connection: recycle.wake(connection, lead_id))
    return Done(detail=f"lead-{lead_id} comes back.")


@router.post("/{lead_id}/extend")
def extend(here: Place, caller: Changer, lead_id: int, body: Until) -> Done:
    """Let a parked lead rest longer than it was to."""
    now = here.clock.now()
    _decide(
        here,
        caller,
        lead_id,
        lambda connection: recycle.extend(connection, lead_id, body.until, now),
        field="until",
    )
    return Done(detail=f"lead-{lead_id} rests until {body.until}.")


@router.post("/{lead_id}/retire")
def retire(here: Place, caller: Changer, lead_id: int) -> Done:
    """Let a parked lead go; should it write or book one day, it comes back all the same."""
    _decide(here, caller, lead_id, lambda connection: recycle.retire(connection, lead_id))
    return Done(detail=f"lead-{lead_id} is retired.")


def _decide(
    here: Here,
    caller: Caller,
    lead_id: int,
    decision: Callable[[Connection], object],
    field: str = "",
) -> None:
    try:
        with here.database.begin() as connection:
            sees(connection, caller, lead_id)
            decision(connection)
    except RecycleRefused as refusal:
        raise refused(str(refusal), field) from None
