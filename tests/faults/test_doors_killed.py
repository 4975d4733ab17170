"""The web app is killed between keeping a report and answering: the sender reports again."""

from __future__ import annotations

import hashlib
import hmac
import json
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx2 as httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import insert

from domain.checking.policies import read_policy
from store.access import named_keys
from store.published.policies import publish_policy
from store.tables import Rep, WriteKey
from tests.faults.test_doors_reports import WRITE_KEY
from tests.faults.test_doors_visits import served, until_up
from tests.support.calendar_reports import CALCOM_SECRET, HOST, LEAD, calcom
from tests.support.sendgrid_events import KEY, PATH, event, public, signed, touch
from tests.support.waiting import LONGEST_SECONDS
from tests.web import test_inbound as inbound
from tests.web.conftest import Site
from web.forms.stamp import Stamp, Stamps

SECRET = "a secret of the tests, 0123456789"
FORMS = """
policy: forms
forms:
  - name: demo
    title: {en: See it}
    fields: [{field: email, kind: email, required: true, label: {en: E-mail}}]
"""

pytestmark = pytest.mark.xdist_group("doors killed")


def events(address: str) -> httpx.Response:
    """SendGrid's Event Webhook."""
    body = json.dumps([event("click", timestamp=1_767_225_600), event("open")]).encode()
    return httpx.post(address + PATH, content=body, headers=signed(body), timeout=60)


def tracked(address: str) -> httpx.Response:
    """A customer's server, through Segment's API."""
    context = {"traits": {"email": "jane@acme.example"}}
    body = {"userId": "u1", "messageId": "m1", "event": "Signed Up", "context": context}
    return httpx.post(f"{address}/v1/track", json=body, auth=(WRITE_KEY, ""), timeout=60)


def mail(address: str) -> httpx.Response:
    """SendGrid's Inbound Parse."""
    fields = {name: (None, str(value)) for name, value in inbound.parsed().items()}
    return httpx.post(
        f"{address}/webhooks/sendgrid/inbound",
        files=fields,
        auth=("sendgrid", inbound.PASSWORD),
        timeout=60,
    )


def booking(address: str) -> httpx.Response:
    """Cal.com."""
    at = datetime(2099, 6, 2, 9, tzinfo=UTC)
    body = json.dumps(calcom("BOOKING_CREATED", "one", at, at + timedelta(hours=1))).encode()
    signature = hmac.new(CALCOM_SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Cal-Signature-256": signature}
    return httpx.post(f"{address}/webhooks/calcom", content=body, headers=headers, timeout=60)


def form(address: str) -> httpx.Response:
    """Somebody who looks at a hosted form, and presses the button again when nothing comes."""
    stamp = Stamp("demo", "the page", "en", None, time.time() - 60)
    data = {"stamp": Stamps(SECRET).write(stamp), "answer.email": "jane@acme.example"}
    return httpx.post(f"{address}/f/demo", data=data, timeout=60)


def kept(site: Site) -> list[list[tuple[object, ...]]]:
    """Everything that reports leave behind."""
    queries = (
        "SELECT key, kind, points FROM engagement ORDER BY key",
        "SELECT id, state, starts_at, attempt FROM meeting",
        "SELECT id, kind FROM inbound_message",
        "SELECT key FROM relay_message ORDER BY key",
        "SELECT key, state, lead_id FROM form_submission",
    )
    return [site.rows(query) for query in queries]


@pytest.mark.parametrize(
    ("point", "report"),
    [
        ("door.booking_committed", booking),
        ("door.events_committed", events),
        ("door.mail_committed", mail),
        ("door.form_taken", form),
        ("door.tracked", tracked),
    ],
)
def test_what_is_reported_again_after_a_kill_counts_once(
    make_site: Callable[..., Site],
    monkeypatch: pytest.MonkeyPatch,
    point: str,
    report: Callable[[str], httpx.Response],
) -> None:
    """Counted twice, a lead would be handed to sales for half of what it did."""
    site = make_site(
        email_channel="sendgrid",
        sendgrid_webhook_public_key=public(KEY),
        sendgrid_inbound_password=SecretStr(inbound.PASSWORD),
    )
    touch(site)
    monkeypatch.setenv("SENDGRID_WEBHOOK_PUBLIC_KEY", public(KEY))
    monkeypatch.setenv("SENDGRID_INBOUND_PASSWORD", inbound.PASSWORD)
    monkeypatch.setenv("CALCOM_WEBHOOK_SECRET", CALCOM_SECRET)
    site.add_lead(LEAD)
    with site.database.begin() as connection:
        digest = named_keys.digest(WRITE_KEY)
        connection.execute(insert(Rep).values(code="rep-1", name="Pro Example", email=HOST))
        named_keys.add(connection, WriteKey, name="server", key_hash=digest, cadence="")
        forms, _problems = read_policy(FORMS, "forms.yaml")
        assert forms is not None
        publish_policy(connection, FORMS, forms)
    with served(site.settings, site.settings.database_url, f"kill:{point}") as (process, address):
        until_up(process, address)
        with pytest.raises(httpx.HTTPError):
            report(address)
        assert process.wait(LONGEST_SECONDS) == -signal.SIGKILL
    counted = kept(site)
    assert any(counted)
    with served(site.settings, site.settings.database_url) as (process, address):
        until_up(process, address)
        assert report(address).status_code == 200
    assert kept(site) == counted
