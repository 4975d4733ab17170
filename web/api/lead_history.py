"""``/api/leads/{lead_id}/history`` and the lists of its dossier, as long as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy import Connection

from domain.access import Action
from services.access import may_see
from store.access.api_tokens import Caller
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
from web.api.paging import PAGE, Cursor, Key, Limit, Page, T, last_id, page

router = APIRouter(prefix="/leads/{lead_id}", tags=["leads"])
Reader = Annotated[Caller, Depends(may(Action.READ_LEADS))]


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


def _seen(
    caller: Caller, lead_id: int, read: Callable[[Connection, Key | None, int], Sequence[T]]
) -> Callable[[Connection, Key | None, int], Sequence[T]]:
    """``read``, for who may see the lead."""

    def seen(connection: Connection, after: Key | None, most: int) -> Sequence[T]:
        may_see(connection, caller, lead_id)
        return read(connection, after, most)

    return seen
