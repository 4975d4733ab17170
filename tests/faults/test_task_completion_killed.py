"""The command line and the worker are killed while a disposition is on its way, or while what it
asked for waits: it counts once."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from cli.cadence import publish_files
from domain.contracts.journey import Phase, journey_id
from domain.contracts.search_attributes import SEARCH_ATTRIBUTES
from domain.tasks.completion import Completion
from embedded.stack import EmbeddedStack
from settings import ROOT, Clock
from store.engine import engine
from store.migrate import upgrade
from store.outbox.relay_messages import post
from store.tasks.tasks import complete_task
from tests.faults.scenario import CADENCES
from tests.support.deployment import free_ports
from tests.support.folders import server_folder
from tests.support.programs import Program, running
from tests.support.waiting import LONGEST_SECONDS

pytestmark = pytest.mark.xdist_group("task completion killed")

KILLS = 4
FACTOR = 20_000.0
"""A weekend passes in a few seconds."""


class Desk:
    """The stack, one worker at a time, and an SDR at a terminal."""

    def __init__(self, home: Path, stack: EmbeddedStack, database: Engine) -> None:
        self.database = database
        self.clock = Clock(datetime.now(UTC), FACTOR)
        self.log = home / "processes.log"
        self.environment = {
            **os.environ,
            "DATABASE_URL": database.url.render_as_string(hide_password=False),
            "TEMPORAL_ADDRESS": stack.temporal.address,
            "PERENNIAL_HOME": str(home),
            "SECRET_KEY": "a secret of the tests, 0123456789",
            "DEMO_TIME_FACTOR": str(self.clock.factor),
            "DEMO_TIME_EPOCH": self.clock.epoch.isoformat(),
        }
        self._programs = ExitStack()
        self.worker = self.run("worker.py")

    def run(self, *arguments: str) -> Program:
        """Start a program of ours."""
        with self.log.open("ab") as log:
            program = running(*arguments, environment=self.environment, log=log)
            return self._programs.enter_context(program)

    def close(self) -> None:
        """End all programs."""
        self._programs.close()
        self.database.dispose()

    def answers(self, task: int, disposition: str, at: datetime | None = None) -> None:
        """End a task without a terminal."""
        with self.database.begin() as connection:
            complete_task(
                connection,
                task,
                Completion(disposition=disposition, at=at),
                "rep-1",
                self.clock.now(),
            )

    def kill_worker(self) -> None:
        """Kill the worker as the kernel does, and start another."""
        kill(self.worker)
        self.worker = self.run("worker.py")

    def value(self, query: str) -> Any:
        """The one value a query gives."""
        with self.database.begin() as connection:
            return connection.execute(text(query)).scalar()

    def reaches(self, query: str, expected: Any) -> None:
        """Wait until a one-value query gives what is expected."""
        deadline = time.monotonic() + LONGEST_SECONDS
        while (seen := self.value(query)) != expected:
            assert time.monotonic() < deadline, (query, seen, self.log.read_text()[-2000:])
            time.sleep(0.1)


def kill(process: Program) -> None:
    """End a process without a word of warning."""
    process.kill()
    process.wait()


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A lead whose qualify task is open."""
    home = server_folder()
    names = ("postgres", "temporal", "ui", "metrics")
    ports = dict(zip(names, free_ports(4), strict=True))
    stack = EmbeddedStack(home, SEARCH_ATTRIBUTES, ports=ports)
    made: Desk | None = None
    try:
        addresses = stack.start()
        upgrade(addresses.database_url)
        database = engine(addresses.database_url)
        publish_files(database, CADENCES, ROOT / "templates")
        with database.begin() as connection:
            connection.execute(
                text("INSERT INTO lead (email, email_key) VALUES ('a@x.example', 'a@x.example')")
            )
            post(
                connection,
                key="start",
                workflow_id=journey_id(1),
                kind="start",
                name=Phase.FOLLOW_UP,
                payload={"lead_id": 1},
            )
        made = Desk(home, stack, database)
        made.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)
        yield made
    finally:
        if made is not None:
            made.close()
        stack.stop()
        shutil.rmtree(home)


def test_a_disposition_counts_once_whoever_is_killed_while_it_is_given(desk: Desk) -> None:
    """The SDR types again after a crash: the lead would be returned twice, or not at all."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")  # noqa: T201
    moment = random.Random(seed)
    arguments = ("starter.py", "tasks", "done", "1", "return", "--reason", "too_early")
    whole = time.monotonic()
    desk.run("starter.py", "tasks", "list").wait()
    whole = time.monotonic() - whole

    for _ in range(KILLS):
        typed = desk.run(*arguments)
        # Most of that time goes into starting Python; the answer is given at its end.
        time.sleep(moment.uniform(0.8, 1.3) * whole)
        kill(typed)
        desk.kill_worker()
    desk.run(*arguments).wait()

    desk.reaches("SELECT phase FROM lead", "Recycle")
    assert desk.value("SELECT state || ' ' || disposition FROM task") == "done return"
    assert desk.value("SELECT count(*) FROM lead_feedback") == 1
    assert desk.value("SELECT count(*) FROM relay_message WHERE kind = 'complete_task'") == 1
    assert desk.value("SELECT count(*) FROM stage_transition WHERE phase = 'Recycle'") == 1
    desk.reaches("SELECT outcome FROM relay_message WHERE kind = 'complete_task'", "delivered")
    assert desk.value("SELECT late FROM task") is False


def test_a_call_back_waits_on_when_the_worker_is_killed(desk: Desk) -> None:
    """The lead named the time of the call: nobody would call, or two people would."""
    calls = "SELECT count(*) FROM task WHERE kind = 'call' AND state = 'open'"
    desk.answers(1, "accept")
    desk.reaches(calls, 1)
    asked = desk.clock.now() + timedelta(days=2)
    desk.answers(2, "call_back", asked)
    desk.reaches("SELECT outcome FROM relay_message WHERE key = 'task:2'", "delivered")

    desk.kill_worker()

    desk.reaches(calls, 1)
    assert desk.value("SELECT opened_at FROM task WHERE state = 'open'") >= asked
    desk.answers(3, "not_interested")
    desk.reaches("SELECT phase FROM lead", "Recycle")
    assert desk.value("SELECT count(*) FROM task") == 3
