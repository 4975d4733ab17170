"""``POST /v1/…``: Segment's HTTP tracking API, so that its client libraries work as they are.

https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
"""

from __future__ import annotations

import base64
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, IntegrityError

from crash_points import crash_point
from domain.identities import TrackingCall
from mail.links import deployment_secret
from settings import Settings
from store.access.write_keys import WriteKeySource, find_source
from store.erasure.erasure import erased_among
from store.tracking.tracking_use import TooMuch, TrackingLimits
from store.tracking.visitors import Overtaken, record_batch
from web.doors import BadItem, refusal
from web.networks import network_of
from web.problems import RequestProblem, unavailable
from web.tracking.body import LARGEST_BATCH, LARGEST_MESSAGE, parse, text_of
from web.tracking.no_mail import refusal_of_rejected
from web.tracking.reading import (
    KINDS,
    Arrival,
    Envelope,
    Read,
    envelope_of,
    read_message,
)
from web.tracking.route import ANY_ORIGIN, TrackingRoute, refused

log = structlog.get_logger(__name__)

# analytics.js calls each path by its first letter.
CALLS = {kind: kind for kind in KINDS} | {kind[0]: kind for kind in KINDS}
CALLS |= dict.fromkeys(("batch", "b", "import"), "batch")
MOST_MESSAGES = 2500
MOST_LOGGED = 20
KEY_SECONDS = 3.0
"""How long a write key that was revoked may still be taken."""
_HEADER_NAMES = re.compile(r"[\w-]{1,60}(?:, ?[\w-]{1,60}){0,30}", re.ASCII)
_PREFLIGHT = ANY_ORIGIN | {
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Max-Age": "86400",
}


def tracking_api(settings: Settings, database: Engine) -> APIRouter:
    """``/v1/identify``, ``track``, ``page``, ``screen``, ``group``, ``alias``, ``batch`` and
    ``import`` (the same as ``batch``), and the one-letter paths of analytics.js. The write key is
    the user name of basic authentication, or ``writeKey`` in the body. Answers:

    - 200 ``{"success": true}``: committed. ``rejected`` names the messages of a batch that were
      refused, each with its ``index`` and ``field``. Segment, too, answers 200 for a batch with
      some messages that it does not accept; and a library that gets a 4xx reports all messages of
      the batch as lost, while the good ones are stored. ``unread`` names traits that are not what
      their names say: they are kept as attributes if at all, and the rest of the message counts.
      A message that refuses mail does so even when it is rejected.
    - 400 ``{"success": false, "code", "message", "errors"}``: nothing of it is stored. Not JSON or
      gzip, more than 500 KB (32 KB for a single call), or no message that could be taken. Segment
      answers 400, not 413, when its limits are exceeded.
    - 401: no write key, or one that is unknown or revoked. 404: no such call.
    - 415: ``Content-Encoding`` is not gzip.
    - 429: too much has come through the key, from the network, of the visitor or for the address
      (``store.tracking.tracking_use``); libraries send it again after ``Retry-After`` seconds. Of a
      batch, only what is too much is refused, under ``rejected``.
    - 503: the database can't store it now; libraries send it again, and it counts once.
    """
    router = APIRouter(route_class=TrackingRoute)
    clock = settings.clock()
    sources = _Sources(database, settings.lead_time_zone)
    secret = deployment_secret(settings)
    gate = TrackingLimits(database, secret)

    def take(body: str, call: str, key: str, received: datetime, network: str) -> Response:
        found, strange = parse(body)
        source = sources.of(key or found.get("writeKey"))
        large = len(body.encode()) > LARGEST_MESSAGE
        arrival = Arrival(received, clock.journey_time, source, strange, large)
        if call == "batch":
            reading = _read_batch(found, arrival)
        else:
            reading = _read_one(found, call, arrival)
        messages, rejected = reading.messages, reading.rejected
        admitted, late = _admitted(gate, source, network, messages + reading.beside)
        if wanted := _without_erased(database, secret, admitted):
            late += _store(database, wanted, source, clock.journey_time(received))
            crash_point("door.tracked")
        rejected += _refused_late(messages, rejected, late)
        if rejected or reading.unread:
            log.info(
                "some tracking messages were refused, or not understood",
                write_key=source.name,
                refused=len(rejected),
                unread=sorted({one["field"] for one in reading.unread})[:MOST_LOGGED],
            )
        unread = {"unread": reading.unread} if reading.unread else {}
        if messages or not rejected:
            told = {"rejected": rejected} if rejected else {}
            return JSONResponse({"success": True, **told, **unread}, headers=ANY_ORIGIN)
        sentence = rejected[0]["message"] if len(rejected) == 1 else "No message could be taken."
        return refused(RequestProblem(400, "invalid_request", sentence), errors=rejected)

    @router.options("/v1/{call}")
    def preflight(request: Request, call: str) -> Response:
        asked = request.headers.get("Access-Control-Request-Headers", "")
        return Response(status_code=204 if call in CALLS else 404, headers=_allowing(asked))

    @router.post("/v1/{call}")
    async def track(request: Request, call: str) -> Response:
        received = datetime.now(UTC)
        if call not in CALLS:
            raise refusal(404, "path", f"There is no call /v1/{call}.")
        call = CALLS[call]
        key = _basic_user(request.headers.get("Authorization", ""))
        if key and sources.known(key) is None:
            # Before the body is read: whoever has no key may send nothing.
            await run_in_threadpool(sources.of, key)
        body = text_of(
            await request.body(),
            request.headers.get("Content-Encoding", ""),
            LARGEST_BATCH if call == "batch" else LARGEST_MESSAGE,
        )
        network = network_of(request.client.host if request.client else "")
        try:
            return await run_in_threadpool(take, body, call, key, received, network)
        except TooMuch as much:
            wait = {"Retry-After": str(much.seconds)}
            raise refusal(429, "", str(much), code="rate_limited", headers=wait) from None
        except Overtaken as error:
            raise unavailable(error) from None

    return router


_TOO_MUCH = "Too much has come of this visitor or for this address: send it again later."
_ENOUGH = "Enough was kept of this person today: it is left out."
_UNSTORABLE = "It can't be stored."
Late = list[tuple[TrackingCall, str]]
"""Messages that are refused after they were read, each with a sentence."""


def _allowing(asked: str) -> dict[str, str]:
    """Headers that allow what a browser asks for: each library has some of its own, and nothing
    here opens to a cookie."""
    allowed = asked if _HEADER_NAMES.fullmatch(asked) else "Authorization, Content-Type"
    return _PREFLIGHT | {"Access-Control-Allow-Headers": allowed}


def _admitted(
    gate: TrackingLimits, source: WriteKeySource, network: str, messages: list[TrackingCall]
) -> tuple[list[TrackingCall], Late]:
    admitted = gate.admit(source, network, messages) if messages else []
    let_in = {id(one) for one in admitted}
    return admitted, [(one, _TOO_MUCH) for one in messages if id(one) not in let_in]


def _without_erased(
    database: Engine, secret: str, messages: list[TrackingCall]
) -> list[TrackingCall]:
    """A program that still knows somebody who was erased does not bring them back."""
    addresses = {key for one in messages if (key := one.facts.get("email_key"))}
    if not addresses:
        return messages
    with database.connect() as connection:
        erased = erased_among(connection, secret, addresses)
    return [one for one in messages if one.facts.get("email_key") not in erased]


def _store(
    database: Engine, wanted: list[TrackingCall], source: WriteKeySource, at: datetime
) -> Late:
    """Commit the messages, and give back those that are left out, or that the database refuses for
    good: libraries send a batch again that was answered with 503, and one message would hold up
    the others."""
    try:
        return [(one, _ENOUGH) for one in record_batch(database, wanted, source, at)]
    except (DataError, IntegrityError) as error:
        if len(wanted) == 1:
            log.error("a tracking message can't be stored", error=type(error).__name__)
            return [(wanted[0], _UNSTORABLE)]
        middle = len(wanted) // 2
        return [
            *_store(database, wanted[:middle], source, at),
            *_store(database, wanted[middle:], source, at),
        ]


def _refused_late(
    messages: list[TrackingCall], rejected: list[dict[str, Any]], late: Late
) -> list[dict[str, Any]]:
    """The late ones of ``messages``, by their place in the whole batch."""
    unread = {one.get("index") for one in rejected}
    places = [n for n in range(len(messages) + len(unread)) if n not in unread]
    reasons = {id(message): reason for message, reason in late}
    return [
        {"index": place, "field": "", "message": reasons[id(message)]}
        for place, message in zip(places, messages, strict=False)
        if id(message) in reasons
    ]


class _Sources:
    """Whose a write key is, asked again every few seconds."""

    def __init__(self, database: Engine, time_zone: str) -> None:
        self._database = database
        self._time_zone = time_zone
        self._known: dict[str, tuple[float, WriteKeySource]] = {}

    def known(self, key: str) -> WriteKeySource | None:
        """Whose it is, when that was asked within the last seconds."""
        until, source = self._known.get(key, (0.0, None))
        return source if time.monotonic() < until else None

    def of(self, key: object) -> WriteKeySource:
        if not isinstance(key, str) or not key:
            raise refusal(
                401,
                "writeKey",
                "Send the write key as user name of basic authentication, or as writeKey.",
            )
        source = self.known(key)
        if source is not None:
            return source
        if key.isprintable() and key.isascii():
            with self._database.connect() as connection:
                source = find_source(connection, key, self._time_zone)
        if source is None:
            self._known.pop(key, None)
            raise refusal(401, "writeKey", "The write key is unknown or revoked.")
        self._known[key] = (time.monotonic() + KEY_SECONDS, source)
        return source


def _basic_user(header: str) -> str:
    """The user name of basic authentication (RFC 7617); '' without any."""
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        decoded = base64.b64decode(credentials.strip(), validate=True).decode()
    except ValueError:
        raise refusal(401, "Authorization", "The header is no basic authentication.") from None
    return decoded.partition(":")[0]


@dataclass
class _Reading:
    """What a body holds: messages; ``beside``, refusals of mail that no message among them tells
    of; and what was not taken."""

    messages: list[TrackingCall] = field(default_factory=list)
    beside: list[TrackingCall] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    unread: list[dict[str, Any]] = field(default_factory=list)

    def take(self, read: Read, place: dict[str, int]) -> None:
        self.messages.append(read.message)
        if read.beside is not None:
            self.beside.append(read.beside)
        self.unread += [
            {**place, "field": one.field, "message": one.message} for one in read.unread
        ]

    def rescue(self, item: object, kind: str | None, arrival: Arrival) -> None:
        """Keep what a rejected message says of mail."""
        at = arrival.journey_time(arrival.received)
        message = refusal_of_rejected(item, kind, at)
        if message is not None:
            self.beside.append(message)


def _read_batch(body: dict[str, Any], arrival: Arrival) -> _Reading:
    items = body.get("batch")
    if not isinstance(items, list) or not items:
        raise refusal(400, "batch", "The batch must be a list of messages.", code="invalid_request")
    envelope = envelope_of(body)
    reading = _Reading()
    for index, item in enumerate(items):
        try:
            if index >= MOST_MESSAGES:
                raise BadItem("", f"A batch holds at most {MOST_MESSAGES:,} messages.")
            reading.take(read_message(item, None, envelope, arrival), {"index": index})
        except BadItem as wrong:
            place = f"batch[{index}]" + (f".{wrong.field}" if wrong.field else "")
            reading.rejected.append({"index": index, "field": place, "message": str(wrong)})
            reading.rescue(item, None, arrival)
    return reading


def _read_one(body: dict[str, Any], kind: str, arrival: Arrival) -> _Reading:
    reading = _Reading()
    try:
        reading.take(read_message(body, kind, Envelope(None, {}), arrival), {})
    except BadItem as wrong:
        reading.rejected.append({"field": wrong.field or "body", "message": str(wrong)})
        reading.rescue(body, kind, arrival)
    return reading
