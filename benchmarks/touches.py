"""What a touch costs: ``python benchmarks/touches.py [--json] [--journeys N] [--recycled N]``.

On the real embedded stack and with the real worker as a program of its own, in alternating rounds
of one run: a bare loop of timer and no-op activity, and our whole touch (plan, suppression check,
render, ledger, outbox send), with the same number of workflows, the same waits and as many
processes. Only what is done while all of them are under way counts: between the first touch of the
last that began and the end of the first. Waits are long against the second by which the server's
timers may be late, and journeys begin one after the other, so that their timers are spread.

Without ``--journeys`` their number is doubled until throughput grows no more. With ``--recycled N``
as many leads rest in the recycle stage meanwhile, and their cost in bytes is printed too.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import psutil
from sqlalchemy import Engine, text
from temporalio.client import Client, WorkflowHandle

from benchmarks.bare import BARE_QUEUE, BARE_WORKFLOW
from benchmarks.own_stack import Programs, own_stack, print_figures
from cli.cadence import publish_files
from domain.contracts.journey import JOURNEY_QUEUE, JourneyState, Phase, journey_id
from domain.contracts.search_attributes import search_attributes
from store.engine import engine

Handle = WorkflowHandle[Any, Any]
STEPS = 30
"""So many that no journey ends before the last has begun, with 400 of them on two cores."""
WAIT_SECONDS = 4.0
"""Real seconds of the cadence's waits, of one journey minute each."""
TIME_FACTOR = 60 / WAIT_SECONDS
FIRST_JOURNEYS = 100
GROWS = 1.05
"""Throughput that grows by less than this with twice the journeys grows no more."""
LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Look:
    """How far a round is at an instant, and the CPU seconds each program has used."""

    at: float
    done: int
    begun: int
    """Workflows that have done something."""
    ended: int
    cpu: Mapping[str, float]


@dataclass(frozen=True)
class Round:
    """What one round showed; CPU in milliseconds, lateness in seconds."""

    per_second: float
    actions: float
    events: float
    cpu: Mapping[str, float]
    late: tuple[float, float] = (0.0, 0.0)


class Bench:
    """A running stack with both workers, and rounds of work on it."""

    def __init__(
        self,
        client: Client,
        database: Engine,
        metrics_url: str,
        home: Path,
    ) -> None:
        self.client = client
        self.database = database
        self.metrics_url = metrics_url
        self.home = home
        self.round = 0
        self.programs = Programs({})

    async def bare(self, journeys: int) -> Round:
        """The yardstick: as many workflows, each with as many steps."""
        self.round += 1
        names = [f"bare-{self.round}-{number}" for number in range(journeys)]

        async def start(name: str) -> Handle:
            return await self.client.start_workflow(
                BARE_WORKFLOW, args=[STEPS, WAIT_SECONDS], id=name, task_queue=BARE_QUEUE
            )

        def look() -> tuple[int, int, int]:
            lines = self.done_file.read_text(encoding="utf-8").split()
            steps = Counter(line for line in lines if line.startswith(f"bare-{self.round}-"))
            return steps.total(), len(steps), sum(n == STEPS for n in steps.values())

        return await self._measured([functools.partial(start, name) for name in names], look)

    async def touches(self, journeys: int) -> Round:
        """The same number of journeys, each touch a mail that reaches the outbox."""
        leads = self.make_leads("touched", journeys)
        query = text(
            "SELECT count(*) AS done, count(DISTINCT lead_id) AS begun, (SELECT count(*) FROM "
            "enrollment WHERE ended_at IS NOT NULL AND lead_id = ANY(:leads)) AS ended "
            "FROM touch WHERE state = 'sent' AND lead_id = ANY(:leads)"
        )

        def look() -> tuple[int, int, int]:
            with self.database.connect() as connection:
                row = connection.execute(query, {"leads": leads}).one()
            return row.done, row.begun, row.ended

        start = functools.partial(self.start, Phase.NURTURE, cadence="benchmark")
        result = await self._measured([functools.partial(start, lead=lead) for lead in leads], look)
        sent = self.value(
            "SELECT count(DISTINCT key) FROM touch JOIN outbox_message ON touch_key = key "
            "WHERE state = 'sent' AND lead_id = ANY(:leads)",
            leads=leads,
        )
        if sent != journeys * STEPS:
            raise SystemExit(f"{sent} touches were sent instead of {journeys * STEPS}.")
        return Round(**{**vars(result), "late": self._lateness(leads)})

    def _lateness(self, leads: list[int]) -> tuple[float, float]:
        """Real seconds by which touches came later than one wait after the touch before: the median
        and the 99th percentile."""
        query = text(
            "SELECT extract(epoch FROM sent_at - lag(sent_at) OVER (PARTITION BY lead_id "
            "ORDER BY sent_at)) FROM touch WHERE lead_id = ANY(:leads)"
        )
        with self.database.connect() as connection:
            apart = connection.execute(query, {"leads": leads}).scalars()
            late = [float(one) / TIME_FACTOR - WAIT_SECONDS for one in apart if one is not None]
        shares = statistics.quantiles(late, n=100)
        return shares[49], shares[98]

    async def _measured(
        self,
        starts: list[Callable[[], Awaitable[Handle]]],
        look: Callable[[], tuple[int, int, int]],
    ) -> Round:
        """Start the workflows spread over one wait, and look until all have ended."""
        before, count = self.actions(), len(starts)

        async def start() -> list[Handle]:
            begun, started = time.perf_counter(), []
            for number, begin in enumerate(starts):
                due = begun + number * WAIT_SECONDS / count
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                started.append(await begin())
            return started

        starting = asyncio.create_task(start())
        looks: list[Look] = []
        while not looks or looks[-1].ended < count:
            await asyncio.sleep(LOOK_SECONDS)
            done, begun, ended = await asyncio.to_thread(look)
            looks.append(Look(time.perf_counter(), done, begun, ended, self.programs.cpu()))
        first_run = (await starting)[0]
        whole = [one for one in looks if one.begun == count and not one.ended]
        if len(whole) < 10:
            raise SystemExit(
                f"With {count} journeys all of them were under way for {len(whole)} looks only."
            )
        first, last = whole[0], whole[-1]
        history = await self.client.get_workflow_handle(
            first_run.id, run_id=first_run.first_execution_run_id
        ).fetch_history()
        done = last.done - first.done
        return Round(
            done / (last.at - first.at),
            (self.actions() - before) / (count * STEPS),
            len(history.events) / STEPS,
            {name: 1000 * (last.cpu[name] - first.cpu[name]) / done for name in last.cpu},
        )

    async def recycle(self, count: int) -> dict[str, float]:
        """Rest ``count`` leads in recycle; bytes per lead in history and in both stores."""
        before = self.bytes_of_stores()
        leads = self.make_leads("recycled", count)
        for position in range(0, count, 200):
            batch = leads[position : position + 200]
            await asyncio.gather(
                *(self.start(Phase.RECYCLE, lead, reason="lost") for lead in batch)
            )
        while self.value("SELECT count(*) FROM lead WHERE phase = 'Recycle'") < count:
            await asyncio.sleep(LOOK_SECONDS)
        after = self.bytes_of_stores()
        described = await self.client.get_workflow_handle(journey_id(leads[0])).describe()
        return {
            "history_bytes_per_recycled_lead": float(
                described.raw_description.workflow_execution_info.history_size_bytes
            ),
            "temporal_bytes_per_recycled_lead": (after[0] - before[0]) / count,
            "postgres_bytes_per_recycled_lead": (after[1] - before[1]) / count,
        }

    async def start(self, phase: Phase, lead: int, **state: Any) -> Handle:
        """Start a lead's journey in ``phase``."""
        journey = JourneyState(lead_id=lead, **state)
        return await self.client.start_workflow(
            phase.value,
            journey,
            id=journey_id(lead),
            task_queue=JOURNEY_QUEUE,
            search_attributes=search_attributes(journey),
        )

    def make_leads(self, name: str, count: int) -> list[int]:
        """Insert invented leads; their ids."""
        with self.database.begin() as connection:
            rows = connection.execute(
                text(
                    """
                    INSERT INTO lead (email, email_key, first_name, country)
                    SELECT address, address, 'Ada', 'GB' FROM (
                        SELECT :name || '-' || nextval('lead_id_seq') || '@bench.example'
                            AS address
                        FROM generate_series(1, :count)
                    ) AS made RETURNING id
                    """
                ),
                {"name": name, "count": count},
            )
            return [row.id for row in rows]

    def value(self, query: str, **parameters: Any) -> Any:
        """The one value a query gives."""
        with self.database.connect() as connection:
            return connection.execute(text(query), parameters).scalar()

    def bytes_of_stores(self) -> tuple[int, int]:
        """Bytes of Temporal's store and of our database."""
        temporal = sum(
            file.stat().st_size for file in (self.home / "temporal").glob("temporal.db*")
        )
        return temporal, int(self.value("SELECT pg_database_size(current_database())"))

    def actions(self) -> float:
        """All actions the server has counted."""
        with urllib.request.urlopen(self.metrics_url, timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("action{"))

    @property
    def done_file(self) -> Path:
        """Where the bare worker says what it has done."""
        return self.home / "bare.done"

    @contextmanager
    def workers(self, environment: Mapping[str, str], address: str) -> Iterator[None]:
        """Both workers as programs of their own, and what is measured of them."""
        self.done_file.touch()
        commands = (
            [sys.executable, "worker.py"],
            [sys.executable, "-m", "benchmarks.bare", address, str(self.done_file)],
        )
        with (self.home / "workers.log").open("wb") as log:
            started = [
                subprocess.Popen(
                    one, cwd=ROOT, env={**os.environ, **environment}, stdout=log, stderr=log
                )
                for one in commands
            ]
            try:
                worker, bare_worker = ([one.pid] for one in started)
                self.programs = Programs(
                    {"worker": worker, "bare_worker": bare_worker, **servers(self.home)}
                )
                yield
            finally:
                for process in started:
                    process.terminate()
                for process in started:
                    process.wait()


def servers(home: Path) -> dict[str, list[int]]:
    """The process ids of the stack that runs from ``home``: of each server its first."""
    found: dict[str, list[int]] = {}
    for process in psutil.process_iter(["cmdline", "name"]):
        line = " ".join(process.info["cmdline"] or ())
        name = str(process.info["name"])
        if str(home) in line and name.startswith(("temporal", "postgres")):
            server = "temporal" if name.startswith("temporal") else "postgres"
            found.setdefault(server, [process.pid])
    return found


def write_cadence(folder: Path) -> None:
    """What ships, and a cadence of STEPS mails a journey minute apart, any time of any day."""
    shutil.copytree(ROOT / "cadences", folder)
    # Every journey would be over its caps with the third mail.
    consent = folder / "consent.yaml"
    caps = re.sub(r"^caps: .*$", "caps: []", consent.read_text("utf-8"), flags=re.MULTILINE)
    consent.write_text(caps, encoding="utf-8")
    steps = "\n  - wait: 1 minute\n".join(["  - email: welcome-1-checklist"] * STEPS)
    (folder / "benchmark.yaml").write_text(
        "cadence: benchmark\ntopic: nurture\n"
        "window: {days: [mon, tue, wed, thu, fri, sat, sun], from: '00:00', to: '24:00', "
        "skip_holidays: false}\n"
        f"steps:\n{steps}\n",
        encoding="utf-8",
    )


async def saturation(bench: Bench) -> int:
    """The number of journeys from which neither side's throughput grows any more: one that could
    do more would make the ratio look better, or worse, than it is."""

    async def both(journeys: int) -> tuple[float, float]:
        bare = await bench.bare(journeys)
        return bare.per_second, (await bench.touches(journeys)).per_second

    journeys = FIRST_JOURNEYS
    best = await both(journeys)
    while True:
        more = await both(2 * journeys)
        if all(now < GROWS * before for now, before in zip(more, best, strict=True)):
            return journeys
        journeys, best = 2 * journeys, more


async def measure(bench: Bench, options: argparse.Namespace) -> dict[str, Any]:
    """Run the rounds."""
    figures: dict[str, Any] = {}
    if options.recycled:
        figures |= {"recycled": options.recycled, **await bench.recycle(options.recycled)}
    await bench.bare(FIRST_JOURNEYS)  # Both warm up before anything counts.
    await bench.touches(FIRST_JOURNEYS)
    journeys = options.journeys or await saturation(bench)
    rounds = [
        (await bench.bare(journeys), await bench.touches(journeys)) for _ in range(options.rounds)
    ]
    bare, full = ([pair[side] for pair in rounds] for side in (0, 1))
    ratios = [touches.per_second / plain.per_second for plain, touches in rounds]
    middle = statistics.median
    return {
        "journeys": journeys,
        "bare_touches_per_s": round(middle(one.per_second for one in bare), 1),
        "journey_touches_per_s": round(middle(one.per_second for one in full), 1),
        "ratio": round(middle(ratios), 3),
        "ratio_min": round(min(ratios), 3),
        "ratio_max": round(max(ratios), 3),
        "actions_per_touch": round(middle(one.actions for one in full), 3),
        "events_per_touch": round(middle(one.events for one in full), 2),
        "worker_ms_per_touch": round(middle(one.cpu["worker"] for one in full), 2),
        "temporal_ms_per_touch": round(middle(one.cpu["temporal"] for one in full), 2),
        "postgres_ms_per_touch": round(middle(one.cpu["postgres"] for one in full), 2),
        "bare_worker_ms_per_touch": round(middle(one.cpu["bare_worker"] for one in bare), 2),
        "bare_temporal_ms_per_touch": round(middle(one.cpu["temporal"] for one in bare), 2),
        "late_s_p50": round(middle(one.late[0] for one in full), 2),
        "late_s_p99": round(middle(one.late[1] for one in full), 2),
        **{name: round(value, 1) for name, value in figures.items()},
    }


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--recycled", type=int, default=0, metavar="N")
    parser.add_argument("--journeys", type=int, default=0, help="workflows at once")
    parser.add_argument("--rounds", type=int, default=3, help="pairs of rounds that count")
    options = parser.parse_args()
    with own_stack() as (home, addresses):
        epoch = datetime.now(UTC) - timedelta(seconds=1)
        database = engine(addresses.database_url)
        write_cadence(home / "cadences")
        publish_files(database, home / "cadences", ROOT / "templates")
        client = await Client.connect(addresses.temporal_address)
        bench = Bench(client, database, addresses.temporal_metrics, home)
        environment = {
            "PERENNIAL_HOME": str(home),
            "DATABASE_URL": addresses.database_url,
            "TEMPORAL_ADDRESS": addresses.temporal_address,
            "DEMO_TIME_FACTOR": str(TIME_FACTOR),
            "DEMO_TIME_EPOCH": epoch.isoformat(),
            "SEND_RATE_PER_SECOND": "10000",
        }
        with bench.workers(environment, addresses.temporal_address):
            figures = await measure(bench, options)
    print_figures(figures, as_json=options.json)


if __name__ == "__main__":
    asyncio.run(main())
