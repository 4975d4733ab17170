"""``/api/changes``: what was changed through the API, by whom."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from domain.access import Action
from store.api_tokens import Change, list_changes
from web.api.access import Place, may
from web.api.paging import Before, Limit, Page

router = APIRouter(prefix="/changes", tags=["changes"])


@router.get("", dependencies=[Depends(may(Action.READ_CHANGES))])
def list_all(
    here: Place,
    *,
    by: Annotated[str, Query(max_length=320, description="Who: a part of the name.")] = "",
    lead: Annotated[int | None, Query(description="Id of a lead.")] = None,
    task: Annotated[int | None, Query(description="Id of a task.")] = None,
    before: Before = None,
    limit: Limit = 50,
) -> Page[Change]:
    """Every change that was asked for, the latest first."""
    with here.database.connect() as connection:
        items = list_changes(
            connection, by=by, lead_id=lead, task_id=task, before=before, limit=limit
        )
    return Page(items=items, next=items[-1].id if len(items) == limit else None)
