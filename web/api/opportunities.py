"""``/api/opportunities``: sales, opened beside a journey, moved on and closed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from domain.access import Action
from domain.contracts.tasks import Disposition
from domain.inputs import ASKED, Code, Day
from domain.money import Amount
from domain.tasks.completion import LONGEST_NOTE, Completion, Learned
from services import opportunities
from services.access import team_of
from services.opportunities import SaidTerms
from store.access.api_tokens import Caller
from store.opportunities.terms import TermsChange, changes_of
from store.views.opportunity_list import (
    OpenOpportunityLine,
    OpportunityFilter,
    OpportunityLine,
    OpportunityOrder,
    State,
    list_opportunities,
)
from web.api.access import CurrentContext, may
from web.api.inputs import Id
from web.api.paging import PAGE, Cursor, Limit, Page, page, page_by_id
from web.api.tasks import Completed

router = APIRouter(prefix="/opportunities", tags=["opportunities"])
Reader = Annotated[Caller, Depends(may(Action.READ_OPPORTUNITIES))]
Worker = Annotated[Caller, Depends(may(Action.WORK_OPPORTUNITIES))]


class OpportunityTerms(BaseModel):
    """What an opportunity is worth and when it closes; what is left out stays as it is."""

    model_config = ASKED

    amount: Amount | None = None
    """null: it is not known."""
    currency: Code = Field(default="", examples=["EUR"])
    """ISO 4217; empty: that of the amount so far, else the company's."""
    expected_close: Day | None = None
    """null: nobody can say."""

    def said(self) -> SaidTerms:
        """What of it was sent."""
        said: SaidTerms = {}
        if "amount" in self.model_fields_set:
            said["amount"] = self.amount
        if "currency" in self.model_fields_set:
            said["currency"] = self.currency
        if "expected_close" in self.model_fields_set:
            said["expected_close"] = self.expected_close
        return said


class NewOpportunity(OpportunityTerms):
    """Another opportunity with a lead, beside whatever its journey does."""

    lead_id: Id
    name: str = Field(min_length=1, max_length=200)


class Advance(BaseModel):
    """What was learned on the way to the next stage."""

    model_config = ASKED

    learned: Learned | None = None
    note: str = Field(default="", max_length=LONGEST_NOTE)


class Close(BaseModel):
    """How an opportunity ended."""

    model_config = ASKED

    outcome: Literal["won", "lost", "no_outcome"]
    reason: Code = ""
    """A code, for lost."""
    competitor: Code = ""
    learned: Learned | None = None
    note: str = Field(default="", max_length=LONGEST_NOTE)


@router.get("")
def list_all(
    context: CurrentContext,
    caller: Reader,
    *,
    account: Annotated[str, Query(description="Its id, name or domain.")] = "",
    state: Annotated[State, Query(description="Open, or how it was closed.")] = "any",
    stage: Code = "",
    owner: Annotated[Code | None, Query(description="A rep; empty: nobody.")] = None,
    stalled: Annotated[bool, Query(description="Only open ones that stand still.")] = False,
    incomplete: Annotated[
        bool, Query(description="Budget, authority, need or timeline is not known.")
    ] = False,
    order: Annotated[
        OpportunityOrder, Query(description="`id`: the youngest first; `since`: the longest there.")
    ] = "id",
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[OpenOpportunityLine]:
    """Sales, the youngest first, with when their stage is to be over and whether they stand still;
    an SDR's token sees those with leads of its team."""
    wanted = OpportunityFilter(
        state=state,
        stage=stage,
        owner=owner,
        stalled=stalled,
        incomplete=incomplete,
        account=account,
        team=team_of(caller),
    )
    now = context.clock.now()
    return page(
        context,
        f"opportunities by {order}",
        cursor,
        limit,
        lambda connection, after, most: list_opportunities(
            connection, now, wanted, after=after, limit=most, order=order
        ),
        key=lambda one: (getattr(one, order), one.id),
    )


@router.post("", status_code=201, operation_id="open_opportunity")
def open_another(context: CurrentContext, caller: Worker, body: NewOpportunity) -> OpportunityLine:
    """Open another opportunity with a lead."""
    return opportunities.open_another(context, caller, body.lead_id, body.name, body.said())


@router.get("/{opportunity_id}")
def show(context: CurrentContext, caller: Reader, opportunity_id: int) -> OpportunityLine:
    """One opportunity: its stage, and what is known of budget, authority, need and timeline."""
    with context.database.connect() as connection:
        return opportunities.seen(connection, caller, opportunity_id)


@router.patch("/{opportunity_id}")
def update(
    context: CurrentContext, caller: Worker, opportunity_id: int, body: OpportunityTerms
) -> OpportunityLine:
    """Say what an opportunity is worth and when it is expected to close, closed or not; what it
    was before is kept."""
    return opportunities.change_terms(context, caller, opportunity_id, body.said())


@router.get("/{opportunity_id}/changes")
def list_opportunity_changes(
    context: CurrentContext,
    caller: Reader,
    opportunity_id: int,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[TermsChange]:
    """What was said of its money, by whom and when, and what it was before: the newest first."""

    def read(connection: Connection, *, before: int | None, limit: int) -> Sequence[TermsChange]:
        opportunities.seen(connection, caller, opportunity_id)
        return changes_of(connection, opportunity_id, before=before, limit=limit)

    return page_by_id(context, f"changes of opportunity {opportunity_id}", cursor, limit, read)


@router.post("/{opportunity_id}/advance")
def advance(
    context: CurrentContext, caller: Worker, opportunity_id: int, body: Advance
) -> Completed:
    """Move an opportunity to its next stage, by ending the task its owner has."""
    completion = Completion(disposition=Disposition.ADVANCED, note=body.note, learned=body.learned)
    line = opportunities.advance(context, caller, opportunity_id, completion)
    return _completed(line, completion, caller)


@router.post("/{opportunity_id}/close")
def close(context: CurrentContext, caller: Worker, opportunity_id: int, body: Close) -> Completed:
    """Close an opportunity, by ending the task its owner has."""
    completion = Completion(
        disposition=body.outcome,
        reason=body.reason,
        note=body.note,
        learned=body.learned,
        competitor=body.competitor,
    )
    line = opportunities.close(context, caller, opportunity_id, completion)
    return _completed(line, completion, caller)


def _completed(line: OpportunityLine, completion: Completion, caller: Caller) -> Completed:
    return Completed(task_id=line.task_id or 0, disposition=completion.disposition, by=caller.by)
