"""Events kept by month: recording one must cost the same for ever, and none may be lost or counted
twice on its way into its month."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import Engine, text
from structlog.testing import capture_logs
from temporalio.client import Client

import worker
from settings import ROOT, Settings
from store.erasure.erasure import erase
from store.scoring.engagement import LeadActivity, recorded_before
from store.scoring.event_months import keep_months, make_month
from tests.support.scored_leads import Book, scoring, worth

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
YEARS_AGO = NOW - timedelta(days=3 * 365)


def tables(book: Book) -> dict[str, list[str]]:
    """Table → keys of the events in it."""
    with book.database.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT part.relid::text AS table, "
                "array_remove(array_agg(split_part(key, ':', 3) ORDER BY at, key), NULL) AS found "
                "FROM pg_partition_tree('engagement') AS part "
                "LEFT JOIN engagement ON engagement.tableoid = part.relid "
                "WHERE isleaf GROUP BY 1"
            )
        )
        return {row.table: row.found for row in rows}


def keep(book: Book, months: int = 0, now: datetime = NOW) -> None:
    """A round of the sales sweep."""
    keep_months(book.database, now, months)


def click(key: str, at: datetime, lead: int) -> LeadActivity:
    return LeadActivity(f"click:{lead}:{key}", "click", at, lead_id=lead)


def waits_for_a_lock(database: Engine, backend: int) -> bool:
    with database.connect() as connection:
        return bool(
            connection.scalar(
                text("SELECT count(*) FROM pg_locks WHERE pid = :pid AND NOT granted"),
                {"pid": backend},
            )
        )


def test_whoever_reads_while_a_month_is_made_finds_all_its_events(book: Book) -> None:
    """A score would be counted without what was on its way, and no one would count it again."""
    lead = book.lead()
    book.record(click("early", NOW, lead))
    with (
        ThreadPoolExecutor(1) as other,
        book.database.connect() as reader,
        book.database.begin() as mover,
    ):
        backend = reader.scalar(text("SELECT pg_backend_pid()"))
        # As planned within a transaction that has read nothing of them before.
        make_month(mover, NOW.date().replace(day=1))
        found = other.submit(reader.scalar, text("SELECT count(*) FROM engagement"))
        while not waits_for_a_lock(book.database, int(backend)):
            assert not found.done()
        mover.commit()
        assert found.result() == 1


@pytest.mark.parametrize("year", [2, 500, 1970, 2008])
def test_months_of_a_time_before_all_events_are_never_made(book: Book, year: int) -> None:
    """Anybody with the key of a page could make thousands of tables, or stop the sweep: a year of
    three digits once gave a table whose name nothing could read."""
    lead = book.lead()
    book.record(click("first", datetime(2009, 1, 1, tzinfo=UTC), lead))
    book.record(click("false", datetime(year, 12, 31, 23, tzinfo=UTC), lead))

    keep(book)
    keep(book)

    assert {table: keys for table, keys in tables(book).items() if keys} == {
        "engagement_2009_01": ["first"],
        "engagement_other": ["false"],
    }


def test_a_month_that_cannot_be_made_or_dropped_keeps_no_other_from_it(book: Book) -> None:
    """All events of all later months would pile up in one table, and nobody would know why."""
    lead = book.lead()
    ages = {"old": 500, "older": 1000, "oldest": 1500}
    book.record(*(click(key, NOW - timedelta(days=age), lead) for key, age in ages.items()))
    keep(book)
    book.run("CREATE VIEW report AS SELECT * FROM engagement_2023_06")
    book.run("CREATE TABLE engagement_2026_06 ()")
    book.record(click("late", NOW - timedelta(days=90), lead))
    with capture_logs() as lines:
        keep(book, months=12, now=NOW + timedelta(days=62))

    assert {table: keys for table, keys in tables(book).items() if keys} == {
        "engagement_2023_06": ["older"],
        "engagement_2025_12": ["late"],
    }
    assert "engagement_2026_07" in tables(book)
    assert [(line["table"], line["log_level"]) for line in lines] == [
        ("engagement_2026_06", "error"),
        ("engagement_2023_06", "error"),
    ]


def test_events_come_to_their_months_whenever_these_are_made(book: Book) -> None:
    """An event that waited for its month, or came months late, would be lost, counted twice, or
    slow all others down where it lies."""
    lead = book.lead()
    book.record(click("early", NOW, lead), click("old", YEARS_AGO, lead))
    assert tables(book) == {"engagement_other": ["old", "early"]}
    keep(book)
    book.record(click("late", NOW - timedelta(days=60), lead), click("now", NOW, lead))
    book.record(click("wrong", datetime(2031, 1, 1, tzinfo=UTC), lead))

    keep(book)
    keep(book)

    assert tables(book) == {
        "engagement_2023_03": ["old"],
        "engagement_2026_01": ["late"],
        "engagement_2026_03": ["early", "now"],
        "engagement_2026_04": [],
        "engagement_2026_05": [],
        "engagement_other": ["wrong"],
    }
    assert len({row.key for row in book.rows(lead)}) == 5


def test_an_event_counts_once_whatever_month_a_copy_says(book: Book) -> None:
    """Libraries send again what was not acknowledged, perhaps in the next month, and a clock that
    was put right in between makes it another one."""
    book.publish(scoring(interest=[worth("click", 5, at_most="2 per month")]))
    keep(book)
    lead = book.lead()
    times = [NOW, NOW - timedelta(days=20), YEARS_AGO, NOW]

    new = [book.record(click("one", at, lead)) for at in times]

    assert new == [{f"click:{lead}:one"}, set(), set(), set()]
    assert [row.points for row in book.rows(lead)] == [5]
    with book.database.connect() as connection:
        assert recorded_before(connection, [f"click:{lead}:one", "two"]) == new[0]


def test_one_that_comes_late_takes_the_place_of_another_under_a_limit(book: Book) -> None:
    """The first of a period count: what a lead is worth would depend on who reported faster."""
    rules = scoring(interest=[worth("click", 5, at_most="2 per month")])
    book.publish(rules)
    keep(book)
    lead = book.lead()
    for place in (4, 3, 5, 1):
        book.record(click(f"k{place}", NOW - timedelta(hours=9 - place), lead))
    assert [(row.key, row.points) for row in book.rows(lead)] == [
        *(("k1", 5), ("k3", 5)),
        *(("k4", 0), ("k5", 0)),
    ]
    assert book.interest(lead, rules) == pytest.approx(book.interest_by_rows(lead, rules))


def test_months_beyond_retention_go_and_those_that_are_needed_stay(book: Book) -> None:
    """Disks would fill for ever; or scores would lose what they are made of."""
    book.publish(scoring(half_life="30 days"))
    lead = book.lead()
    ages = {"new": 0, "needed": 7 * 30, "older": 10 * 30, "oldest": 4 * 365}
    book.record(*(click(key, NOW - timedelta(days=age), lead) for key, age in ages.items()))
    keep(book)
    book.record(click("waits", YEARS_AGO, lead))

    keep(book, months=12)
    assert {row.key for row in book.rows(lead)} == {"new", "needed", "older"}
    assert book.value("SELECT count(*) FROM engagement_key") == 3
    keep(book, months=1)  # The rules in force read eight months.

    assert {row.key for row in book.rows(lead)} == {"new", "needed"}
    assert min(table for table in tables(book)) == "engagement_2025_08"


def test_what_is_kept_of_a_dropped_month_goes_with_it(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where more events come than are forgotten, the table of keys would grow for ever."""
    monkeypatch.setattr("store.scoring.event_months.SLICE", 2)
    lead = book.lead()
    book.record(*(click(f"k{number}", YEARS_AGO, lead) for number in range(5)))

    keep(book, months=12)

    assert book.value("SELECT count(*) FROM engagement_key") == 0
    assert book.value("SELECT count(*) FROM engagement") == 0


class _Reached(Exception):
    """Instead of Temporal: the worker has got so far."""


@pytest.mark.parametrize(
    ("half_life", "months", "kept"),
    [
        *(("30 days", 0, None), ("30 days", 8, None), ("30 days", 7, 8)),
        *(("150 days", 36, 38), ("10000 days", 36, 2500)),
    ],
)
def test_a_worker_starts_whatever_half_life_is_published(
    book: Book, monkeypatch: pytest.MonkeyPatch, half_life: str, months: int, kept: int | None
) -> None:
    """A restart would end the whole deployment because of what marketing published days ago; or
    nobody would hear that events are kept for longer than was set."""
    book.publish(scoring(half_life=half_life))
    monkeypatch.setenv("DATABASE_URL", book.database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")

    async def reached(*_: Any, **__: Any) -> Client:
        raise _Reached

    monkeypatch.setattr(worker, "reach_temporal", reached)
    stopping = cast(worker.Stopping, None)  # It is not looked at before Temporal is there.
    with capture_logs() as lines, pytest.raises(_Reached):
        asyncio.run(worker.run(Settings(event_retention_months=months), stopping))

    assert [(line["setting"], line["months"]) for line in lines if "months" in line] == (
        [(months, kept)] if kept else []
    )


@pytest.mark.parametrize("months", ["-1", "a year"])
def test_a_worker_ends_with_a_sentence_when_its_retention_is_none(book: Book, months: str) -> None:
    """It would be found out when the points are gone."""
    done = subprocess.run(
        [sys.executable, "worker.py"],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": book.database.url.render_as_string(hide_password=False),
            "TEMPORAL_ADDRESS": "127.0.0.1:1",
            "EVENT_RETENTION_MONTHS": months,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 2
    assert "EVENT_RETENTION_MONTHS" in done.stderr
    assert "Traceback" not in done.stderr


def test_erasure_reaches_every_month(book: Book) -> None:
    """What somebody did would be known of them after they were erased."""
    lead = book.lead()
    email = book.value("SELECT email FROM lead WHERE id = :lead", lead=lead)
    pages = [
        LeadActivity(key, "page", at, lead_id=lead, name="Pricing", detail={"path": "/pricing"})
        for key, at in (("old", YEARS_AGO), ("new", NOW), ("wrong", NOW + timedelta(days=3000)))
    ]
    book.record(*pages)
    keep(book)
    with book.database.begin() as connection:
        erase(connection, lead, address=str(email), by="ops", reason="asked", secret="s", now=NOW)

    with book.database.connect() as connection:
        left = connection.execute(
            text("SELECT DISTINCT left(key, 7), name, detail::text FROM engagement")
        ).all()
    assert left == [("erased-", "", "{}")]
    assert book.record(pages[0]) == set()


def test_who_reads_all_months_has_no_more_locks_than_there_is_room_for(book: Book) -> None:
    """With many readers at once PostgreSQL would have no memory left for locks, and whoever came
    next, with whatever, would fail."""
    lead = book.lead()
    book.record(*(click(f"{age}", NOW - timedelta(days=30 * age), lead) for age in range(36)))
    keep(book)
    with book.database.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM engagement WHERE lead_id > 0")) == 36
        locks, room = connection.execute(
            text(
                "SELECT count(*), current_setting('max_locks_per_transaction')::int "
                "FROM pg_locks WHERE pid = pg_backend_pid()"
            )
        ).one()
    assert locks < room
