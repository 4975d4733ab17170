"""Whether a dry run keeps its word: ``python benchmarks/enroll_many.py [--leads N] [--json]``.

On an embedded stack of its own, with workers as programs of their own: so many leads, some of whom
may not enter, are tried and then enrolled in a cadence, while the worker is killed again and again.
In the end the run must have what the dry run said: who enters, who stays out and why. Every lead
that enters has one enrollment and one mail, and no other has any; else it fails.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import psutil
from sqlalchemy import Engine, text

import services.publishing
from benchmarks.own_stack import own_stack, print_figures
from cli.cadence import publish_files
from cli.connect import Terminal, operator
from domain.labels import WHY_NOT
from services import enrollments
from services.enrollments import Enrolling, LeadsByIds
from settings import Settings
from store.engine import engine
from store.journeys.enrollment_runs import find_run

KILLED_AFTER_SECONDS = 30.0
"""Of work, each time."""
KILLS = 5
RUNS = "worker is running"
"""What its log says then."""
LONGEST_SECONDS = 3600.0
CADENCE = """\
cadence: to-many
window: {days: [mon, tue, wed, thu, fri, sat, sun], from: "00:00", to: "23:59", \
skip_holidays: false}
steps:
  - email: welcome-1-checklist
  - wait: 30 days
"""
_LEADS = """
    INSERT INTO lead (email, email_key, first_name, country, time_zone, phase, stage)
    SELECT 'a' || n || '@bench.example', 'a' || n || '@bench.example', 'Ada', 'GB', 'UTC',
        CASE n % 20 WHEN 0 THEN 'FollowUp' WHEN 1 THEN 'Customer' WHEN 2 THEN 'ended' ELSE '' END,
        'known'
    FROM generate_series(1, :leads) AS n
"""
_SUPPRESSED = """
    INSERT INTO suppression (email_key, reason, at)
    SELECT email_key, 'unsubscribed', now() FROM lead WHERE id % 20 IN (5, 6)
"""
_LEFT = "SELECT count(*) FROM enrollment_run_lead WHERE state IN ('waiting', 'told')"
_MAILED = "SELECT count(*) FROM touch WHERE state = 'sent'"
_HOURS = """
    SELECT date_trunc('hour', sent_at, 'UTC'), count(*) FROM touch WHERE state = 'sent' GROUP BY 1
"""
_TWICE = """
    SELECT (SELECT count(*) FROM (SELECT lead_id FROM enrollment GROUP BY 1
            HAVING count(*) > 1) AS a)
        + (SELECT count(*) FROM (SELECT touch_key FROM outbox_message GROUP BY 1
            HAVING count(*) > 1) AS b)
"""


class Bench:
    """A stack, and a worker that is killed."""

    def __init__(self, database: Engine, environment: Mapping[str, str], log: Path) -> None:
        self.database, self.environment, self.log = database, environment, log
        self.kills = 0

    def work_until(self, done: Callable[[], bool]) -> None:
        """Have a worker work, and kill it some times, until this holds."""
        ends = time.monotonic() + LONGEST_SECONDS
        while True:
            before = self._runs()
            worker = self._start()
            killed_at = math.inf
            try:
                while self.kills >= KILLS or time.monotonic() < killed_at:
                    if killed_at == math.inf and self._runs() > before:
                        killed_at = time.monotonic() + KILLED_AFTER_SECONDS
                    if done():
                        return
                    if time.monotonic() > ends:
                        raise SystemExit("It took too long.")
                    time.sleep(0.5)
                self.kills += 1
            finally:
                for process in psutil.Process(worker.pid).children(recursive=True):
                    process.kill()
                worker.kill()
                worker.wait()

    def value(self, query: str) -> int:
        """The number that a query gives."""
        with self.database.connect() as connection:
            return int(connection.execute(text(query)).scalar_one())

    def _runs(self) -> int:
        """How often a worker has begun to work."""
        return self.log.read_text(encoding="utf-8").count(RUNS) if self.log.exists() else 0

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "worker.py"],
                cwd=ROOT,
                env=os.environ | self.environment,
                stdout=log,
                stderr=log,
            )


def measure(leads: int) -> dict[str, Any]:
    """Try, enroll, kill, compare."""
    with own_stack() as (home, addresses):
        environment = {
            "DATABASE_URL": addresses.database_url,
            "TEMPORAL_ADDRESS": addresses.temporal_address,
            "EMAIL_CHANNEL": "outbox",
            "SECRET_KEY": "a secret of the benchmarks, 0123456789",
            "PERENNIAL_HOME": str(home),
            "WORKER_PROCESSES": "1",
        }
        database = engine(addresses.database_url)
        settings = Settings(database_url=addresses.database_url, perennial_home=home)
        context = Terminal(settings, database)
        publish_files(database, ROOT / "cadences", ROOT / "templates")
        services.publishing.publish(
            context,
            operator(),
            ["to-many.yaml"],
            partial(services.publishing.check_texts, files={"to-many.yaml": CADENCE}),
        )
        with database.begin() as connection:
            connection.execute(text(_LEADS), {"leads": leads})
            connection.execute(text(_SUPPRESSED))
            chosen = list(connection.scalars(text("SELECT id FROM lead")))
        asked = Enrolling(LeadsByIds(chosen))
        began = time.perf_counter()
        with database.connect() as connection:
            would = enrollments.dry_run(connection, context, "to-many", asked)
        tried = time.perf_counter() - began
        began = time.perf_counter()
        run = enrollments.enroll(context, operator(), "to-many", asked)
        enrolled = time.perf_counter() - began
        bench = Bench(database, environment, home / "worker.log")
        began = time.perf_counter()
        bench.work_until(lambda: bench.value(_LEFT) == 0 and bench.value(_MAILED) >= would.entering)
        took = time.perf_counter() - began
        with database.connect() as connection:
            done = find_run(connection, run.id)
            hours = Counter({at.astimezone(UTC): n for at, n in connection.execute(text(_HOURS))})
        assert done is not None
        said = {one.why: one.leads for one in would.stays_out}
        foreseen = Counter({one.at: one.mails for one in would.first_mails})
        twice = bench.value(_TWICE)
        database.dispose()
    wrong = {
        "entered": (would.entering, done.entered),
        "left out": (said, dict(done.left_out)),
        "mails": (would.entering, hours.total()),
        "twice": (0, twice),
    }
    if bad := {name: pair for name, pair in wrong.items() if pair[0] != pair[1]}:
        raise SystemExit(f"The dry run said otherwise than what happened: {bad}")
    return {
        "leads": leads,
        "entered": done.entered,
        **{f"out: {WHY_NOT[why]}": number for why, number in said.items()},
        "kills": bench.kills,
        "dry run, seconds": round(tried, 2),
        "enroll, seconds": round(enrolled, 2),
        "until all had their mail, seconds": round(took),
        "mails in the foreseen hour": (foreseen & hours).total(),
        "twice": twice,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    print_figures(
        {"began": f"{datetime.now(UTC):%H:%M}", **measure(chosen.leads)}, as_json=chosen.json
    )


if __name__ == "__main__":
    main()
