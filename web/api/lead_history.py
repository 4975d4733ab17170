"""``/api/leads/{lead_id}/history`` and the lists of its dossier, as long as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy import Connection

from domain.access import Action
from domain.plain_english import in_plain_english
from domain.sales.routing import Considered
from services.access import may_see
from store.access.api_tokens import Caller
from store.views.assignments import AssignmentLine, assignments_of
from store.views.dossier import Cycle, DossierMail, Feedback, cycles_of, feedback_of, mails_of
from store.views.lead_timeline import (
    ENDLESS,
    HISTORY,
    HistoryLine,
    TimelineEntry,
    in_words,
    timeline,
)
from web.api.access import CurrentContext, may
from web.api.paging import PAGE, Cursor, Key, Limit, Page, T, by_id, last_id, page

router = APIRouter(prefix="/leads/{lead_id}", tags=["leads"])
Reader = Annotated[Caller, Depends(may(Action.READ_LEADS))]


class LeadAssignment(BaseModel):
    """A time at which the lead changed hands, and what that was decided by: people by their codes.
    ``why`` says it in English. ``owner`` is '' for the unassigned queue; ``turn_back`` is why the
    rep got the turn back in the rotation, '' while it counts."""

    id: int
    at: datetime
    owner: str
    previous: str
    cause: str
    rule: str
    by: str
    why: list[str]
    policy_version: int
    """Of the team policy; 0 where it was not asked."""
    condition: str
    """That of the rule, in CEL."""
    known: Mapping[str, str]
    """What the condition reads → what was known of the lead then."""
    considered: Sequence[Considered]
    """The reps whom the rules name, and how each stood: ``chosen``, ``later_turn``, ``full``,
    ``away``, ``less_suited``, ``had_it``."""
    turn_back: str


@router.get("/assignments")
def list_lead_assignments(
    context: CurrentContext,
    caller: Reader,
    lead_id: int,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[LeadAssignment]:
    """Why the lead is with whom it is: each time it changed hands, the newest first."""

    def read(connection: Connection, after: Key | None, most: int) -> Sequence[AssignmentLine]:
        return assignments_of(connection, lead_id, after=after, limit=most)

    found = page(
        context,
        f"assignments of lead {lead_id}",
        cursor,
        limit,
        _seen(caller, lead_id, read),
        key=by_id,
    )
    return Page(items=[_told(one) for one in found.items], next_cursor=found.next_cursor)


@router.get("/history")
def list_lead_history(
    context: CurrentContext,
    caller: Reader,
    lead_id: int,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[HistoryLine]:
    """Everything that happened to the lead and what is booked, the newest first."""

    def read(connection: Connection, after: Key | None, most: int) -> Sequence[TimelineEntry]:
        return timeline(connection, lead_id, ENDLESS, kinds=HISTORY, after=after, limit=most)

    found = page(
        context,
        f"history of lead {lead_id}",
        cursor,
        limit,
        _seen(caller, lead_id, read),
        key=lambda one: one.place,
    )
    return Page(items=[in_words(one) for one in found.items], next_cursor=found.next_cursor)


@router.get("/dossier/mails")
def list_lead_mails(
    context: CurrentContext,
    caller: Reader,
    lead_id: int,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[DossierMail]:
    """The mails that were sent to the lead, the newest first, and what it did with them."""

    def read(connection: Connection, after: Key | None, most: int) -> Sequence[DossierMail]:
        return mails_of(connection, lead_id, after=after, limit=most)

    return page(
        context,
        f"mails of lead {lead_id}",
        cursor,
        limit,
        _seen(caller, lead_id, read),
        key=lambda one: (one.sent_at, one.touch_id),
    )


@router.get("/dossier/cycles")
def list_lead_cycles(
    context: CurrentContext,
    caller: Reader,
    lead_id: int,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[Cycle]:
    """How often the lead went round, the last time first, and why each ended."""

    def read(connection: Connection, after: Key | None, most: int) -> Sequence[Cycle]:
        return cycles_of(connection, lead_id, before=last_id(after), limit=most)

    return page(
        context,
        f"cycles of lead {lead_id}",
        cursor,
        limit,
        _seen(caller, lead_id, read),
        key=lambda one: (one.cycle,),
    )


@router.get("/dossier/feedback")
def list_lead_feedback(
    context: CurrentContext,
    caller: Reader,
    lead_id: int,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[Feedback]:
    """What sales said of the lead when it was handed over, the newest first."""

    def read(connection: Connection, after: Key | None, most: int) -> Sequence[Feedback]:
        return feedback_of(connection, lead_id, after=after, limit=most)

    return page(
        context,
        f"feedback on lead {lead_id}",
        cursor,
        limit,
        _seen(caller, lead_id, read),
        key=lambda one: (one.at, one.id),
    )


def _told(one: AssignmentLine) -> LeadAssignment:
    return LeadAssignment(
        id=one.id,
        at=one.at,
        owner=one.owner,
        previous=one.previous,
        cause=one.cause,
        rule=one.rule,
        by=one.by,
        why=[in_plain_english(said) for said in one.why],
        policy_version=one.facts.version,
        condition=one.facts.condition,
        known=one.facts.knew or {},
        considered=one.facts.considered,
        turn_back=one.turn_back,
    )


def _seen(
    caller: Caller, lead_id: int, read: Callable[[Connection, Key | None, int], Sequence[T]]
) -> Callable[[Connection, Key | None, int], Sequence[T]]:
    """``read``, for who may see the lead."""

    def seen(connection: Connection, after: Key | None, most: int) -> Sequence[T]:
        may_see(connection, caller, lead_id)
        return read(connection, after, most)

    return seen
