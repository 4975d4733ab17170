"""``/api/received``: received mails that wait for a person to say what they are, or whose."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from domain.access import Action
from domain.inputs import ASKED
from services import received as tray
from services.access import team_of
from store.access.api_tokens import Caller
from store.mail import received
from store.mail.received import ReceivedMail, SettledAs
from web.api.access import CurrentContext, may
from web.api.inputs import Id
from web.api.paging import PAGE, Cursor, Done, Limit, Page, page_by_id

router = APIRouter(prefix="/received", tags=["received"])
Reader = Annotated[Caller, Depends(may(Action.READ_LEADS))]
Settler = Annotated[Caller, Depends(may(Action.SETTLE_MAIL))]


class MailAssignment(BaseModel):
    """Whose a mail is."""

    model_config = ASKED

    lead_id: Id


class Settlement(BaseModel):
    """What a mail is: a reply counts as interest, an opt-out stops its sender and its lead,
    ``nothing`` puts it away. ``lead_id`` assigns it as well."""

    model_config = ASKED

    settled_as: SettledAs
    lead_id: Id | None = Field(default=None)


@router.get("", operation_id="list_received_mails")
def list_all(
    context: CurrentContext,
    caller: Reader,
    *,
    state: Annotated[Literal["waiting", "settled"], Query(description="Of the mails.")] = "waiting",
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[ReceivedMail]:
    """The newest first; an SDR's are those that are, or may be, of its team's leads."""
    read = partial(received.received_mails, waiting=state == "waiting", team=team_of(caller))
    return page_by_id(context, "received", cursor, limit, read)


@router.get("/{mail_id}", operation_id="get_received_mail")
def show(context: CurrentContext, caller: Reader, mail_id: int) -> ReceivedMail:
    """One of them."""
    with context.database.connect() as connection:
        return tray.seen(connection, caller, mail_id)


@router.post("/{mail_id}/assign", operation_id="assign_received_mail")
def assign(context: CurrentContext, caller: Settler, mail_id: int, body: MailAssignment) -> Done:
    """Say whose it is; what it is stays open."""
    tray.assign(context, caller, mail_id, body.lead_id)
    return Done(detail=f"Mail {mail_id} is of lead {body.lead_id}.")


@router.post("/{mail_id}/settle", operation_id="settle_received_mail")
def settle(context: CurrentContext, caller: Settler, mail_id: int, body: Settlement) -> Done:
    """Say what it is, and have done what follows from that."""
    tray.settle(context, caller, mail_id, body.settled_as, body.lead_id)
    return Done(detail=f"Mail {mail_id} is settled as {body.settled_as}.")
