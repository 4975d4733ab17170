"""Every door that programs come in by keeps to the same: how much may be sent, who is heard, how a
refusal looks, and what is said while the database is away."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.types import ASGIApp, Message

from domain.access import Role
from settings import Settings
from store.access.api_tokens import create_token
from store.access.write_keys import create_write_key
from store.engine import engine
from tests.support.calendar_reports import CALCOM_SECRET, CALENDLY_SECRET
from tests.support.sendgrid_events import KEY, public, signed
from tests.web.conftest import Site
from web.app import create_app
from web.body_limits import allowance

PASSWORD = "tr0ub4dor-and-three"
FORM = b'--xYz\r\nContent-Disposition: form-data; name="text"\r\n\r\nYes\r\n--xYz--\r\n'
NOWHERE = "postgresql+psycopg2://nobody@127.0.0.1:1/none"
Headers = Mapping[str, str]


@dataclass
class Exchange:
    """What a client was answered, and how much of its body was read before that."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    read: int = 0
    read_first: int = 0
    """Bytes that were read before the answer began."""

    @property
    def problem(self) -> dict[str, Any]:
        """The problem document."""
        assert self.headers["content-type"] == "application/problem+json", self.body
        told: dict[str, Any] = json.loads(self.body)
        assert told["status"] == self.status
        assert told["detail"].endswith(".")
        assert told["code"]
        return told


async def ask(app: ASGIApp, path: str, headers: Headers, body: bytes) -> Exchange:
    """Post ``body`` in pieces, as a server hands them to the app."""
    exchange = Exchange()
    given = {"host": "go.test", "content-length": str(len(body)), **headers}
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
        "root_path": "", "client": ("192.0.2.7", 4711), "server": ("go.test", 80),
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        "state": {},
    }  # fmt: skip

    async def receive() -> Message:
        piece = body[exchange.read : exchange.read + 65536]
        exchange.read += len(piece)
        if not exchange.status:
            exchange.read_first = exchange.read
        return {"type": "http.request", "body": piece, "more_body": exchange.read < len(body)}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
            exchange.headers = {
                name.decode().lower(): value.decode() for name, value in message["headers"]
            }
        else:
            exchange.body += message.get("body", b"")

    await app(scope, receive, send)
    return exchange


@dataclass(frozen=True)
class Door:
    """A door: its path, a body that it takes, one that it does not, and how a body is signed."""

    path: str
    good: bytes
    bad: bytes
    sign: Callable[[bytes, str], Headers]
    """From the body and what was given to this client: a write key, a token."""
    bad_status: int = 400
    kind: str = "application/json"

    def headers(self, body: bytes, secret: str) -> Headers:
        """Of a request that is signed."""
        return {"content-type": self.kind, **self.sign(body, secret)}


def basic(name: str, password: str) -> Headers:
    """Basic authentication (RFC 7617)."""
    return {"authorization": f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"}


def calcom(body: bytes, _secret: str) -> Headers:
    return {
        "x-cal-signature-256": hmac.new(CALCOM_SECRET.encode(), body, hashlib.sha256).hexdigest()
    }


def calendly(body: bytes, _secret: str) -> Headers:
    at = str(int(time.time()))
    told = at.encode() + b"." + body
    signature = hmac.new(CALENDLY_SECRET.encode(), told, hashlib.sha256).hexdigest()
    return {"calendly-webhook-signature": f"t={at},v1={signature}"}


TRACK = json.dumps({"type": "track", "userId": "u-1", "event": "Seen", "messageId": "m-1"}).encode()
CALCOM_REPORT = json.dumps(
    {
        "triggerEvent": "BOOKING_CANCELLED",
        "createdAt": datetime.now(UTC).isoformat(),
        "payload": {"uid": "one", "attendees": [{"email": "jane@acme.example"}]},
    }
).encode()
CALENDLY_REPORT = json.dumps(
    {
        "event": "invitee.canceled",
        "created_at": datetime.now(UTC).isoformat(),
        "payload": {
            "uri": "https://api.calendly.com/scheduled_events/E/invitees/I",
            "email": "jane@acme.example",
        },
    }
).encode()
EVENTS = json.dumps(
    [
        {
            "event": "open",
            "timestamp": int(time.time()) - 60,
            "sg_event_id": "open-1",
            "touch_key": "enrollment-1:welcome:1",
        }
    ]
).encode()
DOORS = {
    "sendgrid events": Door("/webhooks/sendgrid", EVENTS, b"{", lambda body, _: signed(body)),
    "sendgrid inbound": Door(
        "/webhooks/sendgrid/inbound",
        FORM,
        b"no form",
        lambda _body, _secret: basic("sendgrid", PASSWORD),
        kind="multipart/form-data; boundary=xYz",
    ),
    # What a calendar service has made is a fact: it is told as unreadable and brought to people.
    "cal.com": Door("/webhooks/calcom", CALCOM_REPORT, b"{", calcom, bad_status=200),
    "calendly": Door("/webhooks/calendly", CALENDLY_REPORT, b"{", calendly, bad_status=200),
    "tracking": Door("/v1/track", TRACK, b"{", lambda _, key: basic(key, "")),
    "tracking batch": Door(
        "/v1/batch", b'{"batch": [' + TRACK + b"]}", b"{", lambda _, key: basic(key, "")
    ),
    "api": Door(
        "/api/suppressions",
        b'{"address": "jane@acme.example", "reason": "asked"}',
        b"{",
        lambda _, token: {"authorization": f"Bearer {token}"},
        bad_status=422,
    ),
}
each_door = pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """A site with every door open."""
    return make_site(
        sendgrid_webhook_public_key=public(KEY),
        sendgrid_inbound_password=SecretStr(PASSWORD),
        calcom_webhook_secret=SecretStr(CALCOM_SECRET),
        calendly_webhook_secret=SecretStr(CALENDLY_SECRET),
    )


def secret_of(site: Site, door: Door) -> str:
    """What a client of this door was given."""
    with site.database.begin() as connection:
        if door.path.startswith("/api/"):
            return create_token(connection, "a program", Role.ADMIN, "")
        return create_write_key(connection, "website", kind="server") or ""


@each_door
async def test_what_is_too_large_is_refused_before_it_is_read(site: Site, door: Door) -> None:
    """Some such requests at once would take the memory of the web app from everybody."""
    body = b" " * (allowance(door.path).size + 1)

    got = await ask(site.app, door.path, door.headers(body, secret_of(site, door)), body)

    assert (got.status, got.read_first) == (413, 0)
    assert got.problem["code"] == "invalid"


@each_door
async def test_who_is_not_known_is_refused_before_the_body_is_read(site: Site, door: Door) -> None:
    """Anybody could have us read megabytes, and check a signature that is not there."""
    wrong = {"authorization": "Basic bm9ib2R5Og=="} if door.path.startswith("/v1/") else {}

    got = await ask(site.app, door.path, {"content-type": door.kind, **wrong}, door.good)

    assert (got.status, got.read_first) == (401, 0)
    assert got.problem["code"] == "unauthorized"


@each_door
async def test_what_is_no_message_is_refused_and_never_an_error(site: Site, door: Door) -> None:
    """The log would fill with errors of ours, and a provider repeat for a day what never works."""
    headers = door.headers(door.bad, secret_of(site, door))

    got = await ask(site.app, door.path, headers, door.bad)

    assert got.status == door.bad_status
    if got.status == 200:
        assert json.loads(got.body)["outcome"] == "unreadable"
        assert site.rows("SELECT kind FROM alert") == [("booking_unreadable",)]
    else:
        assert got.problem["code"].startswith("invalid")


@each_door
async def test_nothing_is_acknowledged_while_the_database_is_away(
    site: Site, door: Door, tmp_path: Path
) -> None:
    """A provider that got 200 never sends it again: the reply or the booking would be lost."""
    headers = door.headers(door.good, secret_of(site, door))
    away = Settings.model_validate(site.settings.model_dump() | {"database_url": NOWHERE})
    try:
        got = await ask(create_app(away), door.path, headers, door.good)
    finally:
        engine(NOWHERE).dispose()

    assert (got.status, got.headers["retry-after"]) == (503, "5")
    assert got.problem["code"] == "unavailable"
    assert NOWHERE not in got.problem["detail"]
    assert got.problem.get("success") in (None, False)


@each_door
async def test_what_is_right_is_taken(site: Site, door: Door) -> None:
    """Else the refusals above would be those of a door that takes nothing."""
    headers = door.headers(door.good, secret_of(site, door))

    got = await ask(site.app, door.path, headers, door.good)

    assert got.status in (200, 201), got.body
