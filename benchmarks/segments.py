"""What segments cost: ``python benchmarks/segments.py [--leads N] [--json]``.

A PostgreSQL of its own with so many leads and eight engagements for each. Measured are:

1. events recorded a second without segments, and with 50 while a worker's judging runs beside;
2. how long a change waits at most until it is judged, as events come in as fast as they can;
3. the counts of conditions that are not published: each of 50, the median and the slowest;
4. how long all leads take by one new segment in SQL, by one that is asked lead by lead, and by
   50 at once.

To reach with 100,000 leads: 85 % of the events, a count in 300 ms, a new segment in 5 s.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy import Engine, text

from benchmarks.crowd import gather
from benchmarks.own_stack import print_figures
from domain.segments.policy import Segment, SegmentsPolicy
from embedded.postgres import EmbeddedPostgres
from store import migrate
from store.bounded import allow_long_work
from store.engine import engine
from store.published.policies import publish_policy
from store.scoring.engagement import LeadActivity, record
from store.segments.answers import compiled
from store.segments.counting import count_members
from store.segments.membership import (
    BATCH as MANY,
)
from store.segments.membership import (
    changes_waiting,
    judge_all,
    judge_changed,
    publish_segments,
)

BATCH = 100
"""Events of a transaction."""
_PAGES = """
    INSERT INTO engagement (key, lead_id, kind, name, detail, at)
    SELECT 'page-' || id || '-' || n, id, CASE WHEN n < 5 THEN 'page' ELSE 'track' END,
        CASE WHEN n < 5 THEN '' ELSE 'Trial Started' END,
        jsonb_build_object('path', (ARRAY['/pricing', '/', '/jobs', '/guides'])[1 + id % 4]),
        now() - random() * interval '200 days'
    FROM lead, generate_series(1, 5) AS n
"""
_SALES = """
    INSERT INTO opportunity (key, lead_id, account_id, opened_at, outcome, closed_at)
    SELECT 'sale-' || id, id, account_id, now() - interval '90 days',
        (ARRAY['', 'won', 'lost'])[1 + id % 3],
        CASE WHEN id % 3 > 0 THEN now() - random() * interval '300 days' END
    FROM lead WHERE id % 20 = 0
"""
_ATTRIBUTES = """
    UPDATE lead SET attributes = jsonb_build_object('plan', (ARRAY['free', 'pro'])[1 + id % 2],
        'employees', (id % 500)::text) WHERE id % 3 > 0
"""
_KINDS = (
    'lead.country == "{country}" && score >= {n}',
    'engagement.visits_30_days["/pricing"] >= 1 && opportunity.open_at_account == 0',
    "engagement.clicks >= 1 && engagement.clicks_30_days == 0",
    'number(lead.attributes.employees) > {n}0 && lead.attributes.plan == "pro"',
    'fit in ["A", "B"] && interest >= 3 && lead.stage == "known"',
    'engagement.tracked["Trial Started"] > 0 && consent.suppressed == ""',
    'lead.title.lower().contains("owner") && lead.country != "{country}"',
    "daysSince(engagement.last_page) > {n}0 && cycle == 1",
    'opportunity.last_lost != "" && daysSince(opportunity.last_lost) > {n}',
    'lead.stage == "engaged" && !consent.refuses["product"] && lead.has_phone',
)
_ASKED = "lead.title == lead.company || score > 40 + cycle"
"""It compares facts with each other, which is asked lead by lead."""


def conditions(number: int) -> list[str]:
    """So many conditions, of ten kinds."""
    countries = ("GB", "DE", "KR", "US", "CN")
    return [
        _KINDS[n % len(_KINDS)]
        .replace("{country}", countries[n // 10 % 5])
        .replace("{n}", str(3 + n // 10))
        for n in range(number)
    ]


def publish(database: Engine, whens: Sequence[str]) -> None:
    """Have segments with these conditions hold, and no others."""
    policy = SegmentsPolicy(
        policy="segments",
        segments=tuple(
            Segment(name=f"s-{n}", title=f"Segment {n}", when=when) for n, when in enumerate(whens)
        ),
    )
    with database.begin() as connection:
        publish_policy(connection, repr(policy), policy)
        publish_segments(connection, policy)


def judge(database: Engine) -> float:
    """Judge all that is due; how long it took."""
    began, more = time.monotonic(), True
    while more:
        with database.begin() as connection:
            allow_long_work(connection)
            more = judge_changed(connection, datetime.now(UTC)).taken > 0
        with database.begin() as connection:
            allow_long_work(connection)
            more = judge_all(connection, datetime.now(UTC)) or more
    return time.monotonic() - began


def events_a_second(database: Engine, leads: int, batches: int, turn: str) -> float:
    """How many events are recorded a second, in batches."""
    kinds = ("click", "page", "track", "page")
    began = time.monotonic()
    for batch in range(batches):
        happened = [
            LeadActivity(
                f"{turn}:{batch}:{n}",
                kinds[n % 4],
                datetime.now(UTC),
                lead_id=1 + (batch * 7919 + n * 104_729) % leads,
                name="Trial Started" if n % 4 == 2 else "",
                detail={"path": "/pricing" if n % 8 == 1 else "/guides"},
            )
            for n in range(BATCH)
        ]
        with database.begin() as connection:
            record(connection, happened, datetime.now(UTC))
    return batches * BATCH / (time.monotonic() - began)


@contextmanager
def judging(database: Engine) -> Iterator[list[int]]:
    """A worker's judging beside; how many changes waited at each look."""
    over, waited = threading.Event(), [0]

    def work() -> None:
        while not over.is_set():
            with database.begin() as connection:
                waited.append(changes_waiting(connection, 1_000_000))
                taken = judge_changed(connection, datetime.now(UTC)).taken
            if taken < MANY:
                over.wait(5)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield waited
    finally:
        over.set()
        thread.join()


def measure(database: Engine, leads: int, batches: int, rounds: int) -> dict[str, object]:
    """All figures."""
    figures: dict[str, object] = {"leads": leads}
    events_a_second(database, leads, batches // 4, "warm")
    rates: dict[str, list[float]] = {"without": [], "with": []}
    fifty = conditions(50)
    for turn in range(rounds):
        publish(database, [])
        judge(database)
        rates["without"].append(events_a_second(database, leads, batches, f"without-{turn}"))
        publish(database, fifty)
        seconds = judge(database)
        with judging(database) as waited:
            rates["with"].append(events_a_second(database, leads, batches, f"with-{turn}"))
        judge(database)
    figures["fifty_new_segments_s"] = round(seconds, 1)
    figures["events_without_per_s"] = round(statistics.median(rates["without"]))
    figures["events_with_per_s"] = round(statistics.median(rates["with"]))
    figures["kept_percent"] = round(
        100 * statistics.median(rates["with"]) / statistics.median(rates["without"])
    )
    figures["changes_waiting_at_most"] = max(waited)
    took, estimates = [], 0
    for when in fifty:
        began = time.monotonic()
        with database.begin() as connection:
            counted = count_members(connection, compiled(when), datetime.now(UTC))
        took.append(1000 * (time.monotonic() - began))
        estimates += not counted.exact
    figures["count_median_ms"] = round(statistics.median(took))
    figures["count_slowest_ms"] = round(max(took))
    figures["counts_estimated_of_50"] = estimates
    for name, when in (("in_sql", fifty[1]), ("asked_one_by_one", _ASKED)):
        publish(database, [when])
        figures[f"new_segment_{name}_s"] = round(judge(database), 2)
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--batches", type=int, default=150, help=f"of {BATCH} events, each round")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="perennial-bench-"))
    postgres = EmbeddedPostgres(home / "postgres", home / "logs", 0)
    try:
        postgres.start()
        url = postgres.create_database("bench")
        migrate.upgrade(url)
        database = engine(url)
        gather(database, home, options.leads, tasks=100, reps=20)
        publish(database, [])
        with database.begin() as connection:
            allow_long_work(connection)
            for statement in (_PAGES, _SALES, _ATTRIBUTES):
                connection.execute(text(statement))
        with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        figures = measure(database, options.leads, options.batches, options.rounds)
        database.dispose()
    finally:
        postgres.stop()
        shutil.rmtree(home, ignore_errors=True)
    print_figures(figures, as_json=options.json)


if __name__ == "__main__":
    main()
