"""What an event costs, and how fast the right person hears: ``python benchmarks/ingest.py``.

In one run, on the real embedded stack with a web app and a worker of its own each:

1. page views of known and unknown visitors in batches of 100 to the tracking API, each batch
   committed before it is answered. Without ``--connections`` their number is doubled until
   throughput grows no more. With ``--web-apps N`` they are spread over so many web apps. With
   ``--history N`` once more, after as many old events were written;
2. signals, one per event, to journeys that rest: what it would cost to tell Temporal everything.
   So many are under way that more of them bring no more;
3. a steady load of events, and beside it leads that ask for a demo. Speed to lead is the time from
   sending such an event until the SDR's task can be seen.

Events per second depend on what else the machine does, and compare only within a run. The CPU
seconds that each program used for 1,000 events don't, or far less. Of each side it is said how many
of the machine's cores its programs kept busy: a side that leaves cores idle waits for something,
and could do no more with a faster machine.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import http.client
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy import Engine, text
from temporalio.client import Client

from benchmarks.history import fill
from benchmarks.own_stack import Programs, own_stack, print_figures, web_apps
from benchmarks.touches import servers
from cli.cadence import publish_files
from domain.contracts.journey import JOURNEY_QUEUE, JourneyEvent, JourneyState, Phase, journey_id
from domain.contracts.search_attributes import search_attributes
from store.access.write_keys import create_write_key
from store.engine import engine

BATCH = 100
FIRST_CONNECTIONS = 2
MOST_CONNECTIONS = 16
VISITORS = 2000
RESTING = 200
FIRST_SIGNALS = 16
MOST_SIGNALS = 256
GROWS = 1.05
"""Throughput that grows by less than this with twice the load grows no more."""
PATHS = ("/", "/features", "/customers", "/blog/second-visits", "/about", "/docs/start")


class Site:
    """Somebody's web site: sends batches of events over kept connections, to each of the web apps
    over as many."""

    def __init__(self, ports: Iterable[int], write_key: str) -> None:
        self._ports = itertools.cycle(ports)
        token = base64.b64encode(f"{write_key}:".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
        self._own = threading.local()

    def send(self, body: bytes) -> None:
        """POST a batch; anything but 200 ends the benchmark."""
        if not hasattr(self._own, "connection"):
            self._own.connection = http.client.HTTPConnection(
                "127.0.0.1", next(self._ports), timeout=60
            )
        connection = self._own.connection
        connection.request("POST", "/v1/batch", body, self._headers)
        response = connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise SystemExit(f"The tracking API answered {response.status}: {answer.decode()}")


class Crowd:
    """Visitors, half of them identified, who look at pages."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def batch(self) -> bytes:
        """The views of one moment."""
        now = datetime.now(UTC).isoformat()
        return json.dumps(
            {"batch": [self._view(now) for _ in range(BATCH)], "sentAt": now}
        ).encode()

    def _view(self, now: str) -> dict[str, Any]:
        number = self._random.randrange(VISITORS)
        who = {"userId": f"user-{number}"} if number % 2 else {"anonymousId": f"visitor-{number}"}
        path = self._random.choice(PATHS)
        return {
            "type": "page",
            "messageId": str(uuid.UUID(int=self._random.getrandbits(128))),
            "timestamp": now,
            "name": path,
            "properties": {"path": path, "url": f"https://shop.example{path}", "title": path},
            "context": {"userAgent": "Mozilla/5.0", "locale": "en-GB"},
            **who,
        }


def identify(numbers: Iterator[int], name: str) -> bytes:
    """A batch that makes leads of users."""
    now = datetime.now(UTC).isoformat()
    return json.dumps(
        {
            "batch": [
                {
                    "type": "identify",
                    "messageId": str(uuid.uuid4()),
                    "userId": f"{name}-{number}",
                    "timestamp": now,
                    "traits": {"email": f"{name}-{number}@bench.example", "title": "Owner"},
                }
                for number in numbers
            ]
        }
    ).encode()


@dataclass(frozen=True)
class Round:
    """What one round showed: events or signals per second, CPU seconds for 1,000 of them by
    program, how many cores the programs kept busy, and how much was under way at once."""

    per_second: float
    cpu: Mapping[str, float]
    cores: float
    at_once: int

    def figures(self, name: str) -> dict[str, object]:
        """As they are printed."""
        return {
            f"{name}_per_s": round(self.per_second),
            f"{name}_at_once": self.at_once,
            f"{name}_cores_busy": round(self.cores, 2),
            **{f"{name}_{of}_cpu_s_per_1000": round(used, 4) for of, used in self.cpu.items()},
        }


class Bench:
    """A running stack, and rounds of work on it."""

    def __init__(self, site: Site, database: Engine, client: Client, programs: Programs) -> None:
        self.site, self.database, self.client = site, database, client
        self._programs = programs
        self._crowd = Crowd(1)

    def events(self, events: int, connections: int) -> Round:
        """Events through HTTP, committed."""
        batches = [self._crowd.batch() for _ in range(events // BATCH)]
        before, started = self._programs.cpu(), time.perf_counter()
        with ThreadPoolExecutor(connections) as pool:
            list(pool.map(self.site.send, batches))
        return self._round(before, started, len(batches) * BATCH, connections)

    async def signals(self, leads: list[int], signals: int, at_once: int) -> Round:
        """Signals that resting journeys take."""
        handles = [self.client.get_workflow_handle(journey_id(lead)) for lead in leads]
        places = asyncio.Semaphore(at_once)

        async def tell(number: int) -> None:
            async with places:
                event = JourneyEvent("page", ref=number, message=next(_NUMBERS))
                await handles[number % len(handles)].signal("engagement", event)

        before, started = self._programs.cpu(), time.perf_counter()
        await asyncio.gather(*(tell(number) for number in range(signals)))
        # A query is answered when every signal before it has been handled.
        await asyncio.gather(*(handle.query("status") for handle in handles))
        return self._round(before, started, signals, at_once)

    def _round(self, before: Mapping[str, float], started: float, done: int, at_once: int) -> Round:
        seconds = time.perf_counter() - started
        used = {name: now - before[name] for name, now in self._programs.cpu().items()}
        return Round(
            done / seconds,
            {name: 1000 * one / done for name, one in used.items()},
            sum(used.values()) / seconds,
            at_once,
        )

    async def rest(self, leads: list[int]) -> None:
        """Start a journey that rests for each of these leads."""
        await self.start(
            Phase.RECYCLE, [JourneyState(lead_id=lead, reason="lost") for lead in leads]
        )
        handles = [self.client.get_workflow_handle(journey_id(lead)) for lead in leads]
        await asyncio.gather(*(handle.query("status") for handle in handles))

    async def start(self, phase: Phase, states: list[JourneyState]) -> None:
        """Start journeys in this phase."""
        for state in states:
            await self.client.start_workflow(
                phase.value,
                state,
                id=journey_id(state.lead_id),
                task_queue=JOURNEY_QUEUE,
                search_attributes=search_attributes(state),
            )


_NUMBERS = itertools.count(1)


async def saturated(
    measured: Callable[[int], Awaitable[Round]], told: int, first: int, most: int, rounds: int
) -> Round:
    """The round in the middle of several, at the load from which throughput grows no more.

    Args:
        told: the load, if it is not to be looked for.
    """
    load = told or first
    while not told and load < most:
        now, more = await measured(load), await measured(2 * load)
        if more.per_second < GROWS * now.per_second:
            break
        load *= 2
    return sorted([await measured(load) for _ in range(rounds)], key=lambda one: one.per_second)[
        rounds // 2
    ]


class SpeedToLead:
    """Leads in nurture that ask for a demo while a crowd looks at pages."""

    def __init__(self, site: Site, database: Engine, asking: list[str]) -> None:
        self._site = site
        self._database = database
        self._asking = asking
        self._asked: dict[str, float] = {}
        self._seen: dict[str, float] = {}
        self._over = threading.Event()
        self.load = 0

    def measure(self, per_second: int, seconds: float) -> list[float]:
        """Milliseconds from request to visible task, one per lead that asked."""
        crowd = Crowd(2)
        started = time.perf_counter()
        with ThreadPoolExecutor(MOST_CONNECTIONS) as pool:
            watching = pool.submit(self._watch)
            asking = pool.submit(self._ask, seconds)
            sending = []
            for number in itertools.count():
                due = started + number * BATCH / per_second
                if due - started >= seconds:
                    break
                time.sleep(max(0.0, due - time.perf_counter()))
                sending.append(pool.submit(self._site.send, crowd.batch()))
            for one in sending:
                one.result()
            self.load = round(len(sending) * BATCH / (time.perf_counter() - started))
            asking.result()
            self._over.set()
            watching.result()
        return [1000 * (self._seen[email] - at) for email, at in self._asked.items()]

    def _ask(self, seconds: float) -> None:
        for user in self._asking:
            body = json.dumps(
                {
                    "batch": [
                        {
                            "type": "track",
                            "event": "Demo Requested",
                            "messageId": str(uuid.uuid4()),
                            "userId": user,
                            "timestamp": datetime.now(UTC).isoformat(),
                        }
                    ]
                }
            ).encode()
            self._asked[user] = time.perf_counter()
            self._site.send(body)
            time.sleep(seconds / len(self._asking))

    def _watch(self) -> None:
        """Look at the SDRs' list as they do."""
        query = text(
            "SELECT split_part(lead.email, '@', 1) FROM task JOIN lead ON lead.id = task.lead_id "
            "WHERE task.kind = 'qualify' AND task.state = 'open' AND task.id > :last"
        )
        newest = text("SELECT coalesce(max(id), 0) FROM task")
        last, deadline = 0, None
        while True:
            with self._database.connect() as connection:
                # Ids may be committed out of order: look a little back.
                found = connection.execute(query, {"last": last - 100}).scalars().all()
                last = connection.execute(newest).scalar_one()
            now = time.perf_counter()
            for user in found:
                self._seen.setdefault(user, now)
            if self._over.is_set():
                deadline = deadline or now + 60
                if len(self._seen) == len(self._asked):
                    return
                if now > deadline:
                    raise SystemExit("Not every lead that asked became a task within a minute.")
            time.sleep(0.01)


@contextmanager
def running(
    chosen: Mapping[str, str], home: Path, number: int
) -> Iterator[tuple[list[int], Programs]]:
    """So many web apps and a worker, as in production: a program each.

    Yields:
        The ports of the web apps, and the programs.
    """
    with (home / "worker.log").open("wb") as log, web_apps(chosen, home, number) as apps:
        command, environment = [sys.executable, "worker.py"], os.environ | chosen
        worker = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            yield (
                list(apps),
                Programs({"web": [*apps.values()], "worker": [worker.pid]} | servers(home)),
            )
        finally:
            worker.terminate()
            worker.wait()


async def measure(bench: Bench, options: argparse.Namespace) -> dict[str, Any]:
    """The three parts, one after the other."""
    send, database = bench.site.send, bench.database
    for start in range(1, VISITORS, 2 * BATCH):
        await asyncio.to_thread(send, identify(iter(range(start, start + 2 * BATCH, 2)), "user"))
    asking = [f"asking-{number}" for number in range(options.asking)]
    await asyncio.to_thread(send, identify(iter(range(RESTING)), "resting"))
    for start in range(0, len(asking), BATCH):
        numbers = range(start, min(start + BATCH, len(asking)))
        await asyncio.to_thread(send, identify(iter(numbers), "asking"))
    ids = _ids(database, "asking")
    nurtured = [JourneyState(lead_id=lead, cadence="welcome-nurture") for lead in ids]
    await bench.start(Phase.NURTURE, nurtured)
    while _count(database, "phase = 'Nurture'") < len(ids):
        await asyncio.sleep(0.2)

    async def events(connections: int) -> Round:
        return await asyncio.to_thread(bench.events, options.events, connections)

    async def signals(at_once: int) -> Round:
        return await bench.signals(resting, options.signals, at_once)

    # Everything warms up before it counts.
    await asyncio.to_thread(bench.events, VISITORS, FIRST_CONNECTIONS)
    ingest = await saturated(
        events, options.connections, FIRST_CONNECTIONS, MOST_CONNECTIONS, options.rounds
    )
    figures = ingest.figures("events")
    if options.history:
        began = time.perf_counter()
        await asyncio.to_thread(fill, database, options.history)
        figures |= {"history": options.history, "history_s": round(time.perf_counter() - began)}
        # The first round fetches what the filling has pushed out of the caches.
        await events(ingest.at_once)
        old = await saturated(events, ingest.at_once, 0, 0, options.rounds)
        figures |= old.figures("history_events")
        figures["history_ratio"] = round(old.per_second / ingest.per_second, 3)
    resting = _ids(database, "resting")
    await bench.rest(resting)
    signalled = await saturated(signals, 0, FIRST_SIGNALS, MOST_SIGNALS, options.rounds)
    figures |= signalled.figures("signals")
    speed = SpeedToLead(bench.site, database, asking)
    waits = await asyncio.to_thread(speed.measure, options.load, options.seconds)
    percentiles = statistics.quantiles(waits, n=100, method="inclusive")
    return figures | {
        "ratio": round(ingest.per_second / signalled.per_second, 1),
        "cpu_ratio": round(sum(signalled.cpu.values()) / sum(ingest.cpu.values()), 1),
        "speed_to_lead_p50_ms": round(statistics.median(waits)),
        "speed_to_lead_p99_ms": round(percentiles[98]),
        "load_events_per_s": speed.load,
    }


def _ids(database: Engine, name: str) -> list[int]:
    with database.connect() as connection:
        rows = connection.execute(
            text("SELECT id FROM lead WHERE email LIKE :name ORDER BY id"), {"name": f"{name}-%"}
        )
        return list(rows.scalars())


def _count(database: Engine, condition: str) -> int:
    with database.connect() as connection:
        return int(
            connection.execute(text(f"SELECT count(*) FROM lead WHERE {condition}")).scalar_one()
        )


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--events", type=int, default=30_000, help="events of a round of part 1")
    parser.add_argument("--connections", type=int, default=0, help="batches under way at once")
    parser.add_argument("--history", type=int, default=0, metavar="N", help="old events")
    parser.add_argument("--signals", type=int, default=3_000, help="signals of a round of part 2")
    parser.add_argument("--rounds", type=int, default=3, help="rounds that count, of each")
    parser.add_argument("--load", type=int, default=500, help="events per second of part 3")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of part 3")
    parser.add_argument("--asking", type=int, default=200, help="leads that ask in part 3")
    parser.add_argument("--web-apps", type=int, default=1)
    options = parser.parse_args()
    with own_stack() as (home, addresses):
        database = engine(addresses.database_url)
        publish_files(database, ROOT / "cadences", ROOT / "templates")
        with database.begin() as connection:
            key = create_write_key(connection, "benchmark", kind="server") or ""
        client = await Client.connect(addresses.temporal_address)
        settings = {
            "PERENNIAL_HOME": str(home),
            "DATABASE_URL": addresses.database_url,
            "TEMPORAL_ADDRESS": addresses.temporal_address,
        }
        with running(settings, home, options.web_apps) as (ports, programs):
            site = Site(ports, key)
            figures = await measure(Bench(site, database, client, programs), options)
        database.dispose()
    print_figures(figures, as_json=options.json)


if __name__ == "__main__":
    asyncio.run(main())
