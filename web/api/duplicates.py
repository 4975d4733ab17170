"""Leads that may be one person: looked at, dismissed, merged, and two again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from domain.access import Action
from domain.inputs import ASKED
from services import duplicates
from services.access import may_see, team_of
from store.access.api_tokens import Caller
from store.matching import merge_preview, merges, suspects
from store.matching.merge_preview import MergePreview
from store.matching.merges import Merge
from store.matching.suspects import Suspicion
from web.api.access import CurrentContext, may
from web.api.paging import PAGE, Cursor, Done, Key, Limit, Page, page

router = APIRouter(tags=["duplicates"])
Reader = Annotated[Caller, Depends(may(Action.READ_LEADS))]
Merger = Annotated[Caller, Depends(may(Action.MERGE_LEADS))]


class MergeRequest(BaseModel):
    """The lead that goes away, and for each field in which the two differ the id of the one whose
    value wins; where none is given, the kept lead's wins if it has one."""

    model_config = ASKED

    other: int
    values: dict[str, int] = Field(default_factory=dict, max_length=300)


@router.get("/duplicates")
def list_duplicates(
    context: CurrentContext, caller: Reader, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[Suspicion]:
    """Pairs of leads that may be the same person, and why: those with one mailbox first, then one
    phone number, then one name at one company. A number or a name that more than 20 leads have
    says nothing. An SDR's token sees pairs of its team."""

    def after(connection: Connection, last: Key | None, most: int) -> list[Suspicion]:
        where = None if last is None else (last[0], last[1], last[2], last[3])
        return suspects.suspicions(connection, team=team_of(caller), after=where, limit=most)

    return page(
        context,
        "duplicates",
        cursor,
        limit,
        after,
        key=lambda one: (one.kind, one.key, one.lead.id, one.other.id),
    )


@router.get("/leads/{lead_id}/duplicates")
def list_duplicates_of(context: CurrentContext, caller: Reader, lead_id: int) -> list[Suspicion]:
    """The leads that may be the same person as this one, the likeliest first: 20 at most."""
    with context.database.connect() as connection:
        may_see(connection, caller, lead_id)
        return suspects.duplicates_of(connection, lead_id, team=team_of(caller))


@router.post("/leads/{lead_id}/duplicates/{other_id}/dismiss")
def dismiss_duplicate(context: CurrentContext, caller: Merger, lead_id: int, other_id: int) -> Done:
    """Keep that two leads are not the same person."""
    duplicates.dismiss(context, caller, lead_id, other_id)
    return Done(detail=f"lead-{lead_id} and lead-{other_id} are not the same person.")


@router.get("/leads/{lead_id}/merge", operation_id="preview_merge")
def preview_merge(
    context: CurrentContext, caller: Merger, lead_id: int, other: int
) -> MergePreview:
    """What merging ``other`` into this lead would do: the fields in which they differ and whose
    value wins, what goes along, and why it can't be done, if it can't."""
    with context.database.connect() as connection:
        may_see(connection, caller, lead_id)
        may_see(connection, caller, other)
        return merge_preview.preview(connection, lead_id, other, {})


@router.post("/leads/{lead_id}/merge")
def merge(context: CurrentContext, caller: Merger, lead_id: int, body: MergeRequest) -> Merge:
    """Make another lead a part of this one. Its journey ends; all that names it names this one."""
    return duplicates.merge(context, caller, lead_id, body.other, body.values)


@router.get("/leads/{lead_id}/merges")
def list_merges(context: CurrentContext, caller: Reader, lead_id: int) -> list[Merge]:
    """What was merged into this lead and can still be undone, the latest first: 20 at most."""
    with context.database.connect() as connection:
        may_see(connection, caller, lead_id)
        return merges.merges_of(connection, lead_id, context.clock.now())


@router.post("/merges/{merge_id}/undo")
def undo_merge(context: CurrentContext, caller: Merger, merge_id: int) -> Merge:
    """Have two leads again: within 30 days, and unless something that happened since makes it
    impossible."""
    return duplicates.undo(context, caller, merge_id)
