"""``/api/views``: lists of the console as people like to see them."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from domain.access import Action
from domain.inputs import ASKED
from services import saved_views
from services.access import team_of
from store.access.api_tokens import Caller
from store.access.saved_views import View, views_of
from web.api.access import CurrentContext, may
from web.api.paging import PAGE, Cursor, Done, Limit, Page, page_by_id

router = APIRouter(prefix="/views", tags=["views"])
Own = Annotated[Caller, Depends(may(Action.OWN_SETTINGS))]


class NewView(BaseModel):
    """Filters, columns and order of a list, as its address in the console has them; shared with
    the team of an SDR, or by others with everybody."""

    model_config = ASKED

    page: str = Field(pattern=r"^/[a-z/-]{1,100}$", description="Path under `/console`.")
    name: str = Field(max_length=saved_views.LONGEST_NAME)
    query: str = Field(default="", description="Without `search`: it may name a person.")
    shared: bool = False


class SavedId(BaseModel):
    """A view that was saved."""

    id: int


@router.get("")
def list_views(
    context: CurrentContext,
    caller: Own,
    *,
    of: Annotated[str, Query(max_length=100, description="Path of a page: `/leads`.")] = "",
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[View]:
    """The own views, and those that are shared with the caller, in the order they were saved."""
    read = partial(views_of, user_id=caller.user_id, team=team_of(caller), page=of)
    return page_by_id(context, "views", cursor, limit, read, newest_first=False)


@router.post("", status_code=201, operation_id="save_view")
def save(context: CurrentContext, caller: Own, body: NewView) -> SavedId:
    """Save a view, in place of the own one of this name."""
    saved = saved_views.save_view(
        context, caller, body.page, body.name, body.query, shared=body.shared
    )
    return SavedId(id=saved)


@router.delete("/{view_id}", operation_id="remove_view")
def remove(context: CurrentContext, caller: Own, view_id: int) -> Done:
    """Remove an own view; nobody sees it any more."""
    saved_views.remove_view(context, caller, view_id)
    return Done(detail="The view is removed.")
