"""What the database tells, and that nobody waits for one that does not answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2 as httpx
import psycopg2
import pytest
from sqlalchemy import Engine, text

from embedded.postgres import EmbeddedPostgres
from health.checks import Check, State, worst
from health.database import examine
from health.readiness import NoAnswer, ReadinessCheck
from settings import Clock, Settings
from store.engine import engine
from store.health import kept_for_journey, record_failing
from tests.health.conftest import frozen
from web.app import create_app

pytestmark = pytest.mark.xdist_group("servers that hang")

CLOCK = Clock(datetime(2026, 1, 1, tzinfo=UTC), 1.0)
A_FEW_SECONDS = 10.0


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """A fresh database."""
    made = engine(database_url)
    yield made
    made.dispose()


def run(database: Engine, statement: str, **values: Any) -> None:
    """One statement, committed."""
    with database.begin() as connection:
        connection.execute(text(statement), values)


def checks(url: str) -> dict[str, Check]:
    """All checks of the database, by name."""
    return {one.name: one for one in examine(url, "here", CLOCK)}


def relayed(database: Engine, kind: str, seconds: int, **more: Any) -> None:
    """A message for the relay that was written so many seconds ago."""
    run(
        database,
        """
        INSERT INTO relay_message (key, workflow_id, kind, payload, created_at, not_before,
                                   attempts, error)
        VALUES (:key, 'lead-1', :kind, '{}', now() - make_interval(secs => :ago),
                now() - make_interval(secs => :due), :attempts, :error)
        """,
        **{
            "key": f"{kind}:{seconds}",
            "kind": kind,
            "ago": seconds,
            "due": seconds,
            "attempts": 0,
            "error": "",
        }
        | more,
    )


async def ready(url: str) -> tuple[int, float]:
    """Status of ``/readyz``, and how long it took in seconds."""
    app = create_app(Settings(database_url=url, secret_key="test", public_url="http://go.test"))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://go.test") as client:
        begun = time.monotonic()
        answer = await client.get("/readyz")
        return answer.status_code, time.monotonic() - begun


def test_a_database_where_all_is_well_says_so(database: Engine, database_url: str) -> None:
    """Alarms that are always on are looked at by nobody."""
    found = examine(database_url, "here", CLOCK)

    assert {one.name: one.state for one in found if one.state != State.OK} == {}
    assert {one.advice for one in found} == {""}


@pytest.mark.parametrize(
    ("seconds", "more", "state"),
    [
        (30, {}, State.WARN),
        (90, {}, State.BAD),
        (90, {"due": -1000}, State.OK),
        (90, {"due": -30, "attempts": 4, "error": "UNAVAILABLE"}, State.BAD),
    ],
)
def test_a_relay_that_stands_still_is_noticed(
    database: Engine, database_url: str, seconds: int, more: dict[str, Any], state: State
) -> None:
    """Dead relays left twenty crossings lying about with doctor green. What is due later, as an
    import's journeys are, is no lag; what is being tried again is, though its next try is later."""
    relayed(database, "signal", seconds, **more)

    relay = checks(database_url)["relay"]

    assert relay.state == state
    assert relay.figures["waiting"] == (0 if state == State.OK else 1)
    assert more.get("error", "") in relay.advice


def test_a_disposition_that_its_journey_has_not_taken_is_noticed(
    database: Engine, database_url: str
) -> None:
    """The person has done the work and sees nothing come of it."""
    relayed(database, "complete_task", 30)
    assert checks(database_url)["dispositions"].state == State.OK
    relayed(database, "complete_task", 90)

    assert checks(database_url)["dispositions"].figures["not_taken"] == 1
    with database.connect() as connection:
        assert kept_for_journey(connection, "lead-1") is not None
        assert kept_for_journey(connection, "lead-2") is None


def test_an_activity_that_keeps_failing_is_counted_by_kind_until_it_is_quiet(
    database: Engine, database_url: str
) -> None:
    """One line for a hundred thousand leads whose provider is away, and none for last week's."""
    for lead in (1, 2):
        with database.begin() as connection:
            record_failing(
                connection,
                activity="deliver",
                workflow="Nurture",
                error="ProviderAway",
                workflow_id=f"lead-{lead}",
                attempt=7,
            )

    failing = checks(database_url)["activities"]
    assert failing.state == State.WARN
    assert "deliver: ProviderAway (lead-2)" in failing.advice
    assert [row["failures"] for row in failing.figures["failing"]] == [2]

    run(database, "UPDATE failing_activity SET last_at = now() - interval '10 minutes'")
    assert checks(database_url)["activities"].state == State.OK


@pytest.mark.parametrize(
    ("touch", "minutes", "state"),
    [
        ("unknown", 5, State.WARN),
        ("unknown", 90, State.OK),
        ("sending", 5, State.OK),
        ("sending", 30, State.WARN),
        ("sending", 3 * 24 * 60, State.WARN),
        ("failed", 5, State.OK),
    ],
)
def test_mails_of_which_nobody_knows_are_told_of(
    database: Engine, database_url: str, touch: str, minutes: int, state: State
) -> None:
    """Their leads miss them for good; only a query in the handbook said so."""
    run(database, "INSERT INTO lead (email, email_key) VALUES ('a@b.example', 'a@b.example')")
    run(
        database,
        """
        INSERT INTO touch (key, lead_id, step, channel, state, planned_at)
        SELECT 'one', id, 'welcome', 'smtp', :state, :at FROM lead
        """,
        state=touch,
        at=datetime.now(UTC) - timedelta(minutes=minutes),
    )

    assert checks(database_url)["touches"].state == state


@pytest.mark.parametrize(
    ("reason", "detail", "words"),
    [
        ("set_up", "The SMTP server refuses the login (535).", "refuses the login (535)"),
        ("reputation", "550 5.7.26", "DKIM"),
        ("refuses_all", "554", "refuses every one (554)"),
    ],
)
def test_paused_sending_is_bad_and_says_why(
    database: Engine, database_url: str, reason: str, detail: str, words: str
) -> None:
    """A provider that refused every mail left doctor green for weeks."""
    run(
        database,
        "INSERT INTO sending_pause (channel, reason, detail, reported, opened_at, probe_at) "
        "VALUES ('smtp', :reason, :detail, false, now() - interval '90 minutes', now())",
        reason=reason,
        detail=detail,
    )

    sending = checks(database_url)["sending"]

    assert sending.state == State.BAD
    assert "90 min" in sending.said
    assert words in sending.advice
    assert "starter.py sending resume" in sending.advice
    run(database, "UPDATE sending_pause SET ended_at = now()")
    assert checks(database_url)["sending"].state == State.OK


def test_many_failing_mails_are_bad(database: Engine, database_url: str) -> None:
    """A blocked account at the provider fails each mail for good."""
    run(database, "INSERT INTO lead (email, email_key) VALUES ('a@b.example', 'a@b.example')")
    run(
        database,
        """
        INSERT INTO touch (key, lead_id, step, channel, state, planned_at)
        SELECT 'mail-' || number, id, 'welcome', 'smtp',
            CASE WHEN number % 2 = 0 THEN 'failed' ELSE 'sent' END, now()
        FROM lead, generate_series(1, 40) AS number
        """,
    )

    assert checks(database_url)["touches"].state == State.BAD


async def test_a_database_that_takes_no_writes_is_not_ready(
    database: Engine, database_url: str
) -> None:
    """A load balancer would go on sending people to an app that can keep nothing they enter."""
    assert (await ready(database_url))[0] == 200
    name = database.url.database
    run(database, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    database.dispose()

    assert (await ready(database_url))[0] == 503
    assert checks(database_url)["database"].state == State.BAD


async def test_a_full_pool_is_not_taken_for_a_database_that_is_away(
    database: Engine, database_url: str
) -> None:
    """A rush would take all web apps out of service at once."""
    with ExitStack() as held:
        for _ in range(16):
            held.enter_context(database.connect())
        status, seconds = await ready(database_url)

    assert status == 200
    assert seconds < A_FEW_SECONDS


async def test_a_frozen_database_holds_up_nobody_who_asks(own_postgres: EmbeddedPostgres) -> None:
    """A health check that hangs with what it checks tells nobody, and fills the app's threads."""
    url = own_postgres.url("own")
    assert (await ready(url))[0] == 200
    with frozen(own_postgres.pid):
        status, seconds = await ready(url)
        begun = time.monotonic()
        found = examine(url, "here", CLOCK)
        took = time.monotonic() - begun

    assert (status, worst(found)) == (503, State.BAD)
    assert seconds < A_FEW_SECONDS
    assert took < A_FEW_SECONDS
    assert (await ready(url))[0] == 200


async def test_work_that_takes_its_time_is_waited_for_while_the_database_answers(
    own_postgres: EmbeddedPostgres,
) -> None:
    """Publishing takes longer than a patient person waits, and is no reason to say it failed."""
    readiness = ReadinessCheck(own_postgres.url("own"))

    async def publishing(seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "published"

    assert await readiness.answered(publishing(2.5)) == "published"
    with frozen(own_postgres.pid):
        begun = time.monotonic()
        with pytest.raises(NoAnswer):
            await readiness.answered(publishing(60))
        assert time.monotonic() - begun < 2 * A_FEW_SECONDS
    assert await readiness.answered(publishing(2.5)) == "published"


def test_an_answer_that_never_comes_is_given_up(own_postgres: EmbeddedPostgres) -> None:
    """The connection was made and then the server froze: no time-out of the server's own helps."""
    blocker = psycopg2.connect(own_postgres.url("own").replace("+psycopg2", ""))
    try:
        with blocker.cursor() as cursor:
            cursor.execute("LOCK TABLE relay_message IN ACCESS EXCLUSIVE MODE")
        begun = time.monotonic()
        found = {one.name: one.state for one in examine(own_postgres.url("own"), "here", CLOCK)}
        took = time.monotonic() - begun
    finally:
        blocker.close()

    assert found["relay"] == State.UNKNOWN
    assert took < A_FEW_SECONDS
