"""``/api/webhooks``: which programs are told what happens, and the log of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from domain.access import Action
from domain.inputs import ASKED, Code
from domain.sentences import sentence
from services import webhooks
from services.access import found
from store.access.api_tokens import Caller
from store.outbox import outgoing
from store.outbox.outgoing import DeliveryLine, EndpointLine
from web.api.access import CurrentContext, may
from web.api.inputs import Url
from web.api.paging import PAGE, Cursor, Done, Limit, Page, page_by_id, page_by_name

router = APIRouter(prefix="/webhooks", tags=["webhooks"])
Admin = Annotated[Caller, Depends(may(Action.MANAGE_WEBHOOKS))]


class NewEndpoint(BaseModel):
    """Where events are to go; ``events`` is empty for all."""

    model_config = ASKED

    url: Url
    events: list[Code] = Field(default=[], max_length=100)


class EndpointSecret(BaseModel):
    """What verifies the signatures; it can't be asked for again."""

    url: str
    secret: str


class EndpointPause(BaseModel):
    """Whether nothing is to go to an address for now."""

    model_config = ASKED

    url: Url
    paused: bool


class DeliveryDetail(BaseModel):
    """A delivery, and what it says as JSON: ``type``, ``timestamp``, ``data``. ``state`` is
    waiting, delivered or failed; times are real time."""

    id: int
    url: str
    event_id: str
    event_type: str
    state: str
    attempts: int
    status: int | None
    error: str
    created_at: datetime
    last_attempt_at: datetime | None
    payload: dict[str, Any]


class SentTest(BaseModel):
    """A test that was sent; the delivery tells how it went."""

    delivery_id: int


class EndpointAddress(BaseModel):
    """The address of an endpoint."""

    model_config = ASKED

    url: Url


@router.get("/endpoints")
def list_endpoints(
    context: CurrentContext, _caller: Admin, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[EndpointLine]:
    """Where events go, and where they went before, by address."""
    return page_by_name(
        context, "endpoints", cursor, limit, outgoing.list_endpoints, key=lambda one: (one.url,)
    )


@router.post("/endpoints", status_code=201)
def add(context: CurrentContext, caller: Admin, body: NewEndpoint) -> EndpointSecret:
    """Send events to an address from now on."""
    return EndpointSecret(url=body.url, secret=webhooks.add(context, caller, body.url, body.events))


@router.post("/endpoints/remove")
def remove(context: CurrentContext, caller: Admin, body: EndpointAddress) -> Done:
    """Send nothing more to an address; its log stays."""
    webhooks.remove(context, caller, body.url)
    return Done(detail=f"Nothing more is sent to {body.url}.")


@router.post("/endpoints/pause")
def pause(context: CurrentContext, caller: Admin, body: EndpointPause) -> Done:
    """Send nothing to an address, or go on. What happens while it is paused never goes there."""
    webhooks.pause(context, caller, body.url, paused=body.paused)
    return Done(detail=f"{body.url} is {'paused' if body.paused else 'told what happens again'}.")


@router.post("/endpoints/test", status_code=201, operation_id="test_endpoint")
def send_test(context: CurrentContext, caller: Admin, body: EndpointAddress) -> SentTest:
    """Send an address the event ``webhook.test``, which tells of nothing: signed, logged and tried
    again as any other."""
    return SentTest(delivery_id=webhooks.send_test(context, caller, body.url))


@router.get("/deliveries", operation_id="list_deliveries")
def log(
    context: CurrentContext,
    _caller: Admin,
    failed: bool = False,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[DeliveryLine]:
    """What was sent, the latest first, and what became of it."""
    read = partial(outgoing.list_deliveries, failed=failed)
    return page_by_id(context, "deliveries", cursor, limit, read)


@router.get("/deliveries/{delivery_id}")
def show(context: CurrentContext, _caller: Admin, delivery_id: int) -> DeliveryDetail:
    """What one delivery says, and what became of it."""
    with context.database.connect() as connection:
        line = outgoing.find_delivery(connection, delivery_id)
        payload = outgoing.payload_of(connection, delivery_id) or {}
    one = found(line, sentence("There is no delivery {delivery}.", delivery=delivery_id))
    return DeliveryDetail(**asdict(one), payload=payload)


@router.post("/deliveries/{delivery_id}/resend")
def resend(context: CurrentContext, caller: Admin, delivery_id: int) -> Done:
    """Send an event again now, under the same ``webhook-id``."""
    webhooks.resend(context, caller, delivery_id)
    return Done(detail=f"Delivery {delivery_id} is sent again.")
