"""What people wait for in the console: ``python benchmarks/console.py``.

A web app and a PostgreSQL of their own with 100,000 leads and 5,000 open tasks, and twenty people
signed in at once: SDRs, managers and marketing. Each opens the inbox, opens a lead, searches, and
ends a task, in any order, after a pause of three seconds on average: seldom so short in life.
Measured is the time from a request until its answer is complete: of pages the HTTP GET that builds
them, of a disposition the call of the API that the console makes when somebody presses its key.
Then, with nobody else there, a manager opens the pages that count what all do: Today and Team. They
are to take at most half a second each with a million leads (``--leads 1000000``).

With ``--web-apps N`` people are spread over so many, each at the same one all the time, as a sticky
proxy would have it.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import random
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy import Engine, text

from benchmarks.crowd import gather, sign_in
from benchmarks.own_stack import print_figures, web_apps
from domain.access import Role
from embedded.postgres import EmbeddedPostgres
from store import migrate
from store.access.sessions import COOKIE
from store.engine import engine

MANAGERS = ("boss-west", "boss-east")
MARKETERS = 2
WARM_UP_S = 10.0
SEARCHES = ("lindq", "firm 12", "lead-4711", "김", "Head of", "okafor 1", "@firm-99", "moreau")
WHAT = ("inbox", "lead", "search", "disposition")
COUNTING = {"today": "/console/today", "team": "/console/team"}
OPENED = 5


class BenchUser(threading.Thread):
    """Somebody at work: what they do, and how long each took in seconds.

    Args:
        leads, tasks: ids of what they may open; tasks are ended once.
    """

    def __init__(
        self, port: int, token: str, leads: list[int], tasks: list[int], pause: float
    ) -> None:
        super().__init__(daemon=True)
        self.took: defaultdict[str, list[float]] = defaultdict(list)
        self.trouble = ""
        self.measures = False
        self.stops = False
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {
            "Cookie": f"{COOKIE}={token}",
            "Accept": "text/html",
            "Accept-Encoding": "gzip",
            "Content-Type": "application/json",
            "Sec-Fetch-Site": "same-origin",
        }
        self._leads, self._tasks, self._pause = leads, tasks, pause
        self._chance = random.Random(token)

    def run(self) -> None:
        """Work until told to stop; trouble ends it."""
        todo = WHAT if self._tasks else ("lead", "search")
        try:
            while not (self.stops or self.trouble):
                time.sleep(self._chance.uniform(0.5, 1.5) * self._pause)
                self._do(self._chance.choice(todo))
        except OSError as error:
            self.trouble = f"The web app was not there any more: {error}"

    def _do(self, what: str) -> None:
        chance = self._chance
        match what:
            case "inbox":
                self.do(what, "GET", "/console/inbox")
            case "lead":
                self.do(what, "GET", f"/console/leads/{chance.choice(self._leads)}")
            case "search":
                asked = quote(chance.choice(SEARCHES))
                self.do(what, "GET", f"/console/leads?search={asked}")
            case _ if self._tasks:
                task = self._tasks.pop()
                body = json.dumps({"disposition": "no_answer", "note": "Nobody there."})
                self.do(what, "POST", f"/api/tasks/{task}/pending-disposition", body)

    def do(self, what: str, method: str, path: str, body: str | None = None) -> None:
        """Ask for something, and keep how long it took."""
        try:
            took, status, said = self._ask(method, path, body)
        except ConnectionError:
            # The server hangs up on those who were silent for five seconds; a browser asks again.
            self._connection.close()
            took, status, said = self._ask(method, path, body)
        if self.measures:
            self.took[what].append(took)
        if status != http.client.OK:
            self.trouble = f"{method} {path} was answered {status}: {said[:500]!r}"

    def _ask(self, method: str, path: str, body: str | None) -> tuple[float, int, bytes]:
        began = time.perf_counter()
        self._connection.request(method, path, body, self._headers)
        answer = self._connection.getresponse()
        said = answer.read()
        return time.perf_counter() - began, answer.status, said


def people(database: Engine, number: int, ports: Iterator[int], pause: float) -> list[BenchUser]:
    """So many, each at the web app on the next of ``ports`` for good, as behind a sticky proxy."""
    made = []
    for place in range(1, number - len(MANAGERS) - MARKETERS + 1):
        rep = f"rep-{place}"
        tasks = _ids(database, "SELECT id FROM task WHERE owner = :rep ORDER BY due_at DESC", rep)
        leads = _ids(database, "SELECT id FROM lead WHERE owner = :rep", rep)
        made.append(BenchUser(next(ports), sign_in(database, Role.SDR, rep), leads, tasks, pause))
    anybody = _ids(database, "SELECT id FROM lead WHERE id % 50 = 0 OR owner = :rep", "rep-1")
    for manager in MANAGERS:
        tasks = _ids(database, "SELECT id FROM task WHERE owner = :rep", f"rep-{len(made) + 1}")
        token = sign_in(database, Role.MANAGER, manager)
        made.append(BenchUser(next(ports), token, anybody, tasks, pause))
    made.extend(
        BenchUser(next(ports), sign_in(database, Role.MARKETING, ""), anybody, [], pause)
        for _ in range(MARKETERS)
    )
    return made


def _ids(database: Engine, query: str, rep: str) -> list[int]:
    with database.connect() as connection:
        return list(connection.execute(text(query), {"rep": rep}).scalars())


def measure(working: list[BenchUser], seconds: float) -> dict[str, object]:
    """Let them work; how long each thing took at worst for 95 of 100 times, in milliseconds."""
    for person in working:
        person.start()
    time.sleep(WARM_UP_S)
    for person in working:
        person.measures = True
    time.sleep(seconds)
    for person in working:
        person.stops = True
    for person in working:
        person.join()
        if person.trouble:
            raise SystemExit(person.trouble)
    figures: dict[str, object] = {}
    for what in WHAT:
        took = sorted(one for person in working for one in person.took[what])
        if len(took) < 2:
            raise SystemExit(f"Too few of {what} were measured; give it more --seconds.")
        figures[f"{what}_p95_ms"] = round(1000 * statistics.quantiles(took, n=20)[-1], 1)
        figures[f"{what}_median_ms"] = round(1000 * statistics.median(took), 1)
        figures[f"{what}_times"] = len(took)
    return figures


def open_alone(database: Engine, port: int) -> dict[str, object]:
    """How long the pages that count take, at best of a few times, in milliseconds."""
    manager = BenchUser(port, sign_in(database, Role.MANAGER, MANAGERS[0]), [], [], 0.0)
    manager.measures = True
    for what, path in COUNTING.items():
        for _ in range(OPENED):
            manager.do(what, "GET", path)
    if manager.trouble:
        raise SystemExit(manager.trouble)
    return {f"{what}_best_ms": round(1000 * min(manager.took[what]), 1) for what in COUNTING}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--tasks", type=int, default=5_000, help="open ones; a lead has one")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long they work")
    parser.add_argument(
        "--pause", type=float, default=3.0, help="mean seconds before each thing a person does"
    )
    parser.add_argument("--people", type=int, default=20, help="who work at once, 5 at least")
    parser.add_argument("--web-apps", type=int, default=1)
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="perennial-bench-"))
    postgres = EmbeddedPostgres(home / "postgres", home / "logs", 0)
    try:
        postgres.start()
        url = postgres.create_database("bench")
        migrate.upgrade(url)
        database = engine(url)
        gather(database, home, options.leads, options.tasks, options.people)
        settings = {"PERENNIAL_HOME": str(home), "DATABASE_URL": url}
        with web_apps(settings, home, options.web_apps) as ports:
            working = people(database, options.people, itertools.cycle(ports), options.pause)
            figures = measure(working, options.seconds)
            figures |= open_alone(database, next(iter(ports)))
        database.dispose()
    finally:
        postgres.stop()
        shutil.rmtree(home, ignore_errors=True)
    print_figures(figures, as_json=options.json)


if __name__ == "__main__":
    main()
