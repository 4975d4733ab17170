"""What a touch costs: ``python benchmarks/touches.py [--json] [--recycled N]``.

In one run and in alternating rounds, on the real embedded stack: a bare loop of timer and no-op
activity, and our whole touch (plan, suppression check, render, ledger, outbox send), with the
same number of workflows, the same waits and the same queues. Actions come from the server's own
counter. With ``--recycled N`` as many leads rest in the recycle stage meanwhile, and their cost in
bytes is printed too.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import statistics
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy import Engine, text
from temporalio.client import Client
from temporalio.worker import Worker

from activities.failures import DiscreetFailures
from activities.heartbeats import Heartbeats
from activities.registry import email_activities, journey_activities
from activities.resources import Resources
from benchmarks.bare import BARE_WORKFLOW, Bare, nothing
from benchmarks.own_stack import own_stack, print_figures
from cli.cadence import publish_files
from domain.contracts.journey import (
    EMAIL_QUEUE,
    JOURNEY_QUEUE,
    JourneyState,
    Phase,
    journey_id,
)
from domain.contracts.search_attributes import search_attributes
from mail.channels.registry import channel_from
from mail.links import link_signer
from settings import Settings
from store.engine import engine
from worker import workflow_runner
from workflows.registry import WORKFLOWS

STEPS = 40
TIME_FACTOR = 240.0
WAIT_SECONDS = 60 / TIME_FACTOR
"""Real seconds of the cadence's waits of one journey minute."""


@dataclass(frozen=True)
class Round:
    """One round's speed and, per touch, actions and history events."""

    per_second: float
    actions: float
    events: float


class Bench:
    """A running stack with a worker, and rounds of work on it."""

    def __init__(
        self,
        client: Client,
        database: Engine,
        metrics_url: str,
        database_file: Path,
        journeys: int,
    ) -> None:
        self.client = client
        self.database = database
        self.metrics_url = metrics_url
        self.journeys = journeys
        self.database_file = database_file
        self.round = 0

    async def bare(self) -> Round:
        """The yardstick: as many workflows, each with as many steps."""
        self.round += 1
        ids = [f"bare-{self.round}-{number}" for number in range(self.journeys)]
        before, started = self.actions(), time.perf_counter()

        async def one(name: str) -> None:
            await self.client.execute_workflow(
                BARE_WORKFLOW,
                args=[STEPS, WAIT_SECONDS],
                id=name,
                task_queue=JOURNEY_QUEUE,
            )

        await asyncio.gather(*(one(name) for name in ids))
        return await self._result(started, before, ids[0])

    async def touches(self) -> Round:
        """The same number of journeys, each touch a mail that reaches the outbox."""
        leads = self.make_leads("touched", self.journeys)
        before, started = self.actions(), time.perf_counter()
        await asyncio.gather(
            *(self.start(Phase.NURTURE, lead, cadence="benchmark") for lead in leads)
        )
        handle = self.client.get_workflow_handle(journey_id(leads[0]))
        first = (await handle.describe()).run_id
        ended = (
            "SELECT count(*) FROM enrollment WHERE ended_at IS NOT NULL AND lead_id = ANY(:leads)"
        )
        await self.reach(ended, self.journeys, leads=leads)
        result = await self._result(started, before, journey_id(leads[0]), first)
        expected = self.journeys * STEPS
        sent = self.value(
            "SELECT count(*) FROM touch JOIN outbox_message ON touch_key = key "
            "WHERE state = 'sent' AND lead_id = ANY(:leads)",
            leads=leads,
        )
        if sent != expected:
            raise SystemExit(f"{sent} touches were sent instead of {expected}.")
        return result

    async def park(self, count: int) -> dict[str, float]:
        """Rest ``count`` leads in recycle; bytes per lead in history and in both stores."""
        before = self.bytes_of_stores()
        leads = self.make_leads("recycled", count)
        for position in range(0, count, 200):
            batch = leads[position : position + 200]
            await asyncio.gather(
                *(self.start(Phase.RECYCLE, lead, reason="lost") for lead in batch)
            )
        await self.reach("SELECT count(*) FROM lead WHERE phase = 'Recycle'", count)
        after = self.bytes_of_stores()
        described = await self.client.get_workflow_handle(journey_id(leads[0])).describe()
        return {
            "history_bytes_per_parked_lead": float(
                described.raw_description.workflow_execution_info.history_size_bytes
            ),
            "temporal_bytes_per_parked_lead": (after[0] - before[0]) / count,
            "postgres_bytes_per_parked_lead": (after[1] - before[1]) / count,
        }

    async def start(self, phase: Phase, lead: int, **state: Any) -> None:
        """Start a lead's journey in ``phase``."""
        journey = JourneyState(lead_id=lead, **state)
        await self.client.start_workflow(
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

    async def reach(self, query: str, count: int, **parameters: Any) -> None:
        """Wait until a counting query has reached ``count``."""
        while await asyncio.to_thread(self.value, query, **parameters) < count:
            await asyncio.sleep(0.1)

    def value(self, query: str, **parameters: Any) -> Any:
        """The one value a query gives."""
        with self.database.connect() as connection:
            return connection.execute(text(query), parameters).scalar()

    def bytes_of_stores(self) -> tuple[int, int]:
        """Bytes of Temporal's store and of our database."""
        folder = self.database_file.parent
        temporal = sum(file.stat().st_size for file in folder.glob("temporal.db*"))
        return temporal, int(self.value("SELECT pg_database_size(current_database())"))

    def actions(self) -> float:
        """All actions the server has counted."""
        with urllib.request.urlopen(self.metrics_url, timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("action{"))

    async def _result(
        self, started: float, before: float, workflow_id: str, run_id: str | None = None
    ) -> Round:
        seconds = time.perf_counter() - started
        done = self.journeys * STEPS
        described = await self.client.get_workflow_handle(workflow_id, run_id=run_id).describe()
        return Round(
            done / seconds, (self.actions() - before) / done, described.history_length / STEPS
        )


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


async def measure(settings: Settings, bench: Bench, options: argparse.Namespace) -> dict[str, Any]:
    """Run the rounds with a worker beside them."""
    resources = Resources(
        bench.database,
        channel_from(settings, bench.database),
        link_signer(settings),
        settings,
    )
    threads = ThreadPoolExecutor(settings.worker_concurrency)
    common: dict[str, Any] = {
        "activity_executor": threads,
        "max_concurrent_activities": settings.worker_concurrency,
        "interceptors": [Heartbeats(), DiscreetFailures()],
    }
    journeys = Worker(
        bench.client,
        task_queue=JOURNEY_QUEUE,
        workflows=[*WORKFLOWS, Bare],
        activities=journey_activities(resources),
        workflow_runner=workflow_runner("workflows", "benchmarks"),
        **common,
    )
    email = Worker(
        bench.client,
        task_queue=EMAIL_QUEUE,
        activities=[*email_activities(resources), nothing],
        **common,
    )
    async with journeys, email:
        figures: dict[str, Any] = {}
        if options.recycled:
            figures |= {"recycled": options.recycled, **await bench.park(options.recycled)}
        await bench.bare()  # Both warm up before anything counts.
        await bench.touches()
        rounds = [(await bench.bare(), await bench.touches()) for _ in range(options.rounds)]
    ratios = [touches.per_second / bare.per_second for bare, touches in rounds]
    return {
        "bare_touches_per_s": round(statistics.median(b.per_second for b, _ in rounds), 1),
        "journey_touches_per_s": round(statistics.median(t.per_second for _, t in rounds), 1),
        "ratio": round(statistics.median(ratios), 3),
        "ratio_min": round(min(ratios), 3),
        "ratio_max": round(max(ratios), 3),
        "actions_per_touch": round(statistics.median(t.actions for _, t in rounds), 3),
        "events_per_touch": round(statistics.median(t.events for _, t in rounds), 2),
        **{name: round(value, 1) for name, value in figures.items()},
    }


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--recycled", type=int, default=0, metavar="N")
    parser.add_argument("--journeys", type=int, default=40, help="workflows at once")
    parser.add_argument("--rounds", type=int, default=3, help="pairs of rounds that count")
    options = parser.parse_args()
    with own_stack() as (home, addresses):
        settings = Settings(
            perennial_home=home,
            database_url=addresses.database_url,
            demo_time_factor=TIME_FACTOR,
            demo_time_epoch=datetime.now(UTC),
        )
        database = engine(addresses.database_url, pool_size=40)
        write_cadence(home / "cadences")
        publish_files(database, home / "cadences", ROOT / "templates")
        client = await Client.connect(addresses.temporal_address)
        bench = Bench(
            client,
            database,
            addresses.temporal_metrics,
            home / "temporal" / "temporal.db",
            options.journeys,
        )
        figures = await measure(settings, bench, options)
    print_figures(figures, as_json=options.json)


if __name__ == "__main__":
    asyncio.run(main())
