"""What Prometheus reads of the servers, also while they are away."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from sqlalchemy import Engine, text

from embedded.postgres import EmbeddedPostgres
from health.checks import State
from health.database import examine
from health.metrics import GAUGES, LONGEST_SECONDS, Health
from metrics import BUILD, EVENTS, Merged, count_when_committed, free_address
from settings import Clock, Settings
from store.engine import engine
from store.health import record_failing
from tests.health.conftest import frozen

pytestmark = pytest.mark.xdist_group("servers that hang")

CLOCK = Clock(datetime(2026, 1, 1, tzinfo=UTC), 1.0)


def scraped(health: Collector) -> dict[str, float]:
    """Every sample by its name and labels."""
    registry = CollectorRegistry()
    registry.register(health)
    return {
        one.name
        + "".join(f" {name}={value}" for name, value in sorted(one.labels.items())): one.value
        for family in text_string_to_metric_families(generate_latest(registry).decode())
        for one in family.samples
    }


def settings(url: str, tmp_path: Any) -> Settings:
    """Those of a web app that is not told of Temporal."""
    return Settings(database_url=url, perennial_home=tmp_path)


def task(database: Engine, kind: str, due_in: timedelta) -> None:
    """An open task."""
    with database.begin() as connection:
        connection.execute(
            text(
                "WITH one AS (INSERT INTO lead (email, email_key) VALUES ('', gen_random_uuid()) "
                "RETURNING id) INSERT INTO task (key, lead_id, kind, title, dispositions, state, "
                "opened_at, due_at, deadline_at) SELECT gen_random_uuid(), id, :kind, '', '[]', "
                "'open', now(), :due, now() + interval '9 days' FROM one"
            ),
            {"kind": kind, "due": datetime.now(UTC) + due_in},
        )


def test_figures_are_those_of_the_checks(database_url: str, tmp_path: Any) -> None:
    """Else an alert and doctor would say different things of the same night."""
    database = engine(database_url)
    for kind, hours in (("call", -1), ("call", 1), ("qualify", 2)):
        task(database, kind, timedelta(hours=hours))
    seen = scraped(Health(settings(database_url, tmp_path)))
    database.dispose()
    figures = {one.name: one.figures for one in examine(database_url, "here", CLOCK)}

    assert seen["perennial_database_up"] == 1
    assert seen["perennial_temporal_up"] == 0
    assert seen["perennial_tasks_open kind=call"] == 2
    assert seen["perennial_tasks_late kind=call"] == 1
    assert seen["perennial_tasks_late kind=qualify"] == 0
    asked = {pair: name for pair, (name, _) in GAUGES.items() if pair[0] in figures}
    assert [pair for pair in asked if pair[1] not in figures[pair[0]]] == []
    assert {f"perennial_{name}" for name in asked.values()} <= set(seen)


def test_a_database_that_is_away_is_a_figure_and_no_error(tmp_path: Any) -> None:
    """Prometheus would take a scrape that fails for a web app that is gone."""
    seen = scraped(Health(settings("postgresql://u:p@127.0.0.1:1/x", tmp_path)))

    assert seen["perennial_database_up"] == 0
    assert seen["perennial_check_state check=database"] == list(State).index(State.BAD)
    assert "perennial_relay_waiting" not in seen
    assert seen["perennial_disk_free_bytes"] > 0


def test_a_database_that_hangs_holds_no_scrape_up(
    own_postgres: EmbeddedPostgres, tmp_path: Any
) -> None:
    """And whoever asks in the same seconds gets what the first one learned."""
    health = Health(settings(own_postgres.url("own"), tmp_path))
    with frozen(own_postgres.pid):
        begun = time.monotonic()
        first = scraped(health)
        took = time.monotonic() - begun
        again = time.monotonic()
        scraped(health)
        assert time.monotonic() - again < took / 2
    assert first["perennial_database_up"] == 0
    # Generous: the machine may be busy. Without a bound it would take for ever.
    assert took < 4 * LONGEST_SECONDS


def test_what_was_given_up_is_bad_for_a_day(database_url: str, tmp_path: Any) -> None:
    """A journey that stands still would be noticed when its lead complains."""
    database = engine(database_url)
    with database.begin() as connection:
        record_failing(
            connection,
            activity="run_step",
            workflow="Nurture",
            error="RowGone",
            workflow_id="lead-7",
            attempt=1,
            given_up=True,
        )
        connection.execute(
            text("UPDATE failing_activity SET last_at = now() - interval '20 hours'")
        )
    seen = scraped(Health(settings(database_url, tmp_path)))
    (found,) = (one for one in examine(database_url, "here", CLOCK) if one.name == "activities")
    database.dispose()

    assert seen["perennial_activities_failing activity=run_step error=RowGone given_up=yes"] == 1
    assert found.state == State.BAD
    assert "run_step: RowGone (lead-7)" in found.advice


def test_only_what_is_committed_counts(database_url: str) -> None:
    """What is rolled back is done again, and would be counted twice."""
    database = engine(database_url)
    child = EVENTS.labels("of this test")

    def counted() -> float | None:
        return REGISTRY.get_sample_value("perennial_events_total", {"kind": "of this test"})

    with database.connect() as connection:
        connection.execute(text("SELECT 1"))
        count_when_committed(connection, child.inc)
        connection.rollback()
    assert counted() == 0
    with database.begin() as connection:
        connection.execute(text("SELECT 1"))
        count_when_committed(connection, child.inc)
        assert counted() == 0
    with database.begin() as connection:
        connection.execute(text("SELECT 1"))
    assert counted() == 1
    database.dispose()


def test_a_process_that_tells_nothing_hides_no_others() -> None:
    """One of a worker that is frozen would make the whole worker look gone."""
    BUILD.labels("of this test").set(1)

    seen = scraped(Merged("0", {free_address(): "1"}))

    assert seen["perennial_process_up process=1"] == 0
    assert seen["perennial_build_info code=of this test process=0"] == 1
