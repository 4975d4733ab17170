"""``POST /webhooks/calcom`` and ``/webhooks/calendly``: what calendar services report of bookings.

- https://cal.com/docs/developing/guides/automation/webhooks
- https://developer.calendly.com/api-docs/overview/webhooks/webhook-signatures
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from pydantic import SecretStr
from sqlalchemy import Engine

from crash_points import crash_point
from domain.meetings.bookings import Booking, Provider
from domain.meetings.calcom import read_calcom
from domain.meetings.calendly import read_calendly
from domain.meetings.report_fields import BadReport
from settings import Settings
from store.meetings.calendar_bookings import apply_reports
from store.meetings.meeting_alerts import alert_unreadable
from store.patience import PAGE_SECONDS, keep_trying
from web.doors import DoorRoute, refusal

log = structlog.get_logger(__name__)

# How far the time of Calendly's signature may be from now, in either direction.
FRESH_SECONDS = 300
CALCOM_HEADER = "X-Cal-Signature-256"
CALENDLY_HEADER = "Calendly-Webhook-Signature"

_CALENDLY = re.compile(r"t=(\d{1,12})\s*,\s*v1=([0-9a-fA-F]{64})")


@dataclass(frozen=True)
class _Service:
    provider: Provider
    setting: str
    secret: SecretStr | None
    signature: Callable[[Mapping[str, str]], tuple[bytes, str]]
    """What stands before the body where it is signed, and the signature (HMAC-SHA256, hexadecimal),
    as the headers have them."""
    read: Callable[[object], list[Booking]]


def calendar_webhooks(settings: Settings, database: Engine) -> APIRouter:
    """Both webhooks. What they refuse is told by a problem document (``web.doors``):

    - 200: what the report changed: ``booked`` (made or moved), ``cancelled``, ``no_show``,
      ``attended``, ``reassigned`` (to another host), ``unchanged`` (known already, overtaken, or of
      no concern), ``unreadable``. What a service has made is a fact, so nothing that is signed is
      refused: a service stops reporting where it is refused for long.
    - 413: too large. 401, 403: not signed; wrongly signed, or (Calendly) signed more than five
      minutes ago.
    - 503: no secret is set, or the database can't be reached; the service repeats it.
    """
    router = APIRouter(route_class=DoorRoute)
    clock = settings.clock()

    def take(reports: Sequence[Booking]) -> str:
        told_at = datetime.now(UTC)
        known = [
            replace(
                one,
                told_at=one.told_at or told_at,
                starts_at=one.starts_at and clock.journey_time(one.starts_at),
            )
            for one in reports
        ]

        def write() -> str:
            with database.begin() as connection:
                return apply_reports(connection, known, clock.now())

        # Cal.com reports once; each report counts once, however often it is tried.
        outcome = keep_trying(write, PAGE_SECONDS)
        crash_point("door.booking_committed")
        return outcome

    def tell_unreadable(service: _Service, bad: BadReport) -> None:
        with database.begin() as connection:
            alert_unreadable(connection, service.provider, clock.now())
        log.warning("a booking report can't be read", service=service.provider, reason=str(bad))

    async def answer(service: _Service, request: Request) -> Response:
        body = await _signed_body(service, request)
        try:
            reports = _read(service, body)
        except BadReport as bad:
            await run_in_threadpool(tell_unreadable, service, bad)
            return JSONResponse({"outcome": "unreadable", "error": str(bad)})
        outcome = await run_in_threadpool(take, reports) if reports else "unchanged"
        log.info("a booking was reported", service=service.provider, outcome=outcome)
        return JSONResponse({"outcome": outcome})

    calcom = _Service(
        "calcom",
        "CALCOM_WEBHOOK_SECRET",
        settings.calcom_webhook_secret,
        _calcom_signature,
        read_calcom,
    )
    calendly = _Service(
        "calendly",
        "CALENDLY_WEBHOOK_SECRET",
        settings.calendly_webhook_secret,
        _calendly_signature,
        read_calendly,
    )

    @router.post("/webhooks/calcom")
    async def from_calcom(request: Request) -> Response:
        return await answer(calcom, request)

    @router.post("/webhooks/calendly")
    async def from_calendly(request: Request) -> Response:
        return await answer(calendly, request)

    return router


async def _signed_body(service: _Service, request: Request) -> bytes:
    secret = service.secret.get_secret_value() if service.secret else ""
    if not secret:
        raise refusal(503, "", f"{service.setting} is not set.")
    before, signature = service.signature(request.headers)
    body = await request.body()
    expected = hmac.new(secret.encode(), before + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.lower().encode("utf-8", "replace")):
        raise refusal(403, "", "The signature is wrong.")
    return body


def _read(service: _Service, body: bytes) -> list[Booking]:
    try:
        report = json.loads(body)
    except (ValueError, RecursionError):
        raise BadReport("The body is not JSON.") from None
    return service.read(report)


def _calcom_signature(headers: Mapping[str, str]) -> tuple[bytes, str]:
    """Of the body alone. Nothing in it tells its age; a repeated report changes nothing."""
    signature = headers.get(CALCOM_HEADER, "")
    if not signature:
        raise refusal(401, CALCOM_HEADER, f"The request is not signed: {CALCOM_HEADER} is missing.")
    return b"", signature


def _calendly_signature(headers: Mapping[str, str]) -> tuple[bytes, str]:
    """``t=<seconds since 1970>,v1=<signature of "t.body">``."""
    header = headers.get(CALENDLY_HEADER, "")
    if not header:
        raise refusal(
            401, CALENDLY_HEADER, f"The request is not signed: {CALENDLY_HEADER} is missing."
        )
    parts = _CALENDLY.fullmatch(header.strip())
    if parts is None:
        raise refusal(403, CALENDLY_HEADER, f"{CALENDLY_HEADER} is not of the form t=…,v1=….")
    signed_at, signature = parts.groups()
    if abs(time.time() - int(signed_at)) > FRESH_SECONDS:
        raise refusal(403, CALENDLY_HEADER, "The signature is not of the last five minutes.")
    return signed_at.encode() + b".", signature
