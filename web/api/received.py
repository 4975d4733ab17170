"""``/api/received``: received mails that wait for a person to say what they are, or whose."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from domain.access import Action
from domain.inputs import ASKED
from domain.sentences import sentence
from store.access.api_tokens import Caller
from store.mail import received
from store.mail.received import MailRefused, ReceivedMail, SettledAs
from web.api.access import Here, Place, found, may, sees, team_of
from web.api.inputs import Id
from web.api.paging import PAGE, Cursor, Done, Limit, Page, by_id, last_id, page
from web.problems import refused

router = APIRouter(prefix="/received", tags=["received"])
Reader = Annotated[Caller, Depends(may(Action.READ_LEADS))]
Settler = Annotated[Caller, Depends(may(Action.SETTLE_MAIL))]


class Assignment(BaseModel):
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
    here: Place,
    caller: Reader,
    *,
    state: Annotated[Literal["waiting", "settled"], Query(description="Of the mails.")] = "waiting",
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[ReceivedMail]:
    """The newest first; an SDR's are those that are, or may be, of its team's leads."""
    return page(
        here,
        "received",
        cursor,
        limit,
        lambda connection, after, most: received.received_mails(
            connection,
            waiting=state == "waiting",
            team=team_of(caller),
            before=last_id(after),
            limit=most,
        ),
        key=by_id,
    )


@router.get("/{mail_id}", operation_id="get_received_mail")
def show(here: Place, caller: Reader, mail_id: int) -> ReceivedMail:
    """One of them."""
    with here.database.connect() as connection:
        return _seen(connection, caller, mail_id)


@router.post("/{mail_id}/assign", operation_id="assign_received_mail")
def assign(here: Place, caller: Settler, mail_id: int, body: Assignment) -> Done:
    """Say whose it is; what it is stays open."""
    with here.database.begin() as connection:
        _seen(connection, caller, mail_id)
        _assign(connection, caller, mail_id, body.lead_id)
    return Done(detail=f"Mail {mail_id} is of lead {body.lead_id}.")


@router.post("/{mail_id}/settle", operation_id="settle_received_mail")
def settle(here: Place, caller: Settler, mail_id: int, body: Settlement) -> Done:
    """Say what it is, and have done what follows from that."""
    with here.database.begin() as connection:
        _seen(connection, caller, mail_id)
        if body.lead_id is not None:
            _assign(connection, caller, mail_id, body.lead_id)
        _settle(connection, here, caller, mail_id, body.settled_as)
    return Done(detail=f"Mail {mail_id} is settled as {body.settled_as}.")


def _seen(connection: Connection, caller: Caller, mail_id: int) -> ReceivedMail:
    return found(
        received.received_mail(connection, mail_id, team_of(caller)),
        sentence("There is no such mail in the tray."),
    )


def _assign(connection: Connection, caller: Caller, mail_id: int, lead_id: int) -> None:
    sees(connection, caller, lead_id)
    try:
        received.assign_mail(connection, mail_id, lead_id)
    except MailRefused as refusal:
        raise refused(str(refusal)) from None


def _settle(
    connection: Connection, here: Here, caller: Caller, mail_id: int, settled_as: SettledAs
) -> None:
    try:
        received.settle_mail(connection, mail_id, settled_as, by=caller.by, now=here.clock.now())
    except MailRefused as refusal:
        raise refused(str(refusal)) from None
