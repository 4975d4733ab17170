"""Workers that die or freeze between two steps that belong together, and packets that vanish: what
a paused machine, a frozen container and a firewall do that forgets its connections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from store.outbox.outgoing import add_endpoint
from tests.channels.test_smtp import Handler, LocalServer
from tests.support.deployment import Deployment, deployment, message, wake
from tests.support.tcp_proxy import Proxy
from tests.support.waiting import wait_for
from tests.support.webhook_receiver import receiving

pytestmark = pytest.mark.xdist_group("hangs")

TESTS, LEADS = 15, 6
OTHERS_GO_ON = 30.0
"""Seconds that a hung worker may cost the others."""
SHUTDOWN = 5.0
ANSWERED_AT_ONCE = """
    CREATE FUNCTION answer_at_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE task SET state = 'done', disposition = 'return', completed_by = 'rep-1',
            completed_at = now(), answer = '{{"code_reason": "too_early"}}' WHERE id = NEW.id;
        INSERT INTO relay_message (key, workflow_id, kind, payload)
        VALUES ('task:' || NEW.id, NEW.workflow_id, 'complete_task',
            jsonb_build_object('task_id', NEW.id));
        RETURN NULL;
    END $$;
    CREATE TRIGGER answer_at_once AFTER INSERT ON task FOR EACH ROW
    WHEN (NEW.lead_id IN ({leads})) EXECUTE FUNCTION answer_at_once()
"""
"""A person who is faster than the journey."""


@dataclass(frozen=True)
class People:
    """Leads of one test."""

    users: range
    ids: str

    def count(self, table: str, where: str = "true") -> str:
        """The query that counts their rows."""
        return f"SELECT count(*) FROM {table} WHERE lead_id IN ({self.ids}) AND {where}"

    @property
    def tasks(self) -> str:
        """The query that counts how often they were handed to sales."""
        return self.count("task", "kind = 'qualify'")

    @property
    def undelivered(self) -> str:
        """The query that counts what their journeys have not heard of."""
        keys = f"SELECT 'lead-' || unnest(ARRAY[{self.ids}])"
        return f"SELECT count(*) FROM relay_message WHERE outcome = '' AND workflow_id IN ({keys})"


@pytest.fixture(scope="module")
def stack() -> Iterator[Deployment]:
    """One stack and one web app for all; each test has leads and workers of its own."""
    with deployment(WORKER_SHUTDOWN_SECONDS=str(SHUTDOWN)) as running:
        running.web()
        yield running


@pytest.fixture(scope="module")
def groups(stack: Deployment) -> list[People]:
    """Leads for each test, brought to nurture by a worker that has ended since."""
    worker = stack.worker()
    users = range(TESTS * LEADS)
    stack.send(
        [message("identify", n, traits={"email": f"user-{n}@faults.example"}) for n in users]
    )
    nurture = "SELECT count(*) FROM lead WHERE phase = 'Nurture' AND email_key LIKE 'user-%'"
    stack.reach("leads in nurture", nurture, len(users))
    stack.reach("messages", "SELECT count(*) FROM relay_message WHERE outcome = ''", 0)
    worker.terminate(SHUTDOWN + 10)
    found = {row.email_key: str(row.id) for row in stack.rows("SELECT id, email_key FROM lead")}
    ids = [found[f"user-{n}@faults.example"] for n in users]
    return [
        People(users[first : first + LEADS], ", ".join(ids[first : first + LEADS]))
        for first in users[::LEADS]
    ]


@pytest.fixture
def people(groups: list[People]) -> People:
    """Leads that no other test has, whose journeys wait in nurture."""
    return groups.pop()


@pytest.fixture
def here(stack: Deployment, people: People) -> Iterator[Deployment]:
    """The stack with these leads, and without any worker."""
    before = len(stack.programs)
    yield stack
    for worker in stack.programs[before:]:
        worker.kill()
    del stack.programs[before:]


def ask(here: Deployment, people: People) -> None:
    """Everybody asks for a call, which hands them to sales."""
    here.send([message("track", user, event="Asked") for user in people.users])


def called_once(here: Deployment, people: People) -> None:
    """Everybody who asked has one task, one crossing, and one owner."""
    follow_up = people.count("stage_transition", "phase = 'FollowUp'")
    for query in (people.count("crossing"), people.tasks, follow_up, people.count("assignment")):
        assert here.value(query) == LEADS, query
    here.reach("messages", people.undelivered, 0, 30)


@pytest.mark.parametrize(
    "point", ["worker.started", "relay.leased", "relay.delivered", "routing.locked"]
)
def test_what_a_killed_worker_had_in_hand_is_done_once_by_another(
    here: Deployment, people: People, point: str
) -> None:
    """A lead would be handed to sales twice, or never."""
    dying = here.worker(f"kill:{point}")
    ask(here, people)
    wait_for(f"dies at {point}", lambda: dying.returncode is not None)
    here.worker()

    here.reach("tasks", people.tasks, LEADS, OTHERS_GO_ON)

    called_once(here, people)


def test_an_answer_that_was_read_and_not_reported_reaches_the_journey(
    here: Deployment, people: People
) -> None:
    """The wait for it has one attempt: the lead would stand until the task's deadline, days later,
    and be in nobody's list."""
    here.run(ANSWERED_AT_ONCE.format(leads=people.ids))
    dying = here.worker("kill:tasks.disposition_read")
    ask(here, people)
    wait_for("dies with an answer", lambda: dying.returncode is not None)
    here.worker()

    here.reach("recycled leads", people.count("stage_transition", "phase = 'Recycle'"), LEADS, 60)

    called_once(here, people)
    assert here.value(people.count("task", "consumed AND NOT late")) == LEADS


def test_an_event_that_was_posted_and_not_noted_comes_again_under_its_id(
    here: Deployment, people: People
) -> None:
    """Receivers know repeats by the id; another one would be another event to them."""
    with receiving() as receiver:
        with here.database.begin() as connection:
            receiver.secret = add_endpoint(connection, receiver.url, ["task.opened"]) or ""
        dying = here.worker("kill:webhook.posted", WEBHOOKS_ALLOW_PRIVATE="true")
        ask(here, people)
        wait_for("dies with an event", lambda: dying.returncode is not None)
        first = receiver.ids[0]
        here.worker(WEBHOOKS_ALLOW_PRIVATE="true")

        delivered = "SELECT count(*) FROM webhook_delivery WHERE state = 'delivered'"
        here.reach("deliveries", delivered, LEADS, 90)

    assert len(set(receiver.ids)) == LEADS
    assert receiver.ids.count(first) >= 2
    here.run("UPDATE webhook_endpoint SET active = false")


@pytest.mark.parametrize("point", ["routing.locked", "relay.leased", "relay.delivered"])
def test_a_frozen_worker_stops_nobody_else_and_doubles_nothing_when_it_wakes(
    here: Deployment, people: People, point: str
) -> None:
    """No lead of anybody's would be handed to sales until somebody kills the frozen one."""
    frozen = here.worker(f"stop:{point}")
    ask(here, people)
    wait_for(f"freezes at {point}", frozen.is_frozen)
    here.worker()

    here.reach("tasks", people.tasks, LEADS, OTHERS_GO_ON)

    frozen.wake()
    time.sleep(3)
    called_once(here, people)


def test_connections_that_vanish_without_a_word_are_given_up(
    here: Deployment, people: People
) -> None:
    """A firewall that forgets connections would stop every relay for good, and no worker would end
    when it is asked to."""
    with Proxy(here.stack.postgres.port) as proxy:
        worker = here.worker(DATABASE_URL=here.through(proxy.port))
        wait_for("the worker connects", lambda: proxy.accepted > 2)
        time.sleep(2)
        proxy.swallow()
        ask(here, people)
        time.sleep(10)
        proxy.heal()

        here.reach("tasks", people.tasks, LEADS, OTHERS_GO_ON)
        called_once(here, people)

        proxy.swallow()
        time.sleep(1)
        worker.terminate(SHUTDOWN + 10)


def test_a_worker_that_begins_as_temporal_goes_away_waits_for_it(
    here: Deployment, people: People
) -> None:
    """It would end, and nobody be served until somebody starts it again."""
    worker = here.worker("stop:worker.connected")
    wait_for("freezes as it begins", worker.is_frozen)
    here.kill_server("temporal")
    try:
        worker.wake()
        time.sleep(20)
    finally:
        here.start_server("temporal")
    wait_for("begins once more", worker.is_frozen)
    worker.wake()
    ask(here, people)

    here.reach("tasks", people.tasks, LEADS, OTHERS_GO_ON)

    called_once(here, people)


def test_a_worker_that_waits_for_temporal_again_ends_when_it_is_told_to(here: Deployment) -> None:
    """A deployment would wait for it until its time is over, for nothing is in its hand."""
    worker = here.worker("stop:worker.connected")
    wait_for("freezes as it begins", worker.is_frozen)
    here.kill_server("temporal")
    said = here.log_bytes
    try:
        worker.wake()
        wait_for("begins once more", lambda: "it went away again" in here.log(said))
        assert worker.terminate(SHUTDOWN / 2) == 0
    finally:
        here.start_server("temporal")


@pytest.mark.parametrize("what", ["web", "postgres", "temporal"])
def test_what_is_acknowledged_around_a_freeze_is_kept_and_goes_on_at_once(
    here: Deployment, people: People, what: str
) -> None:
    """Events would be lost or counted twice, and people would wait long after the machine woke."""
    here.worker()
    pids = [here.programs[0].pid] if what == "web" else []
    if what == "web":
        here.programs[0].freeze()
    elif what == "temporal":
        pids = here.freeze_server("temporal")
    else:
        pids = here.freeze_server("postgres")
    batch = [message("page", n, name="Home") for n in people.users]
    asked = [message("track", n, event="Asked") for n in people.users]
    try:
        acknowledged = here.send_once([*batch, *asked], timeout=8)
        assert acknowledged is (what == "temporal")
        time.sleep(10 if what == "temporal" else 0)
    finally:
        wake(pids)

    here.send([*batch, *asked])
    here.reach("tasks", people.tasks, LEADS, 15)
    called_once(here, people)
    assert here.value(people.count("engagement", "kind = 'page'")) == LEADS


class Hangs(Handler):
    """A mail server that says nothing to RCPT or DATA of addresses named so, until it is well."""

    def __init__(self) -> None:
        super().__init__()
        self.well = asyncio.Event()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("rcpt"):
            await self.well.wait()
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if envelope.rcpt_tos[0].startswith("data"):
            await self.well.wait()
        return await super().handle_DATA(server, session, envelope)


def test_a_worker_told_to_stop_while_a_provider_hangs_leaves_its_mails_to_the_next(
    stack: Deployment,
) -> None:
    """Each deployment would end the journeys whose mails are on their way, or double these."""
    mails, before = Hangs(), len(stack.programs)
    server = LocalServer(mails, SMTP)
    server.start()
    by_smtp = {"EMAIL_CHANNEL": "smtp", "SMTP_PORT": str(server.port), "SMTP_TLS": "none"}
    addresses = [f"{word}@hangs.example" for word in ("data", "rcpt")]
    touches = (
        "SELECT string_agg(touch.state, ' ' ORDER BY lead.email_key) FROM touch "
        f"JOIN lead ON lead.id = lead_id WHERE email_key IN ('{addresses[0]}', '{addresses[1]}')"
    )
    try:
        worker = stack.worker(**by_smtp)
        stack.send(
            [
                message("identify", TESTS * LEADS + number, traits={"email": address})
                for number, address in enumerate(addresses)
            ]
        )
        stack.reach("mails on their way", touches, "sending claimed")

        worker.terminate(6 * SHUTDOWN)

        assert stack.value(touches) == "sending claimed"
        server.loop.call_soon_threadsafe(mails.well.set)
        stack.worker(**by_smtp)
        stack.reach("mails", touches, "unknown sent")
        next_mail = (
            "SELECT count(*) FROM enrollment JOIN lead ON lead.id = lead_id WHERE ended_at IS NULL "
            f"AND step LIKE '%reentry-2%' AND email_key IN ('{addresses[0]}', '{addresses[1]}')"
        )
        stack.reach("journeys that go on", next_mail, 2)
        assert sum(b"@hangs.example" in mail for mail in mails.mails) == 1
    finally:
        for program in stack.programs[before:]:
            program.kill()
        del stack.programs[before:]
        server.stop()
