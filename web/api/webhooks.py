"""``/api/webhooks``: which programs are told what happens, and the log of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from domain.access import Action
from domain.webhooks import events_problem, url_problem
from store import outgoing
from store.api_tokens import Caller
from store.outgoing import DeliveryLine, DeliveryRefused, EndpointLine
from web.api.access import Place, may
from web.api.paging import Before, Done, Limit, Listing, Page
from web.api.problems import invalid, missing, refused

router = APIRouter(prefix="/webhooks", tags=["webhooks"])
Manager = Annotated[Caller, Depends(may(Action.MANAGE_WEBHOOKS))]


class NewEndpoint(BaseModel):
    """Where events are to go; ``events`` is empty for all."""

    model_config = ConfigDict(extra="forbid")

    url: str
    events: list[str] = []


class Secret(BaseModel):
    """What verifies the signatures; it can't be asked for again."""

    url: str
    secret: str


class Removal(BaseModel):
    """The address of an endpoint."""

    model_config = ConfigDict(extra="forbid")

    url: str


@router.get("/endpoints")
def list_endpoints(here: Place, caller: Manager) -> Listing[EndpointLine]:  # noqa: ARG001
    """Where events go, and where they went before."""
    with here.database.connect() as connection:
        return Listing(items=outgoing.list_endpoints(connection))


@router.post("/endpoints", status_code=201)
def add(here: Place, caller: Manager, body: NewEndpoint) -> Secret:  # noqa: ARG001
    """Send events to an address from now on."""
    allow_private = here.settings.webhooks_allow_private
    if problem := url_problem(body.url, allow_private=allow_private):
        raise invalid("url", problem)
    if problem := events_problem(body.events):
        raise invalid("events", problem)
    with here.database.begin() as connection:
        secret = outgoing.add_endpoint(connection, body.url, body.events)
    if secret is None:
        raise refused(f"Events go to {body.url} already; remove it first to change that.", "url")
    return Secret(url=body.url, secret=secret)


@router.post("/endpoints/remove")
def remove(here: Place, caller: Manager, body: Removal) -> Done:  # noqa: ARG001
    """Send nothing more to an address; its log stays."""
    with here.database.begin() as connection:
        if not outgoing.remove_endpoint(connection, body.url):
            raise missing(f"Nothing is sent to {body.url}.")
    return Done(detail=f"Nothing more is sent to {body.url}.")


@router.get("/deliveries")
def log(
    here: Place,
    caller: Manager,  # noqa: ARG001
    failed: bool = False,
    before: Before = None,
    limit: Limit = 50,
) -> Page[DeliveryLine]:
    """What was sent, the latest first, and what became of it."""
    with here.database.connect() as connection:
        items = outgoing.list_deliveries(connection, failed=failed, before=before, limit=limit)
    return Page(items=items, next=items[-1].id if len(items) == limit else None)


@router.post("/deliveries/{delivery_id}/resend")
def resend(here: Place, caller: Manager, delivery_id: int) -> Done:  # noqa: ARG001
    """Send an event again now, under the same ``webhook-id``."""
    try:
        with here.database.begin() as connection:
            outgoing.resend(connection, delivery_id)
    except DeliveryRefused as refusal:
        raise refused(str(refusal)) from None
    return Done(detail=f"Delivery {delivery_id} is sent again.")
