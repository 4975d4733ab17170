"""Answers that can be taken back: what a person confirmed would be lost, count twice, or count
although it was taken back."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import cast

import pytest
from sqlalchemy import Engine, text
from temporalio.client import Client

from domain.access import Role
from domain.checking.policies import read_policy
from domain.contracts.tasks import Undone
from domain.refusals import TaskOver, TaskRefused
from domain.tasks.completion import Completion
from settings import ROOT
from store.access.users import add_user
from store.engine import engine
from store.published.policies import publish_policy
from store.tasks import pending_dispositions, tasks
from temporal.relay import Relay
from tests.support.opened_task import NOW, make_lead, opened
from tests.support.programs import python

USER = 1
NO_ANSWER = Completion(disposition="no_answer", note="Try her mobile")


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """A database with lead 1 and a user."""
    made = engine(database_url)
    with made.begin() as connection:
        make_lead(connection)
        add_user(connection, "ops@perennial.example", "Ops", Role.OPS)
    yield made
    made.dispose()


def call(database: Engine, number: int = 1) -> int:
    """An open call; its id."""
    with database.begin() as connection:
        return opened(
            connection, "call", ["no_answer", "call_back", "not_interested"], number=number
        )


def give(
    database: Engine, task: int, completion: Completion = NO_ANSWER, by: str = "rep-1"
) -> None:
    """Confirm a disposition."""
    with database.begin() as connection:
        pending_dispositions.complete_with_undo(connection, task, completion, by, NOW, user_id=USER)


def let_time_pass(database: Engine) -> None:
    """What is pending is due."""
    with database.begin() as connection:
        connection.execute(
            text("UPDATE pending_disposition SET release_at = now() WHERE release_at < 'infinity'")
        )


def found(database: Engine, query: str) -> list[tuple[object, ...]]:
    """The rows a statement gives."""
    with database.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def done_within(database: Engine, seconds: float) -> None:
    """Wait until a task is done."""
    until = time.monotonic() + seconds
    while not found(database, "SELECT FROM task WHERE state = 'done'"):
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_pending_disposition_counts_later_as_of_when_it_was_given(database: Engine) -> None:
    """An SDR in time would be late, or what can be undone would have had its consequences."""
    task = call(database)
    give(database, task)

    assert pending_dispositions.release_due(database) == 0
    assert found(database, "SELECT state FROM task") == [("open",)]
    assert found(database, "SELECT count(*) FROM relay_message WHERE kind <> 'webhook'") == [(0,)]
    let_time_pass(database)
    assert pending_dispositions.release_due(database) == 1
    done = "SELECT state, disposition, completed_by, completed_at, answer->>'note' FROM task"
    assert found(database, done) == [("done", "no_answer", "rep-1", NOW, "Try her mobile")]
    assert found(database, "SELECT key FROM relay_message") == [(f"task:{task}",)]
    assert found(database, "SELECT count(*) FROM pending_disposition") == [(0,)]


def test_what_is_taken_back_comes_back_as_it_was_typed(database: Engine) -> None:
    task = call(database)
    typed = NO_ANSWER.model_copy(
        update={"disposition": "not_interested", "until": date(2026, 9, 1)}
    )
    give(database, task, typed)

    with database.begin() as connection:
        assert pending_dispositions.undo(connection, task, USER + 1) is None
        assert pending_dispositions.undo(connection, task, USER) == typed
    let_time_pass(database)
    assert pending_dispositions.release_due(database) == 0
    assert found(database, "SELECT state, return_on FROM task, lead") == [("open", None)]


def test_what_cannot_be_taken_is_refused_before_it_is_pending(database: Engine) -> None:
    """The person would hear of it when the task is long off the screen."""
    task = call(database)
    with pytest.raises(TaskRefused, match="needs a time"):
        give(database, task, Completion(disposition="call_back"))
    assert found(database, "SELECT count(*) FROM pending_disposition") == [(0,)]
    give(database, task)

    with pytest.raises(TaskOver, match="rep-1 has just done it with 'no_answer'"):
        give(database, task, NO_ANSWER, "rep-2")


def test_what_is_refused_in_the_end_is_kept_and_told(database: Engine) -> None:
    """The lead booked by itself meanwhile: the note would be gone, and nobody would know."""
    task = call(database)
    give(database, task)
    with database.begin() as connection:
        tasks.close_task(connection, task, Undone.WITHDRAWN, NOW)
    let_time_pass(database)

    assert pending_dispositions.release_due(database) == 1
    assert pending_dispositions.release_due(database) == 0
    with database.connect() as connection:
        (told,) = pending_dispositions.pending_of(connection, USER)
    assert "withdrawn" in told.refused
    assert told.completion == NO_ANSWER
    assert found(database, "SELECT state, answer->'refused'->0->>'note' FROM task") == [
        ("withdrawn", "Try her mobile")
    ]
    with database.begin() as connection:
        assert pending_dispositions.undo(connection, task, USER) == NO_ANSWER
        assert pending_dispositions.pending_of(connection, USER) == []


def test_an_answer_that_fails_waits_and_the_others_do_not(database: Engine) -> None:
    """One broken policy would hold up what everybody has answered."""
    source = (ROOT / "cadences" / "follow-up.yaml").read_text(encoding="utf-8")
    rules, problems = read_policy(source, "follow-up.yaml")
    assert rules, problems
    with database.begin() as connection:
        publish_policy(connection, source, rules)
        bad = opened(connection, "qualify", ["return"])
    give(database, bad, Completion(disposition="return", reason="too_early"))
    good = call(database)
    give(database, good)
    let_time_pass(database)
    with database.begin() as connection:
        connection.execute(text("DELETE FROM policy_version"))

    assert pending_dispositions.release_due(database) == 2
    assert found(database, "SELECT id FROM task WHERE state = 'done'") == [(good,)]
    assert found(database, "SELECT task_id FROM pending_disposition") == [(bad,)]


def test_two_relays_release_each_answer_once_after_a_third_was_killed(
    database: Engine, database_url: str
) -> None:
    """What an SDR confirmed would be lost with a process, or be counted by both."""
    numbers = [call(database, number) for number in range(24)]
    for task in numbers:
        give(database, task)
    let_time_pass(database)
    releasing = (
        "import os; from store.tasks import pending_dispositions; from store.engine import engine\n"
        "pending_dispositions.BATCH = 1\n"
        "database = engine(os.environ['DATABASE_URL'])\n"
        "while True: pending_dispositions.release_due(database)"
    )
    environment = {**os.environ, "DATABASE_URL": database_url, "PYTHONDONTWRITEBYTECODE": "1"}
    with python("-c", releasing, environment=environment):
        done_within(database, 60)

    with ThreadPoolExecutor(2) as both:
        for _ in range(2):
            list(both.map(pending_dispositions.release_due, [database] * 2))
    assert found(database, "SELECT state, count(*) FROM task GROUP BY 1") == [("done", 24)]
    assert found(database, "SELECT count(*), count(DISTINCT key) FROM relay_message") == [(24, 24)]
    assert found(database, "SELECT count(*) FROM pending_disposition") == [(0,)]


async def test_a_worker_releases_what_is_due(database: Engine) -> None:
    """Answers would wait for ever: nobody but the relay releases them."""
    task = call(database)
    give(database, task)
    let_time_pass(database)
    # Temporal is away: the answer counts all the same, and is brought there later.
    relay = Relay(database, cast(Client, None))
    running = asyncio.create_task(relay.run())
    try:
        await asyncio.to_thread(done_within, database, 60)
    finally:
        relay.stop()
        await running
