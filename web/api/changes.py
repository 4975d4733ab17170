"""``/api/changes``: what was changed through the API, by whom."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from domain.access import Action
from domain.inputs import Instant
from store.access.api_tokens import RecordedChange, list_changes
from web.api.access import CurrentContext, may
from web.api.inputs import Codes
from web.api.paging import PAGE, Cursor, Limit, Page, page_by_id

router = APIRouter(prefix="/changes", tags=["changes"])


@router.get("", dependencies=[Depends(may(Action.READ_CHANGES))])
def list_all(
    context: CurrentContext,
    *,
    by: Annotated[str, Query(max_length=320, description="Who: a part of name or address.")] = "",
    what: Annotated[
        Codes, Query(description="Method and path, with a star for ids: POST tasks/*/complete.")
    ] = None,
    lead: Annotated[int | None, Query(description="Id of a lead.")] = None,
    task: Annotated[int | None, Query(description="Id of a task.")] = None,
    since: Instant | None = None,
    until: Instant | None = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[RecordedChange]:
    """Every change that was asked for, and each list that was taken out as a file, the latest
    first."""
    read = partial(
        list_changes,
        by=by,
        what=what or [],
        lead_id=lead,
        task_id=task,
        since=since,
        until=until,
    )
    return page_by_id(context, "changes", cursor, limit, read)
