"""Fifty journeys on the real stack, workers as processes of their own, and what kills them."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text
from temporalio.client import Client, WorkflowExecutionStatus

from cli.cadence import publish_files
from domain.contracts.journey import journey_id, wait_id
from domain.contracts.search_attributes import SEARCH_ATTRIBUTES
from embedded.stack import EmbeddedStack
from settings import ROOT, Clock
from store.engine import engine
from store.migrate import upgrade
from tests.faults.cast import Cast, import_leads
from tests.faults.script import FACTOR, SCRIPTS
from tests.support.deployment import free_ports
from tests.support.folders import server_folder
from tests.support.programs import Program, running
from tests.support.waiting import LONGEST_SECONDS

CADENCES = Path(__file__).parent / "cadences"
SETTLING_SECONDS = 90.0
"""Longer than a heartbeat is missed and the next attempt waits."""
_STANDING = """
    SELECT lead.id, lead.attributes->>'script' AS script, lead.stage, lead.cycle,
        ARRAY(SELECT phase || ':' || reason FROM stage_transition
              WHERE lead_id = lead.id AND reason <> 'engaged' ORDER BY id) AS path,
        ARRAY(SELECT step FROM touch WHERE lead_id = lead.id ORDER BY id) AS mails,
        ARRAY(SELECT DISTINCT state FROM touch WHERE lead_id = lead.id) AS states,
        ARRAY(SELECT kind FROM task WHERE lead_id = lead.id AND state = 'open') AS tasks,
        (SELECT count(*) FROM outbox_message WHERE recipient_key = lead.email_key) AS delivered
    FROM lead ORDER BY lead.id
"""


class Scenario:
    """The stack, one worker, fifty leads and the people around them."""

    def __init__(self, home: Path, stack: EmbeddedStack, database: Engine, seed: int) -> None:
        self.home = home
        self.stack = stack
        self.random = random.Random(seed)
        self.database = database
        self.clock = Clock(datetime.now(UTC), FACTOR)
        self.cast = Cast(self.database, self.clock)
        self.workers: list[Program] = []
        self._programs = ExitStack()
        self.kills = 0
        self.otherwise = 0

    def start_worker(self) -> None:
        """Start worker.py as operations would."""
        environment = {
            **os.environ,
            "DATABASE_URL": self.database.url.render_as_string(hide_password=False),
            "TEMPORAL_ADDRESS": self.stack.temporal.address,
            "PERENNIAL_HOME": str(self.home),
            "SECRET_KEY": "a secret of the tests, 0123456789",
            "WORKER_CONCURRENCY": "8",
            "DEMO_TIME_FACTOR": str(self.clock.factor),
            "DEMO_TIME_EPOCH": self.clock.epoch.isoformat(),
        }
        with (self.home / "worker.log").open("ab") as log:
            worker = running("worker.py", environment=environment, log=log)
            self.workers.append(self._programs.enter_context(worker))

    def kill_worker(self) -> None:
        """Kill the oldest worker, as the kernel does when memory runs out, and start another."""
        self.check_workers()
        oldest = self.workers.pop(0)
        oldest.kill()
        oldest.wait()
        self.kills += 1
        self.start_worker()

    def check_workers(self) -> None:
        """No worker may end by itself, whatever happens to the servers."""
        ended = [worker.returncode for worker in self.workers if worker.poll() is not None]
        assert not ended, f"a worker gave up with {ended}: {self.log()}"

    def kill_temporal(self) -> None:
        """Kill Temporal, leave it dead for a moment, and start it where it was."""
        self._kill("temporal", self.stack.temporal.pid, lambda: self.stack.temporal.address)

    def kill_postgres(self) -> None:
        """Kill PostgreSQL's postmaster, leave it dead for a moment, and start it again."""
        self._kill("postgres", self.stack.postgres.pid, lambda: str(self.stack.postgres.port))

    def _kill(self, name: Any, pid: int | None, address: Callable[[], str]) -> None:
        assert pid is not None
        before = address()
        os.kill(pid, signal.SIGKILL)
        time.sleep(self.random.uniform(0.2, 2.0))
        self.stack.restart(name)
        assert address() == before
        self.kills += 1

    def pause(self, shortest: float, longest: float) -> None:
        """Let the journeys go on for some seconds."""
        time.sleep(self.random.uniform(shortest, longest))

    def arrive(self) -> None:
        """Wait until every lead is where its script leads it, then compare everything."""
        begun = time.monotonic()
        deadline = time.monotonic() + LONGEST_SECONDS
        self.cast.calm.set()
        while astray := self.astray():
            assert self.cast.failure is None, self.cast.failure
            self.check_workers()
            assert time.monotonic() < deadline, "\n".join([*astray, self.log()])
            time.sleep(0.5)
        self.cast.stop()
        # Faults and a slow machine explain some of it; not that a kind of mail is never sent.
        scripts = [SCRIPTS[lead.script] for lead in self.rows(_STANDING)]
        assert self.otherwise < sum(len(script.maybe) for script in scripts)
        sent = {one.step for one in self.rows("SELECT step FROM touch WHERE state = 'sent'")}
        never = {step for script in scripts for step in script.mails} - sent
        assert never == set(), f"never sent: {never}"
        assert not self.loose_ends()
        # An activity whose answer went down with a server is done once more when its heartbeat is
        # missed: what it has written stands there already.
        until = time.monotonic() + SETTLING_SECONDS
        while True:
            try:
                asyncio.run(self.compare_with_temporal())
                break
            except AssertionError:
                if time.monotonic() > until:
                    raise
                time.sleep(1)
        again = self.value(r"SELECT count(*) FROM touch WHERE claim !~ '\D1$'")
        print(  # noqa: T201  (pytest tells it with a failure)
            f"{self.kills} kills, {again} touches sent by a later attempt, "
            f"{self.otherwise} mails kept back or let go first, "
            f"everybody arrived {time.monotonic() - begun:.0f} s after the last"
        )

    def astray(self) -> list[str]:
        """A line for each lead that is not where it belongs."""
        found = []
        self.otherwise = 0
        for lead in self.rows(_STANDING):
            script = SCRIPTS[lead.script]
            mails, there = Counter(script.mails), Counter[str](lead.mails)
            first = Counter(one for one in script.maybe if one not in mails)
            kept_back = Counter(script.maybe) - first
            if not mails - kept_back - there and not there - mails - first:
                self.otherwise += (mails - there).total() + (there - mails).total()
                mails = there
            is_at = (
                tuple(lead.path),
                lead.stage,
                lead.cycle,
                there,
                set(lead.states),
                list(lead.tasks),
                lead.delivered,
            )
            belongs = (
                script.path,
                script.stage,
                script.cycle,
                mails,
                {script.touch_state} if mails else set(),
                [script.open_task] if script.open_task else [],
                mails.total() if script.touch_state == "sent" else 0,
            )
            if is_at != belongs:
                found.append(f"lead {lead.id} ({lead.script}) is at {is_at}, not {belongs}")
        waiting = self.value("SELECT count(*) FROM relay_message WHERE outcome = ''")
        return [*found, f"{waiting} messages wait for the relay"] if waiting else found

    def loose_ends(self) -> dict[str, int]:
        """What must not be there at the end, as far as the database knows."""
        questions = {
            "touches in doubt": "SELECT count(*) FROM touch "
            "WHERE state NOT IN ('sent', 'suppressed')",
            "mails without a sent touch": "SELECT count(*) FROM outbox_message "
            "LEFT JOIN touch ON touch.key = touch_key AND state = 'sent' WHERE touch.id IS NULL "
            "AND NOT starts_with(touch_key, 'rep:')",
            "answers called late": "SELECT count(*) FROM task WHERE late",
            "enrollments without a nurture": "SELECT count(*) FROM enrollment "
            "JOIN lead ON lead.id = lead_id WHERE ended_at IS NULL AND phase <> 'Nurture'",
        }
        counts = {what: int(self.value(query)) for what, query in questions.items()}
        return {what: count for what, count in counts.items() if count}

    async def compare_with_temporal(self) -> None:
        """Every lead's journey runs exactly where the database says, and waits as it should."""
        client = await Client.connect(self.stack.temporal.address)
        broken = await client.count_workflows(
            "ExecutionStatus IN ('Failed', 'Terminated', 'TimedOut', 'Canceled')"
        )
        assert broken.count == 0
        for lead in self.rows("SELECT id, phase FROM lead ORDER BY id"):
            run = await client.get_workflow_handle(journey_id(lead.id)).describe()
            if lead.phase == "ended":
                assert run.status == WorkflowExecutionStatus.COMPLETED, lead
                continue
            assert (run.status, run.workflow_type) == (WorkflowExecutionStatus.RUNNING, lead.phase)
            waits = {one.activity_id for one in run.raw_description.pending_activities}
            tasks = self.rows(f"SELECT id FROM task WHERE state = 'open' AND lead_id = {lead.id}")
            assert waits == {wait_id(task.id) for task in tasks}, lead

    def close(self) -> None:
        """Send everybody home."""
        if self.cast.is_alive():
            self.cast.stop()
        self._programs.close()
        self.database.dispose()

    def log(self) -> str:
        """The end of the worker's log."""
        return (self.home / "worker.log").read_text(encoding="utf-8")[-3000:]

    def rows(self, query: str) -> list[Any]:
        """The rows of a query."""
        with self.database.connect() as connection:
            return list(connection.execute(text(query)))

    def value(self, query: str) -> Any:
        """The one value of a query."""
        with self.database.connect() as connection:
            return connection.execute(text(query)).scalar()


@contextmanager
def scenario(seed: int, workers: int = 1) -> Iterator[Scenario]:
    """The stack on ports of its own, everything published, the leads and the workers started."""
    print(f"seed {seed}")  # noqa: T201  (the same: to run it once more)
    home = server_folder()
    names = ("postgres", "temporal", "ui", "metrics")
    stack = EmbeddedStack(
        home, SEARCH_ATTRIBUTES, ports=dict(zip(names, free_ports(4), strict=True))
    )
    running: Scenario | None = None
    try:
        addresses = stack.start()
        upgrade(addresses.database_url)
        running = Scenario(home, stack, engine(addresses.database_url), seed)
        publish_files(running.database, CADENCES, ROOT / "templates")
        with running.database.begin() as connection:
            import_leads(connection)
        for _ in range(workers):
            running.start_worker()
        running.cast.start()
        yield running
    finally:
        try:
            if running is not None:
                running.close()
        finally:
            stack.stop()
            shutil.rmtree(home)
