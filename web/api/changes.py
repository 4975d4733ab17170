"""``/api/changes``: what was changed through the API, by whom."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from domain.access import Action
from store.access.api_tokens import RecordedChange, list_changes
from web.api.access import CurrentContext, may
from web.api.paging import PAGE, Cursor, Limit, Page, by_id, last_id, page

router = APIRouter(prefix="/changes", tags=["changes"])


@router.get("", dependencies=[Depends(may(Action.READ_CHANGES))])
def list_all(
    context: CurrentContext,
    *,
    by: Annotated[str, Query(max_length=320, description="Who: a part of the name.")] = "",
    lead: Annotated[int | None, Query(description="Id of a lead.")] = None,
    task: Annotated[int | None, Query(description="Id of a task.")] = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[RecordedChange]:
    """Every change that was asked for, the latest first."""
    return page(
        context,
        "changes",
        cursor,
        limit,
        lambda connection, after, most: list_changes(
            connection, by=by, lead_id=lead, task_id=task, before=last_id(after), limit=most
        ),
        key=by_id,
    )
