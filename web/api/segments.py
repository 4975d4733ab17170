"""``/api/segments``: leads that have something in common, by name."""

from __future__ import annotations

from functools import partial
from operator import attrgetter
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from sqlalchemy import Connection

from domain.access import Action
from domain.rules.conditions import LONGEST_CONDITION
from domain.sentences import sentence
from services import segments as services
from services.access import found, sees_customers, team_of
from services.segments import SegmentPreview
from store.access.api_tokens import Caller
from store.views.lead_search import FoundLead, LeadCursor, LeadFilter, Order, find_leads
from store.views.segments import SegmentDetail, SegmentLine, list_segments, segment_named
from web.api.access import CurrentContext, may
from web.api.paging import PAGE, Cursor, Key, Limit, Page, page, page_by_name

router = APIRouter(tags=["segments"])
Condition = Annotated[
    str,
    Query(min_length=1, max_length=LONGEST_CONDITION, description="In CEL: see the reference."),
]
Reader = Annotated[Caller, Depends(may(Action.READ_CADENCES))]
LeadReader = Annotated[Caller, Depends(may(Action.READ_LEADS))]


@router.get("/segments")
def list_all_segments(
    context: CurrentContext, caller: Reader, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[SegmentLine]:
    """Segments by name, each with how many of the leads that the caller sees are in it."""
    read = partial(list_segments, team=team_of(caller), customers=sees_customers(caller))
    return page_by_name(context, "segments", cursor, limit, read)


@router.get("/segment-preview", operation_id="preview_segment")
def preview(context: CurrentContext, caller: Reader, when: Condition) -> SegmentPreview:
    """For how many of the leads that the caller sees a condition holds, published or not, and some
    of them. Where to count all would take long, the counts are estimates (`exact` is false)."""
    with context.database.connect() as connection:
        return services.preview(connection, context, caller, when)


@router.get("/segments/{name}")
def show_segment(context: CurrentContext, caller: Reader, name: str) -> SegmentDetail:
    """One segment: its condition, how many of the leads that the caller sees are in it, and, for
    who sees all, how many were on the last days."""
    with context.database.connect() as connection:
        return _segment(connection, caller, name)


@router.get("/segments/{name}/members", operation_id="list_members")
def list_members(
    context: CurrentContext,
    caller: LeadReader,
    name: str,
    *,
    order: Annotated[
        Order,
        Query(description="By id, the latest activity, the best fit or the most interest first."),
    ] = "id",
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[FoundLead]:
    """The leads of a segment, of those that the caller sees; more filters has the list of leads,
    which takes a segment too."""
    now = context.clock.now()
    wanted = LeadFilter(segment=[name], team=team_of(caller), customers=sees_customers(caller))

    def read(connection: Connection, after: Key | None, most: int) -> list[FoundLead]:
        _segment(connection, caller, name)
        mark = None if after is None else LeadCursor(*after)
        return find_leads(connection, now, wanted, order=order, after=mark, limit=most)

    key = attrgetter("mark.key", "mark.lead_id")
    return page(context, f"members by {order}", cursor, limit, read, key=key)


def _segment(connection: Connection, caller: Caller, name: str) -> SegmentDetail:
    team, customers = team_of(caller), sees_customers(caller)
    return found(
        segment_named(connection, name, team=team, customers=customers),
        sentence("There is no segment '{name}'.", name=name),
    )
