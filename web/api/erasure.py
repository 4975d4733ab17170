"""``/api/leads/{lead_id}/erase`` and ``/api/erasures``: erasing a person, and the receipts."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from domain.access import Action
from domain.inputs import ASKED
from mail.links import deployment_secret
from services.erasure import erase as erase_person
from store.access.api_tokens import Caller
from store.erasure import erasure
from store.erasure.erasure import ErasureReceipt
from web.api.access import CurrentContext, may
from web.api.paging import PAGE, Cursor, Limit, Page, page_by_id

router = APIRouter(tags=["erasure"])
Eraser = Annotated[Caller, Depends(may(Action.ERASE))]


class Known(BaseModel):
    """What there is of a person: table → rows."""

    lead_id: int
    rows: dict[str, int]


class ErasureOrder(BaseModel):
    """An order to erase a person. ``address`` is theirs, as proof that the right one is meant;
    ``reason`` is kept, so it should name nobody."""

    model_config = ASKED

    address: str = Field(max_length=320)
    reason: str = Field(default="", max_length=500)


@router.get(
    "/leads/{lead_id}/erase",
    dependencies=[Depends(may(Action.ERASE))],
    operation_id="preview_erasure",
)
def show_known(context: CurrentContext, lead_id: int) -> Known:
    """How much is known of a lead, and would be erased."""
    with context.database.connect() as connection:
        return Known(lead_id=lead_id, rows=erasure.known_of(connection, lead_id))


@router.post("/leads/{lead_id}/erase")
def erase(
    context: CurrentContext, caller: Eraser, lead_id: int, body: ErasureOrder
) -> ErasureReceipt:
    """Erase a person from all tables, for good; what runs for them in Temporal ends within
    seconds, or when Temporal is back."""
    return erase_person(context, caller, lead_id, body.address, body.reason)


@router.get("/erasures")
def list_receipts(
    context: CurrentContext,
    _caller: Eraser,
    *,
    address: Annotated[str, Query(description="Whether this person was erased.")] = "",
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[ErasureReceipt]:
    """Who was erased is not kept, only that it was done: the latest first."""
    secret = deployment_secret(context.settings)
    read = partial(erasure.receipts, secret=secret, address=address)
    return page_by_id(context, "erasures", cursor, limit, read)
