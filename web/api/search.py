"""``/api/search``: what is found by words, of every kind at once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from domain.access import Action
from services.access import sees_customers, team_of
from store.access.api_tokens import Caller
from store.views.everything import Everything, find_everything
from web.api.access import CurrentContext, may

router = APIRouter(prefix="/search", tags=["search"])


@router.get("", operation_id="search")
def find(
    context: CurrentContext,
    caller: Annotated[Caller, Depends(may(Action.READ_LEADS))],
    words: Annotated[
        str,
        Query(max_length=200, description="Beginnings of words, all of which must fit; a number."),
    ],
) -> Everything:
    """The first leads, accounts, appointments, opportunities and cadences; an SDR's are the
    team's."""
    with context.database.connect() as connection:
        now, customers = context.clock.now(), sees_customers(caller)
        return find_everything(connection, now, words, team_of(caller), customers=customers)
