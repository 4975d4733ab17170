"""What other companies' servers report while the database fails at the worst moment.

Each door must answer with 503 and ``Retry-After`` to what it has not kept, and the second request
must count once. All of them end in rows of ``engagement``, so that is where the fault is put.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable

import httpx2 as httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from embedded.postgres import EmbeddedPostgres
from store.access import named_keys
from store.tables import WriteKey
from tests.faults.test_doors_visits import unhurried
from tests.support.sendgrid_events import KEY, event, post, public, touch
from tests.web import test_inbound as inbound
from tests.web.conftest import Site, browse

pytestmark = pytest.mark.xdist_group("doors reports")

WRITE_KEY = "a write key"
Report = Callable[[Site], Awaitable[httpx.Response]]


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """A deployment with every door open, and one lead that was written to."""
    site = make_site(
        email_channel="sendgrid",
        sendgrid_webhook_public_key=public(KEY),
        sendgrid_inbound_password=SecretStr(inbound.PASSWORD),
    )
    touch(site)
    with site.database.begin() as connection:
        connection.execute(text("UPDATE touch SET message_id = :id"), {"id": inbound.OURS})
        digest = named_keys.digest(WRITE_KEY)
        named_keys.add(connection, WriteKey, name="server", key_hash=digest, cadence="")
    return site


async def events(site: Site) -> httpx.Response:
    """SendGrid's Event Webhook."""
    return await post(site, [event("click"), event("open")])


async def mail(site: Site) -> httpx.Response:
    """SendGrid's Inbound Parse."""
    return await inbound.post(site, inbound.parsed())


async def tracked(site: Site) -> httpx.Response:
    """A customer's server, through Segment's API."""
    body = {
        "userId": "u1",
        "messageId": "m1",
        "event": "Signed Up",
        "context": {"traits": {"email": "jane@acme.example"}},
    }
    async with browse(site) as client:
        return await client.post("/v1/track", json=body, auth=(WRITE_KEY, ""))


DOORS: dict[str, Report] = {"events": events, "mail": mail, "tracked": tracked}
doors = pytest.mark.parametrize("door", DOORS)


def fail(site: Site, body: str, when: str = "BEFORE INSERT ON engagement") -> None:
    """Let a trigger do ``body`` with each engagement."""
    with site.database.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN {body}; RETURN NEW; END $$"
            )
        )
        kind = "CONSTRAINT TRIGGER" if "DEFERRED" in when else "TRIGGER"
        connection.execute(
            text(f"CREATE {kind} fault {when} FOR EACH ROW EXECUTE FUNCTION fault()")
        )


def fix(site: Site) -> None:
    with site.database.begin() as connection:
        connection.execute(text("DROP FUNCTION fault CASCADE"))


async def counts_once(site: Site, door: str) -> None:
    """The sender asks again, twice, and it counts once."""
    first = await DOORS[door](site)
    assert first.status_code == 200, first.text
    counted = site.rows("SELECT key FROM engagement ORDER BY key")
    assert counted
    assert (await DOORS[door](site)).status_code == 200
    assert site.rows("SELECT key FROM engagement ORDER BY key") == counted


def refused(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


@doors
async def test_a_connection_that_is_lost_at_the_commit(site: Site, door: str) -> None:
    """Answered with 200, the sender would forget what nobody has."""
    fail(
        site,
        "PERFORM pg_terminate_backend(pg_backend_pid())",
        "AFTER INSERT ON engagement DEFERRABLE INITIALLY DEFERRED",
    )
    refused(await DOORS[door](site))
    fix(site)
    assert site.rows("SELECT 1 FROM engagement") == []
    await counts_once(site, door)


@doors
@pytest.mark.parametrize("state", ["40P01", "40001", "55P03", "57014", "57P01", "25006"])
async def test_a_transaction_that_postgres_gave_up(site: Site, door: str, state: str) -> None:
    """Deadlock, serialization, time-outs of locks and statements, shutdown, a standby."""
    fail(site, f"RAISE SQLSTATE '{state}'")
    answer = await DOORS[door](site)
    assert site.rows("SELECT 1 FROM engagement") == []
    refused(answer)
    fix(site)
    await counts_once(site, door)


@doors
async def test_a_pool_without_a_free_connection(
    site: Site, door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.database.pool, "_timeout", 0.2)
    held = [site.database.connect() for _ in range(16)]
    try:
        refused(await DOORS[door](site))
    finally:
        for connection in held:
            connection.close()
    await counts_once(site, door)


@doors
async def test_a_real_deadlock(site: Site, postgres_server: EmbeddedPostgres, door: str) -> None:
    """Another writer has what the door wants next, and wants the lead that the door has."""
    with site.database.begin() as connection:
        connection.execute(text("CREATE TABLE thing AS SELECT 1 AS id"))
    fail(site, "PERFORM FROM thing FOR UPDATE")
    taken = threading.Event()

    def other_way_round() -> None:
        with unhurried(postgres_server, site) as cursor:
            cursor.execute("SELECT FROM thing FOR UPDATE")
            taken.set()
            time.sleep(0.5)
            cursor.execute("SELECT FROM lead FOR UPDATE")

    other = asyncio.create_task(asyncio.to_thread(other_way_round))
    assert await asyncio.to_thread(taken.wait, 30)
    answer = await DOORS[door](site)
    await other
    if answer.status_code != 200:
        refused(answer)
    await counts_once(site, door)


async def test_one_event_that_can_not_be_stored_holds_up_no_other(site: Site) -> None:
    """SendGrid repeats a batch for a day: 39 others would wait for the one, then be lost."""
    fail(
        site,
        "IF NEW.key = 'sendgrid:open-17' THEN RAISE SQLSTATE '23514'; END IF",
    )
    batch = [event("open", number) for number in range(40)]
    for recorded in (39, 0):
        answer = await post(site, batch)
        told = answer.json()
        assert (answer.status_code, told["recorded"], told["refused"]) == (400, recorded, 1)
        assert [one["field"].partition(".")[0] for one in told["errors"]] == ["[17]"]
    assert site.rows("SELECT count(*) FROM engagement") == [(39,)]


async def test_one_message_that_can_not_be_stored_holds_up_no_other(site: Site) -> None:
    """A library sends a batch again and again that is answered with 503."""
    fail(site, "IF NEW.key LIKE '%m7' THEN RAISE SQLSTATE '22003'; END IF")
    batch = [
        {"type": "track", "userId": "u1", "messageId": f"m{number}", "event": "Signed Up"}
        for number in range(10)
    ]
    async with browse(site) as client:
        answer = await client.post("/v1/batch", json={"batch": batch}, auth=(WRITE_KEY, ""))
    assert answer.status_code == 200
    assert [one["index"] for one in answer.json()["rejected"]] == [7]
    assert site.rows("SELECT count(*) FROM engagement") == [(9,)]
