"""The web app is killed between keeping a report and answering: the sender reports again."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable

import httpx2 as httpx
import pytest
from pydantic import SecretStr

from store import named_keys
from store.tables import WriteKey
from tests.faults.test_doors_reports import WRITE_KEY
from tests.faults.test_doors_visits import served, until_up
from tests.web import test_inbound as inbound
from tests.web.conftest import Site, make_site  # noqa: F401 - the fixture
from tests.web.sendgrid import KEY, PATH, event, public, signed, touch

pytestmark = pytest.mark.xdist_group("faults")


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


@pytest.mark.parametrize(
    ("point", "report"),
    [
        ("door.events_committed", events),
        ("door.mail_committed", mail),
        ("door.tracked", tracked),
    ],
)
def test_what_is_reported_again_after_a_kill_counts_once(
    make_site: Callable[..., Site],  # noqa: F811 - pytest's way
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
    with site.database.begin() as connection:
        digest = named_keys.digest(WRITE_KEY)
        named_keys.add(connection, WriteKey, name="server", key_hash=digest, cadence="")
    with served(site.settings, site.settings.database_url, f"kill:{point}") as (process, address):
        until_up(process, address)
        with pytest.raises(httpx.HTTPError):
            report(address)
        assert process.wait(60) == -signal.SIGKILL
    counted = site.rows("SELECT key, kind, points FROM engagement ORDER BY key")
    assert counted
    with served(site.settings, site.settings.database_url) as (process, address):
        until_up(process, address)
        assert report(address).status_code == 200
    assert site.rows("SELECT key, kind, points FROM engagement ORDER BY key") == counted
