"""``POST /webhooks/sendgrid``: what SendGrid reports of mails, as its Signed Event Webhook.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

import structlog
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from sendgrid.helpers.eventwebhook import EventWebhook, EventWebhookHeader
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, IntegrityError

from crash_points import crash_point
from domain.engagement.bot_detection import read_networks
from domain.refusals import Mistake
from settings import Settings
from web.doors import DoorRoute, refusal
from web.problems import RequestProblem, answer
from web.webhooks.sendgrid_events import BadEvent, DatedEvent, Tally, apply_events, read_events

log = structlog.get_logger(__name__)

# How far ahead of ours SendGrid's clock may be.
AHEAD_SECONDS = 300
# A batch in which everything is wrong is explained by its beginning.
ERRORS_TOLD = 20


# What is wrong with an event itself, not with the database.
UNSTORABLE = (DataError, IntegrityError, ValueError, TypeError, LookupError, ArithmeticError)


def sendgrid_webhook(settings: Settings, database: Engine) -> APIRouter:
    """``/webhooks/sendgrid``. It answers in JSON:

    - 200: everything in the batch is committed. The numbers say what became of it.
    - 400: the body is no batch, or ``errors`` names events and fields that could not be read,
      or events that could not be stored.
      The other events are committed. SendGrid repeats the batch, which does no harm.
    - 401, 403: not signed; wrongly signed, or signed in the future.
    - 413: too large. 503: no key is set, or the database can't be reached; SendGrid repeats it.
    """
    router = APIRouter(route_class=DoorRoute)
    verifier = _verifier(settings)
    own_url = settings.web_url()
    networks = read_networks(settings.scanner_networks)

    def store(events: Sequence[DatedEvent], tally: Tally) -> None:
        """Commit the events together. If there are some that can't be stored, the others are, in
        ever smaller parts: SendGrid repeats a batch for a day, and they would wait as long."""
        part = Tally()
        try:
            with database.begin() as connection:
                apply_events(
                    connection,
                    events,
                    part,
                    own_url=own_url,
                    networks=networks,
                    now=settings.clock().now(),
                )
        except UNSTORABLE as error:
            if len(events) == 1:
                log.error(
                    "an event of SendGrid can't be stored",
                    kind=events[0].event.event,
                    error=type(error).__name__,
                )
                tally.bad.append(BadEvent(events[0].item, "event", "It can't be stored."))
                return
            middle = len(events) // 2
            store(events[:middle], tally)
            store(events[middle:], tally)
        else:
            crash_point("door.events_committed")
            tally.add(part)

    def take(body: str) -> Response:
        tally = Tally()
        events = read_events(_batch(body), settings.clock(), tally)
        if events:
            store(events, tally)
        counts = tally.counts()
        if not tally.bad:
            if tally.unknown:
                log.info("SendGrid reported mail that is not ours", **counts)
            return JSONResponse(counts)
        fields = sorted({event.field for event in tally.bad})
        log.warning("some of SendGrid's events could not be read", fields=fields, **counts)
        mistakes = [
            Mistake(f"[{bad.item}].{bad.field}", bad.message) for bad in tally.bad[:ERRORS_TOLD]
        ]
        problem = RequestProblem(
            400, "invalid", "Some events could not be read.", mistakes=mistakes
        )
        return answer(problem, **counts)

    @router.post("/webhooks/sendgrid")
    async def events(request: Request) -> Response:
        if verifier is None:
            raise refusal(503, "", "SENDGRID_WEBHOOK_PUBLIC_KEY is not set, or is no key.")
        signature, timestamp = _signature(request)
        body = await _text(request)
        _verify(verifier, body, signature, timestamp)
        return await run_in_threadpool(take, body)

    return router


def _verifier(settings: Settings) -> Any | None:
    """What checks signatures; None, and a line in the log, when there is no usable key."""
    key = settings.sendgrid_webhook_public_key.strip()
    if not key:
        if settings.email_channel == "sendgrid":
            log.warning(
                "SENDGRID_WEBHOOK_PUBLIC_KEY is not set: SendGrid's events are refused, and "
                "bounces and complaints stay unknown. docs/operations.md says where to find it."
            )
        return None
    try:
        verifier = EventWebhook(key)
        # A key of another kind shows only when it is used.
        verifier.verify_signature("", "", "")
    except (ValueError, TypeError, AttributeError):
        log.error(
            "SENDGRID_WEBHOOK_PUBLIC_KEY is no ECDSA public key, so SendGrid's events are refused. "
            "Copy it in one line as SendGrid shows it."
        )
        return None
    return verifier


def _signature(request: Request) -> tuple[str, str]:
    """The signature and its time (seconds since 1970), as the headers have them."""
    signature = request.headers.get(EventWebhookHeader.SIGNATURE, "")
    timestamp = request.headers.get(EventWebhookHeader.TIMESTAMP, "")
    for name, value in (
        (EventWebhookHeader.SIGNATURE, signature),
        (EventWebhookHeader.TIMESTAMP, timestamp),
    ):
        if not value:
            raise refusal(401, name, "The request is not signed.")
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        raise refusal(403, EventWebhookHeader.TIMESTAMP, "The time of the signature is no time.")
    # A repetition may carry the time of the first delivery, a day ago. Whoever replays a batch
    # changes nothing by it: its events are SendGrid's own, and each counts once by its id.
    if int(timestamp) - time.time() > AHEAD_SECONDS:
        raise refusal(
            403, EventWebhookHeader.TIMESTAMP, "The signature is more than five minutes ahead."
        )
    return signature, timestamp


async def _text(request: Request) -> str:
    try:
        return (await request.body()).decode()
    except UnicodeDecodeError:
        raise refusal(400, "body", "The body is not UTF-8.") from None


def _verify(verifier: Any, body: str, signature: str, timestamp: str) -> None:
    try:
        genuine = verifier.verify_signature(body, signature, timestamp)
    except ValueError:  # No base64.
        genuine = False
    if not genuine:
        raise refusal(403, EventWebhookHeader.SIGNATURE, "The signature is wrong.")


def _batch(body: str) -> list[object]:
    try:
        items = json.loads(body)
    except RecursionError:
        raise refusal(400, "body", "The body is nested too deeply.") from None
    except ValueError:
        raise refusal(400, "body", "The body is not JSON.") from None
    if not isinstance(items, list):
        raise refusal(400, "body", "The body is not a JSON array of events.")
    return items
