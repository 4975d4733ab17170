"""``/api/changes``: what was changed through the API, by whom."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from domain.access import Action
from store.api_tokens import Caller, Change, list_changes
from web.api.access import Place, may
from web.api.paging import Before, Limit, Page

router = APIRouter(prefix="/changes", tags=["changes"])
Reader = Annotated[Caller, Depends(may(Action.READ_CHANGES))]


@router.get("")
def list_all(
    here: Place,
    caller: Reader,  # noqa: ARG001
    before: Before = None,
    limit: Limit = 50,
) -> Page[Change]:
    """Every change that was asked for, the latest first."""
    with here.database.connect() as connection:
        items = list_changes(connection, before=before, limit=limit)
    return Page(items=items, next=items[-1].id if len(items) == limit else None)
