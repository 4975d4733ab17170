"""Events that go out: a customer's system acts on each of them, and must miss none."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import WorkflowHandle

from activities import public_post
from cli.cadence import publish_files
from domain.contracts.webhooks import webhook_workflow_id
from domain.refusals import Conflict
from domain.tasks.completion import Completion
from settings import ROOT
from store.meetings.meetings import book_meeting
from store.outbox import outgoing
from store.tasks import tasks
from tests.relay.post import Post
from tests.support.history_scan import in_history
from tests.support.programs import Program, running
from tests.support.waiting import wait_for
from tests.support.webhook_receiver import SILENCE, Receiver, receiving
from tests.support.workflow_world import CADENCES

pytestmark = pytest.mark.xdist_group("relay")

STATE = "SELECT state FROM webhook_delivery"


@pytest.fixture
def receiver(post: Post) -> Iterator[Receiver]:
    """A receiver that is told of everything."""
    post.settings = post.settings.model_copy(update={"webhooks_allow_private": True})
    # The tests share one Temporal, and a delivery is a workflow id there.
    post.run(
        "SELECT setval(pg_get_serial_sequence('webhook_delivery', 'id'), "
        "(extract(epoch FROM clock_timestamp()) * 1000)::bigint)"
    )
    with receiving() as one:
        with post.database.begin() as connection:
            secret = outgoing.add_endpoint(connection, one.url, [])
        assert secret is not None
        one.secret = secret
        yield one


def happens(post: Post) -> int:
    """A person answers a task; returns the delivery's id."""
    lead = post.lead()
    task = post.value(
        "INSERT INTO task (key, lead_id, kind, title, dispositions, state, opened_at, due_at, "
        "deadline_at, workflow_id) VALUES (gen_random_uuid(), :lead, 'qualify', 'Call Wilhelmina', "
        "'[\"accept\"]', 'open', now(), now(), now() + interval '1 day', 'nobody') RETURNING id",
        lead=lead,
    )
    with post.database.begin() as connection:
        note = Completion(disposition="accept", note="Wilhelmina is in a hurry")
        tasks.complete_task(connection, task, note, "rep-1", datetime.now(UTC))
    post.run("UPDATE relay_message SET outcome = 'delivered' WHERE kind = 'complete_task'")
    return int(post.value("SELECT id FROM webhook_delivery"))


async def delivering(post: Post, delivery: int) -> WorkflowHandle:  # type: ignore[type-arg]
    """Have the relay start what is due; the delivery's workflow."""
    while await post.relay.deliver_due():
        pass
    return post.client.get_workflow_handle(webhook_workflow_id(delivery))


async def test_an_event_arrives_signed_after_the_receiver_was_down_for_a_moment(
    post: Post, receiver: Receiver
) -> None:
    """Every deploy of the customer's system would cost it events."""
    receiver.answers = [503, 204]
    async with post.working():
        delivery = happens(post)
        handle = await delivering(post, delivery)
        await asyncio.wait_for(handle.result(), 60)

    assert receiver.ids == [receiver.ids[0]] * 2
    _, event, first = receiver.got[0]
    assert int(receiver.got[1][2]) >= int(first) + 5
    assert event["type"] == "task.completed"
    assert event["data"]["disposition"] == "accept"
    assert event["data"]["by"] == "rep-1"
    assert "Wilhelmina" not in str(event)
    assert post.values("SELECT concat_ws(' ', state, attempts, status) FROM webhook_delivery") == [
        "delivered 2 204"
    ]
    history = await handle.fetch_history()
    told = [receiver.url, receiver.secret, "127.0.0.1", "Wilhelmina", "accept", "rep-1"]
    assert in_history(history, told) == []


async def test_a_test_arrives_signed_as_an_event_does(post: Post, receiver: Receiver) -> None:
    """A test that goes another way than events tells nothing of them."""
    async with post.working():
        with post.database.begin() as connection:
            delivery = outgoing.send_test(connection, receiver.url)
        assert delivery is not None
        await asyncio.wait_for((await delivering(post, delivery)).result(), 60)

    (_, event, _at) = receiver.got[0]
    assert event["type"] == "webhook.test"
    with post.database.connect() as connection:
        line = outgoing.find_delivery(connection, delivery)
    assert line is not None
    assert (line.state, line.status) == ("delivered", 204)


async def test_an_endpoint_that_is_gone_is_asked_no_more(post: Post, receiver: Receiver) -> None:
    """410 is how a receiver says so; it would be called for three days with every event."""
    receiver.answers = [410]
    async with post.working():
        delivery = happens(post)
        await asyncio.wait_for((await delivering(post, delivery)).result(), 60)

    assert post.value(STATE) == "failed"
    assert len(receiver.got) == 1
    assert post.value("SELECT active FROM webhook_endpoint") is False
    with post.database.begin() as connection, pytest.raises(Conflict, match="any more"):
        outgoing.resend(connection, delivery)


async def test_a_redirect_is_not_followed(post: Post, receiver: Receiver) -> None:
    """It could lead into our own network."""
    receiver.answers = [302]
    async with post.working():
        delivery = happens(post)
        await delivering(post, delivery)
        await post.reaches("SELECT status FROM webhook_delivery", 302)

    assert len(receiver.got) == 1
    assert post.value(STATE) == "waiting"


async def test_a_receiver_that_does_not_answer_is_given_up_for_now_and_asked_again_on_demand(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would hold a thread of every worker; and who fixed it does not want to wait for hours."""
    monkeypatch.setattr(public_post, "TIMEOUT_SECONDS", 0.5)
    receiver.answers = [SILENCE, SILENCE, 200]
    async with post.working():
        delivery = happens(post)
        handle = await delivering(post, delivery)
        await post.reaches("SELECT attempts FROM webhook_delivery WHERE error LIKE 'no ans%'", 2)
        with post.database.begin() as connection:
            outgoing.resend(connection, delivery)
        await delivering(post, delivery)
        await asyncio.wait_for(handle.result(), 60)

    assert post.value(STATE) == "delivered"
    assert receiver.ids == [receiver.ids[0]] * 3


async def test_what_was_delivered_is_sent_again_under_the_same_id(
    post: Post, receiver: Receiver
) -> None:
    """The receiver tells by the id that it has it already."""
    async with post.working():
        delivery = happens(post)
        await asyncio.wait_for((await delivering(post, delivery)).result(), 60)
        with post.database.begin() as connection:
            outgoing.resend(connection, delivery)
        await delivering(post, delivery)
        await post.reaches("SELECT attempts FROM webhook_delivery WHERE status IS NOT NULL", 2)
        await asyncio.wait_for((await delivering(post, delivery)).result(), 60)

    assert receiver.ids == [receiver.ids[0]] * 2


async def test_a_relay_that_brings_a_delivery_twice_sends_it_once(
    post: Post, receiver: Receiver
) -> None:
    async with post.working():
        delivery = happens(post)
        await asyncio.wait_for((await delivering(post, delivery)).result(), 60)
        post.run("UPDATE relay_message SET outcome = '' WHERE kind = 'webhook'")
        await asyncio.wait_for((await delivering(post, delivery)).result(), 60)

    assert len(receiver.got) == 1


async def test_no_event_goes_into_a_private_network_unless_it_is_allowed(
    post: Post, receiver: Receiver
) -> None:
    """Whoever may add endpoints could read our own servers through us."""
    post.settings = post.settings.model_copy(update={"webhooks_allow_private": False})
    names = receiver.url.replace("http:", "https:"), "https://localhost.localdomain:1/"
    async with post.working():
        for url in names:
            post.run("UPDATE webhook_endpoint SET url = :url", url=url)
            delivery = happens(post)
            await delivering(post, delivery)
            await post.reaches("SELECT attempts FROM webhook_delivery", 1)
            await post.reaches("SELECT count(*) FROM webhook_delivery WHERE error <> ''", 1)
            assert "network" in post.value("SELECT error FROM webhook_delivery") or url == names[1]
            post.run("DELETE FROM webhook_delivery")

    assert receiver.got == []


def test_a_worker_killed_while_it_delivers_costs_no_event(
    post: Post, receiver: Receiver, tmp_path: Path
) -> None:
    """Whatever was on its way when a machine dies would be lost."""
    publish_files(post.database, CADENCES, ROOT / "templates")
    receiver.answers = [SILENCE, 204]
    with worker(post, tmp_path) as first:
        happens(post)
        wait_for("a delivery", lambda: receiver.got)
        first.kill()
        first.wait()
    with worker(post, tmp_path):
        wait_for("is delivered", lambda: post.value(STATE) == "delivered")

    assert receiver.ids == [receiver.ids[0]] * 2


@contextmanager
def worker(post: Post, home: Path) -> Iterator[Program]:
    """worker.py as operations would start it."""
    environment = {
        **os.environ,
        "DATABASE_URL": post.database.url.render_as_string(hide_password=False),
        "TEMPORAL_ADDRESS": post.server.address,
        "PERENNIAL_HOME": str(home),
        "SECRET_KEY": "a secret of the tests, 0123456789",
        "WORKER_CONCURRENCY": "4",
        "WEBHOOKS_ALLOW_PRIVATE": "true",
    }
    with (
        (home / "worker.log").open("ab") as log,
        running("worker.py", environment=environment, log=log) as child,
    ):
        yield child


def test_endpoints_are_told_what_they_asked_for_and_nothing_else(
    post: Post, receiver: Receiver
) -> None:
    with post.database.begin() as connection:
        outgoing.add_endpoint(connection, "https://a.example/", ["meeting.booked", "task.opened"])
        outgoing.add_endpoint(connection, "https://b.example/", [])
        outgoing.remove_endpoint(connection, "https://b.example/")
        now = datetime.now(UTC)
        for days in (1, 2):
            book_meeting(
                connection,
                lead_id=_leads(post),
                starts_at=now + timedelta(days=days),
                minutes=30,
                booked_by="lead",
                at=now,
            )

    assert post.values(
        "SELECT split_part(url, '/', 3) || ' ' || event_type FROM webhook_delivery "
        "JOIN webhook_endpoint AS endpoint ON endpoint.id = endpoint_id "
        "WHERE url LIKE '%example%' ORDER BY webhook_delivery.id"
    ) == ["a.example meeting.booked"]
    assert post.values("SELECT event_type FROM webhook_delivery ORDER BY id") == [
        "meeting.booked",
        "meeting.booked",
        "meeting.rescheduled",
    ]


def _leads(post: Post) -> int:
    return int(post.value("SELECT min(id) FROM lead") or post.lead())
