"""``/api/opportunities``: sales, opened beside a journey, moved on and closed."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from domain.access import Action
from domain.contracts.tasks import Disposition
from domain.inputs import ASKED, Code
from domain.tasks.completion import LONGEST_NOTE, Completion, Learned
from store.access.api_tokens import Caller
from store.opportunities.opportunities import open_beside
from store.views.opportunity_list import OpportunityLine, Sale, Wanted, find_opportunity, sales
from web.api.access import Here, Place, found, may, sees, team_of
from web.api.inputs import Id
from web.api.paging import PAGE, Cursor, Limit, Page, by_id, last_id, page
from web.api.tasks import Completed, finish
from web.problems import refused

router = APIRouter(prefix="/opportunities", tags=["opportunities"])
Reader = Annotated[Caller, Depends(may(Action.READ_OPPORTUNITIES))]
Worker = Annotated[Caller, Depends(may(Action.WORK_OPPORTUNITIES))]


class NewOpportunity(BaseModel):
    """Another sale with a lead, beside whatever its journey does."""

    model_config = ASKED

    lead_id: Id
    name: str = Field(min_length=1, max_length=200)


class Advance(BaseModel):
    """What was learned on the way to the next stage."""

    model_config = ASKED

    learned: Learned | None = None
    note: str = Field(default="", max_length=LONGEST_NOTE)


class Close(BaseModel):
    """How a sale ended."""

    model_config = ASKED

    outcome: Literal["won", "lost", "no_outcome"]
    reason: Code = ""
    """A code, for lost."""
    competitor: Code = ""
    learned: Learned | None = None
    note: str = Field(default="", max_length=LONGEST_NOTE)


@router.get("")
def list_all(
    here: Place,
    caller: Reader,
    *,
    account: Annotated[str, Query(description="Its id, name or domain.")] = "",
    only_open: bool = False,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[Sale]:
    """Sales, the youngest first, with when their stage is to be over and whether they stand still;
    an SDR's token sees those with leads of its team."""
    wanted = Wanted(state="open" if only_open else "any", account=account, team=team_of(caller))
    return page(
        here,
        "opportunities",
        cursor,
        limit,
        lambda connection, after, most: sales(
            connection, here.clock.now(), wanted, after=last_id(after) or 0, limit=most
        ),
        key=by_id,
    )


@router.post("", status_code=201, operation_id="open_opportunity")
def open_another(here: Place, caller: Worker, body: NewOpportunity) -> OpportunityLine:
    """Open another sale with a lead."""
    with here.database.begin() as connection:
        sees(connection, caller, body.lead_id)
        made = open_beside(connection, lead_id=body.lead_id, name=body.name, at=here.clock.now())
        return found(find_opportunity(connection, made), "")


@router.get("/{opportunity_id}")
def show(here: Place, caller: Reader, opportunity_id: int) -> OpportunityLine:
    """One sale: its stage, and what is known of budget, authority, need and timeline."""
    return _seen(here, caller, opportunity_id)


@router.post("/{opportunity_id}/advance")
def advance(here: Place, caller: Worker, opportunity_id: int, body: Advance) -> Completed:
    """Move a sale to its next stage, by ending the task its owner has."""
    completion = Completion(disposition=Disposition.ADVANCED, note=body.note, learned=body.learned)
    return _answer(here, caller, opportunity_id, completion)


@router.post("/{opportunity_id}/close")
def close(here: Place, caller: Worker, opportunity_id: int, body: Close) -> Completed:
    """Close a sale, by ending the task its owner has."""
    completion = Completion(
        disposition=body.outcome,
        reason=body.reason,
        note=body.note,
        learned=body.learned,
        competitor=body.competitor,
    )
    return _answer(here, caller, opportunity_id, completion)


def _answer(here: Here, caller: Caller, opportunity_id: int, body: Completion) -> Completed:
    line = _seen(here, caller, opportunity_id)
    if line.outcome:
        raise refused(
            f"Opportunity {opportunity_id} was closed on {line.closed_at:%Y-%m-%d}: {line.outcome}."
        )
    if line.task_id is None:
        raise refused(
            f"Opportunity {opportunity_id} has no open task now: its workflow opens one in a "
            "moment, or its journey is paused."
        )
    return finish(here, caller, line.task_id, body)


def _seen(here: Here, caller: Caller, opportunity_id: int) -> OpportunityLine:
    none = f"There is no opportunity {opportunity_id}."
    with here.database.connect() as connection:
        line = found(find_opportunity(connection, opportunity_id), none)
        sees(connection, caller, line.lead_id)
    return line
