"""SendGrid's side of its Event Webhook: events, and requests signed with a key of its own."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx2 as httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from sqlalchemy import text

from tests.web.conftest import Site, browse

KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
PATH = "/webhooks/sendgrid"
SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
TOUCH = "enrollment-1:welcome:1"
PLANNED_AT = datetime(2026, 1, 1, tzinfo=UTC)
"""When the touches of these tests were planned."""
MakeSite = Callable[..., Site]


def public(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    """The public half in one line, as SendGrid shows it."""
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode()


def signed(
    body: bytes, key: ec.EllipticCurvePrivateKey = KEY, at: float | None = None
) -> dict[str, str]:
    """The headers of a request that SendGrid signed at ``at`` (seconds since 1970; now)."""
    timestamp = str(int(time.time() if at is None else at))
    signature = key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    return {SIGNATURE: base64.b64encode(signature).decode(), TIMESTAMP: timestamp}


def event(name: str, number: int = 1, **values: object) -> dict[str, Any]:
    """An event with the fields that SendGrid documents, of our touch."""
    return {
        "email": "jane@acme.example",
        "timestamp": int(time.time()) - 60,
        "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>",
        "event": name,
        "category": ["cat facts"],
        "sg_event_id": f"{name}-{number}",
        "sg_message_id": "14c5d75ce93.filter0001.16648.5515E0B88.0",
        "touch_key": TOUCH,
        **values,
    }


async def post(site: Site, events: object, **signing: Any) -> httpx.Response:
    """SendGrid's request."""
    body = events if isinstance(events, bytes) else json.dumps(events).encode()
    async with browse(site) as client:
        return await client.post(PATH, content=body, headers=signed(body, **signing))


def touch(
    site: Site, state: str = "sent", key: str = TOUCH, email: str = "Jane@Acme.example"
) -> int:
    """A touch in this state; its lead's id."""
    lead_id = site.add_lead(email)
    site.add_touch(lead_id, key)
    with site.database.begin() as connection:
        connection.execute(
            text("UPDATE touch SET state = :state, planned_at = :at WHERE key = :key"),
            {"state": state, "key": key, "at": PLANNED_AT},
        )
    return lead_id
