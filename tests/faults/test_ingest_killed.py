"""The web app and the relay are killed while events pour in."""

from __future__ import annotations

import base64
import http.client
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from cli.cadence import publish_files
from domain.contracts.search_attributes import SEARCH_ATTRIBUTES
from embedded.stack import EmbeddedStack
from settings import ROOT
from store.access.write_keys import create_write_key
from store.engine import engine
from store.migrate import upgrade
from tests.faults.scenario import free_ports
from tests.support.folders import server_folder

pytestmark = pytest.mark.xdist_group("ingest killed")

LEADS = 24
BATCHES = 40
VIEWS_IN_A_BATCH = 25
KILLS = 4
DEADLINE = 120.0

SCORING = """
policy: scoring
half_life: 10000 days
interest:
  - {rule: looked, on: page, points: 1}
  - {rule: asked, on: track, points: 100}
levels: {1: 2000, 2: 100, 3: 50}
letters: {A: 30, B: 15, C: 0}
matrix:
  A: [hot, mql, engaged, known]
  B: [hot, mql, engaged, known]
  C: [mql, mql, engaged, known]
  D: [engaged, engaged, known, known]
hot_within: 15 minutes
"""


class Program:
    """A process of ours that is killed and started again."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self._command, self._environment, self._log = command, environment, log
        self.start()

    def start(self) -> None:
        """Start it as operations would."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """End it without a word."""
        self._process.kill()
        self._process.wait()


class Deployment:
    """The stack, a web app and a worker (which runs the relay)."""

    def __init__(self, home: Path, database: Engine, environment: dict[str, str]) -> None:
        self.database = database
        self.port = int(environment["WEB_PORT"])
        with database.begin() as connection:
            self.key = create_write_key(connection, "site", cadence="again", kind="server") or ""
        self._log = home / "processes.log"
        self.web = Program([sys.executable, "-m", "web"], environment, self._log)
        self.worker = Program([sys.executable, "worker.py"], environment, self._log)

    def send(self, messages: list[dict[str, Any]]) -> None:
        """Send a batch, again and again until it is acknowledged, as the client libraries do."""
        token = base64.b64encode(f"{self.key}:".encode()).decode()
        body = json.dumps({"batch": messages})
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            with closing(connection), suppress(OSError, http.client.HTTPException):
                connection.request("POST", "/v1/batch", body, {"Authorization": f"Basic {token}"})
                with connection.getresponse() as response:
                    if response.status == 200:
                        return
            time.sleep(0.1)
        pytest.fail(f"A batch was never taken. {self.log()}")

    def reach(self, what: str, query: str, expected: object) -> None:
        """Wait until the database says so."""
        deadline = time.monotonic() + DEADLINE
        while (found := self.value(query)) != expected:
            assert time.monotonic() < deadline, f"{what}: {found}, not {expected}. {self.log()}"
            time.sleep(0.2)

    def value(self, query: str) -> Any:
        """The one value of a query."""
        with self.database.connect() as connection:
            return connection.execute(text(query)).scalar()

    def log(self) -> str:
        """The end of what the processes said."""
        return self._log.read_text(encoding="utf-8")[-3000:]


@contextmanager
def deployment() -> Iterator[Deployment]:
    """A stack of its own, with nothing but what this test needs published."""
    home = server_folder()
    ports = free_ports(5)
    stack = EmbeddedStack(
        home,
        SEARCH_ATTRIBUTES,
        ports=dict(zip(("postgres", "temporal", "ui", "metrics"), ports, strict=False)),
    )
    running: Deployment | None = None
    try:
        addresses = stack.start()
        upgrade(addresses.database_url)
        database = engine(addresses.database_url)
        shutil.copytree(Path(__file__).parent / "cadences", home / "cadences")
        (home / "cadences" / "scoring.yaml").write_text(SCORING, encoding="utf-8")
        publish_files(database, home / "cadences", ROOT / "templates")
        running = Deployment(
            home,
            database,
            {
                **os.environ,
                "DATABASE_URL": addresses.database_url,
                "TEMPORAL_ADDRESS": addresses.temporal_address,
                "PERENNIAL_HOME": str(home),
                "SECRET_KEY": "a secret of the tests, 0123456789",
                "WEB_PORT": str(ports[4]),
                "WORKER_CONCURRENCY": "8",
            },
        )
        yield running
    finally:
        if running is not None:
            running.web.kill()
            running.worker.kill()
            running.database.dispose()
        stack.stop()
        shutil.rmtree(home)


def message(kind: str, user: int, **content: Any) -> dict[str, Any]:
    """A message of the user."""
    return {
        "type": kind,
        "userId": f"user-{user}",
        "messageId": str(uuid.uuid4()),
        "timestamp": datetime.now(UTC).isoformat(),
        **content,
    }


def killed_while(work: Callable[[], None], *programs: Program) -> None:
    """Do the work, and kill the programs in turn meanwhile."""
    failures: list[BaseException] = []

    def watched() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    working = threading.Thread(target=watched)
    working.start()
    for number in range(KILLS):
        time.sleep(random.uniform(0.5, 2.0))
        programs[number % len(programs)].kill()
        time.sleep(random.uniform(0.0, 0.5))
        programs[number % len(programs)].start()
    working.join()
    assert not failures, failures


def test_every_acknowledged_event_counts_once_and_every_crossing_arrives_once() -> None:
    """Points lost or doubled, leads that nobody calls, or that two tasks ask to be called."""
    with deployment() as here:
        people = range(LEADS)
        here.send(
            [message("identify", n, traits={"email": f"user-{n}@faults.example"}) for n in people]
        )
        here.reach("leads in nurture", "SELECT count(*) FROM lead WHERE phase = 'Nurture'", LEADS)

        def pour() -> None:
            for number in range(BATCHES):
                views = [
                    message("page", random.randrange(LEADS), name="Home")
                    for _ in range(VIEWS_IN_A_BATCH)
                ]
                asks = [message("track", number, event="Asked")] if number < LEADS else []
                here.send([*views, *asks])

        killed_while(pour, here.web, here.worker)

        here.reach(
            "tasks of leads that asked",
            "SELECT count(*) FROM task WHERE kind = 'qualify' AND state = 'open'",
            LEADS,
        )
        assert here.value("SELECT count(*) FROM engagement") == BATCHES * VIEWS_IN_A_BATCH + LEADS
        assert here.value("SELECT count(*) FROM crossing") == LEADS
        assert here.value("SELECT count(*) FROM task") == LEADS
        assert here.value("SELECT count(*) FROM stage_transition WHERE phase = 'FollowUp'") == LEADS
        points = here.value("SELECT round(sum(interest)) FROM lead")
        assert points == BATCHES * VIEWS_IN_A_BATCH + 100 * LEADS
