"""What people wait for who look at figures: ``python benchmarks/reports.py [--leads N]``.

A PostgreSQL of its own with so many leads, eight moves and twenty engagements for each, over two
years. Measured are:

1. the facts, made of all of that at once;
2. each report, cold (the first after a start of the server) and warm (the median of five);
3. a day's increment: as many moves as came on an average day, and the facts of their leads made
   again;
4. the memory that the server's processes and this one took of their own at most.

With a million leads the reports are to take at most a second warm, and the increment 30.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Self

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy import Engine, text

from benchmarks.own_stack import print_figures
from cli.connect import Terminal, operator
from domain.checking.policies import read_policy
from domain.figures.funnel import Dimension, Mode
from domain.figures.leaks import LeakBy
from domain.figures.win_loss import WinLossBy
from embedded.postgres import EmbeddedPostgres
from services import (
    figures,
    figures_of_leaks,
    figures_of_months,
    figures_of_pipeline,
    figures_of_sales,
    figures_of_scoring,
    figures_of_win_loss,
)
from services.figures import FigureQuery
from settings import Settings
from store import migrate
from store.bounded import allow_long_work
from store.engine import engine
from store.figures.refresh import BATCH, refresh
from store.published.policies import publish_policy

ENGAGEMENTS = 20
DAYS = 700
_REPS = """
    INSERT INTO rep (code, name, email, team)
    SELECT 'rep-' || n, 'Rep ' || n, '', (ARRAY['west', 'east', 'north'])[1 + n % 3]
    FROM generate_series(0, 39) AS n
"""
_LEADS = """
    INSERT INTO lead (email, email_key, source, country, owner, fit, fit_points, attributes)
    SELECT 'lead-' || n || '@firm.example', 'lead-' || n || '@firm.example', 'source-' || n % 12,
        (ARRAY['DE','KR','US','CN','FR','JP','BR','GB'])[1 + n % 8], 'rep-' || n % 40,
        'A', n % 70 - 10, jsonb_build_object('segment', 'segment-' || n % 4)
    FROM generate_series(1, :leads) AS n
"""
# Eight moves a lead: rests, returns, skips and wins among them.
_MOVES = f"""
    INSERT INTO stage_transition (lead_id, key, from_stage, to_stage, phase, reason, cycle, at)
    SELECT id, 'move-' || id || '-' || step, '', split_part(place, ':', 2), '',
        CASE WHEN id % 10 < 8 THEN 'made up' ELSE 'lost' END, split_part(place, ':', 1)::int,
        now() - interval '{DAYS} days' * began + sum(interval '12 days' * -ln(1 - random()))
            OVER (PARTITION BY id ORDER BY step) - interval '100 days'
    FROM (SELECT id, random() AS began FROM lead) AS started, unnest(
        CASE WHEN id % 10 < 4 THEN ARRAY['1:known', '1:engaged', '1:recycled', '2:known',
                '2:engaged', '2:recycled', '3:known', '3:recycled']
            WHEN id % 10 < 7 THEN ARRAY['1:known', '1:engaged', '1:mql', '1:sal', '1:mql',
                '1:recycled', '2:known', '2:engaged']
            WHEN id % 10 < 8 THEN ARRAY['1:known', '1:engaged', '1:mql', '1:sal', '1:sql',
                '1:opportunity', '1:customer', '1:recycled']
            ELSE ARRAY['1:known', '1:engaged', '1:mql', '1:recycled', '2:mql', '2:sal', '2:sql',
                '2:recycled'] END) WITH ORDINALITY AS path (place, step)
"""
_TOUCHES = f"""
    INSERT INTO campaign_touch (key, lead_id, via, source, campaign, at)
    SELECT 'came-' || id, id, 'page', 'ads', 'campaign-' || id % 40, now() - interval '{DAYS} days'
    FROM lead
"""
# Who became sales-ready was called by hand, most within the hour, and met.
_SALES = (
    """
    INSERT INTO crossing (lead_id, cycle, at, cause, grade, score, hot)
    SELECT lead_id, cycle, min(at), 'event', chr(65 + (lead_id % 3)::int) || 1 + lead_id % 2,
        30 + lead_id % 60, false FROM stage_transition
    WHERE to_stage = 'mql' GROUP BY 1, 2
    """,
    """
    INSERT INTO lead_note (lead_id, kind, direction, by, at, written_at)
    SELECT lead_id, 'call', 'out', 'rep', at + random() * interval '2 hours', at FROM crossing
    WHERE lead_id % 5 > 0
    """,
    """
    INSERT INTO sla_clock (key, promise, lead_id, state, started_at, due_at)
    SELECT 'accept-' || id, 'accept', lead_id, 'met', at, at + interval '90 minutes' FROM crossing
    """,
    """
    INSERT INTO meeting (lead_id, cycle, set_at, starts_at, state)
    SELECT lead_id, cycle, at, at + random() * interval '9 days',
        CASE WHEN lead_id % 4 = 0 THEN 'no_show' ELSE 'held' END
    FROM stage_transition WHERE to_stage = 'sal'
    """,
    """
    INSERT INTO opportunity (key, lead_id, outcome, outcome_reason, opened_at, closed_at)
    SELECT 'deal-' || id, lead_id, CASE WHEN lead_id % 3 = 0 THEN 'won' ELSE 'lost' END, 'price',
        at, at + random() * interval '90 days'
    FROM stage_transition WHERE to_stage = 'sql'
    """,
    """
    UPDATE lead SET stage = last.to_stage, cycle = last.cycle,
        phase = CASE to_stage WHEN 'recycled' THEN 'Recycle' ELSE 'Nurture' END,
        recycled_until = CASE to_stage WHEN 'recycled' THEN last.at + interval '700 days' END
    FROM (SELECT DISTINCT ON (lead_id) lead_id, cycle, to_stage, at FROM stage_transition
        ORDER BY lead_id, cycle DESC, at DESC) AS last
    WHERE last.lead_id = lead.id
    """,
)
_ENGAGEMENTS = f"""
    INSERT INTO engagement (key, lead_id, kind, rule, points, detail, at)
    SELECT 'did-' || id || '-' || n, id, 'page', 'read a page', 1,
        jsonb_build_object('path', '/page-' || n), now() - random() * interval '{DAYS} days'
    FROM lead, generate_series(1, {ENGAGEMENTS}) AS n
"""
_DAY = """
    INSERT INTO stage_transition (lead_id, key, from_stage, to_stage, phase, reason, cycle, at)
    SELECT id, 'today-' || id, '', 'known', '', 'made up', 4, now()
    FROM (SELECT id FROM lead ORDER BY random() LIMIT :moves) AS chosen
"""


class Memory(threading.Thread):
    """Looks how much memory of their own this process and those of a server take at most.

    Args:
        server: process id of the server.
    """

    def __init__(self, server: int) -> None:
        super().__init__(daemon=True)
        self.most: dict[str, float] = {"server": 0.0, "own": 0.0}
        self._server = psutil.Process(server)
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.2):
            for name, processes in (
                ("server", [self._server, *self._server.children(recursive=True)]),
                ("own", [psutil.Process()]),
            ):
                taken = sum(map(_own_bytes, processes)) / 1e6
                self.most[name] = max(self.most[name], taken)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()


def _own_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().uss)
    except psutil.Error:
        return 0


def make(database: Engine, leads: int) -> None:
    """Write the leads and all that happened to them."""
    with database.begin() as connection:
        allow_long_work(connection)
        rules = (ROOT / "cadences" / "scoring.yaml").read_text(encoding="utf-8")
        if (policy := read_policy(rules, "scoring.yaml")[0]) is not None:
            publish_policy(connection, rules, policy)
        connection.execute(text(_REPS))
        connection.execute(text(_LEADS), {"leads": leads})
        # Their facts are made at once, below.
        connection.execute(text("ALTER TABLE stage_transition DISABLE TRIGGER USER"))
        connection.execute(text(_MOVES))
        connection.execute(text(_TOUCHES))
        for statement in _SALES:
            connection.execute(text(statement))
        connection.execute(text("ALTER TABLE stage_transition ENABLE TRIGGER USER"))
        connection.execute(text("TRUNCATE figures_due"))
        connection.execute(text("INSERT INTO figures_due (about) SELECT id FROM lead"))
    with database.begin() as connection:
        allow_long_work(connection)
        connection.execute(text(_ENGAGEMENTS))
    with database.begin() as connection:
        allow_long_work(connection)
        connection.execute(text("ANALYZE"))


def make_facts(database: Engine) -> float:
    """The seconds in which all facts that are due are made, as a worker makes them."""
    began, made = time.monotonic(), 1
    while made:
        with database.begin() as connection:
            allow_long_work(connection)
            made = refresh(connection, most=BATCH)
    return time.monotonic() - began


def reports(context: Terminal) -> dict[str, Callable[[], object]]:
    """Each report by its name."""
    today = datetime.now(UTC).date()
    since = today - timedelta(days=DAYS)
    periods = {"90_days": today - timedelta(days=90), "year": today - timedelta(days=365)}

    def funnel(query: FigureQuery) -> Callable[[], object]:
        return lambda: figures.funnel(context, operator(), query)

    found = {"funnel_all": funnel(FigureQuery())}
    for name, begins in periods.items():
        found |= {
            f"funnel_{name}": funnel(FigureQuery(begins, window=60)),
            f"funnel_{name}_by_source": funnel(FigureQuery(begins, by=Dimension.SOURCE)),
            f"funnel_{name}_by_team": funnel(FigureQuery(begins, by=Dimension.TEAM)),
            f"activity_{name}": funnel(FigureQuery(begins, mode=Mode.ACTIVITY)),
        }
    for split in (None, LeakBy.OWNER, LeakBy.SOURCE):
        query = FigureQuery(by=split)
        found[f"leaks_by_{split or 'nothing'}"] = partial(
            figures_of_leaks.leaks, context, operator(), query
        )
    found["scoring"] = partial(figures_of_scoring.scoring, context, operator(), FigureQuery())
    found["content"] = partial(figures_of_scoring.content, context, operator(), FigureQuery())
    for by in (None, WinLossBy.SEGMENT):
        found[f"win_loss_by_{by or 'nothing'}"] = partial(
            figures_of_win_loss.win_loss, context, operator(), FigureQuery(by=by)
        )
    found["pipeline"] = partial(figures_of_pipeline.pipeline, context, operator())
    found["forecast"] = partial(figures_of_pipeline.forecast, context, operator())
    for name, query in (("year", FigureQuery()), ("two_years", FigureQuery(since))):
        found[f"recycle_{name}"] = partial(
            figures_of_sales.recycle_yield, context, operator(), query
        )
        for stage, reached in (("known", "mql"), ("mql", "customer")):
            for month in (figures_of_months.cohorts, figures_of_months.velocity):
                found[f"{month.__name__}_{stage}_to_{reached}_{name}"] = partial(
                    month, context, operator(), query, stage, reached
                )
    return found


def main() -> None:
    """Print how long each report takes, cold and warm, and what a day adds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    parser.add_argument("--leads", type=int, default=1_000_000)
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="perennial-bench-"))
    postgres = EmbeddedPostgres(home / "postgres", home / "logs", 0)
    figure: dict[str, object] = {"leads": options.leads}
    try:
        postgres.start()
        url = postgres.create_database("bench")
        migrate.upgrade(url)
        database = engine(url)
        began = time.monotonic()
        make(database, options.leads)
        figure["made_up_s"] = round(time.monotonic() - began, 1)
        figure["facts_of_all_s"] = round(make_facts(database), 1)
        with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        database.dispose()
        postgres.stop()
        postgres.start()
        database = engine(postgres.create_database("bench"))
        context = Terminal(Settings(perennial_home=home), database)
        with Memory(_pid(home)) as memory:
            for name, report in reports(context).items():
                seconds = []
                for _ in range(6):
                    began = time.monotonic()
                    report()
                    seconds.append(time.monotonic() - began)
                figure[f"{name}_cold_s"] = round(seconds[0], 3)
                figure[f"{name}_warm_s"] = round(statistics.median(seconds[1:]), 3)
            with database.begin() as connection:
                allow_long_work(connection)
                connection.execute(text(_DAY), {"moves": 8 * options.leads // DAYS})
            figure["increment_of_a_day_s"] = round(make_facts(database), 2)
        figure |= {f"{name}_peak_mb": round(most) for name, most in memory.most.items()}
        database.dispose()
    finally:
        postgres.stop()
        shutil.rmtree(home, ignore_errors=True)
    print_figures(figure, as_json=options.json)


def _pid(home: Path) -> int:
    return int((home / "postgres" / "postmaster.pid").read_text().partition("\n")[0])


if __name__ == "__main__":
    main()
