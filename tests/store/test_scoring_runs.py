"""Scoring runs: everybody is counted once by the new rules, and sales is not flooded."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy.exc import NoResultFound

from store.scoring import scoring_runs
from store.scoring.engagement import LeadActivity
from store.scoring.scoring import forecast
from store.scoring.scoring_runs import begin_run, escalate, lock_run, rescore_slice, scoring_run
from tests.support.scored_leads import NOW, Book, scoring, worth

GENEROUS = scoring(interest=[worth("click", 40), worth("open", 2)])


@pytest.fixture(autouse=True)
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices that a few leads fill."""
    monkeypatch.setattr(scoring_runs, "SLICE", 3)


def clicked(book: Book, number: int, days: int = 0) -> list[int]:
    """Leads with one click each: 10 points by the rules so far, which make none of them ready."""
    leads = [book.lead() for _ in range(number)]
    at = NOW - timedelta(days=days)
    book.record(*[LeadActivity(f"{lead}:click", "click", at, lead_id=lead) for lead in leads])
    return leads


def begins(book: Book, version: int) -> int:
    """Begin the run of a version; returns its id."""
    with book.database.begin() as connection:
        run = begin_run(connection, version, NOW)
    assert run
    return run


def counts_all(book: Book, run: int) -> int:
    """Count slice after slice; returns how many slices it took."""
    for number in range(1, 100):
        with book.database.begin() as connection:
            state = lock_run(connection, run)
            if state.rescored_at or state.superseded:
                return number - 1
            rescore_slice(connection, state, NOW)
    raise AssertionError("the run does not end")


def escalates(book: Book, run: int, at_most: int, now: datetime = NOW) -> int:
    """Hand over a portion; returns how many more wait."""
    with book.database.begin() as connection:
        return escalate(connection, scoring_run(connection, run), at_most, now)


@pytest.mark.parametrize(("leads", "slices"), [(1, 1), (3, 2), (7, 3)])
def test_a_run_counts_everybody_and_nobody_crosses_by_it(
    book: Book, leads: int, slices: int
) -> None:
    """New rules on a Friday would give each SDR hundreds of leads at once."""
    ids = clicked(book, leads)
    run = begins(book, book.publish(GENEROUS))

    assert counts_all(book, run) == slices

    for lead in ids:
        assert book.interest(lead, GENEROUS) == 40
        assert (book.crossings(lead), book.news(lead)) == ([], [])
    with book.database.connect() as connection:
        state = scoring_run(connection, run)
    assert (state.leads, state.rescored, state.version) == (leads, leads, 2)
    assert state.rescored_at == NOW
    assert state.finished_at is None


def test_the_relay_is_told_of_a_run_with_the_run(book: Book) -> None:
    clicked(book, 1)
    run = begins(book, book.publish(GENEROUS))

    assert book.values("SELECT kind FROM relay_message") == ["rescore"]
    assert book.values("SELECT workflow_id FROM relay_message") == [f"rescore-{run}"]
    assert book.values("SELECT payload FROM relay_message") == [{"run_id": run}]


def test_without_leads_there_is_nothing_to_run(book: Book) -> None:
    with book.database.begin() as connection:
        assert begin_run(connection, 1, NOW) is None
        with pytest.raises(NoResultFound):
            lock_run(connection, 1)

    assert book.values("SELECT kind FROM relay_message") == []


def test_two_workers_that_take_the_same_run_count_nobody_twice(book: Book) -> None:
    """A worker that was thought dead goes on beside the one that took over."""
    leads = clicked(book, 20)
    run = begins(book, book.publish(GENEROUS))
    barrier = Barrier(2)

    def work(_: int) -> int:
        barrier.wait(30)
        return counts_all(book, run)

    with ThreadPoolExecutor(2) as threads:
        slices = list(threads.map(work, range(2)))

    with book.database.connect() as connection:
        assert scoring_run(connection, run).rescored == len(leads)
    assert sum(slices) == 7


def test_a_worker_that_dies_in_a_slice_leaves_nothing_half_counted(book: Book) -> None:
    clicked(book, 5)
    run = begins(book, book.publish(GENEROUS))
    with book.database.connect() as connection, connection.begin() as transaction:
        rescore_slice(connection, lock_run(connection, run), NOW)
        transaction.rollback()

    with book.database.connect() as connection:
        assert scoring_run(connection, run).rescored == 0
    counts_all(book, run)
    with book.database.connect() as connection:
        assert scoring_run(connection, run).rescored == 5


def test_events_that_arrive_while_a_run_counts_are_right_in_the_end(book: Book) -> None:
    """Half of the leads count by the new rules and half by the old ones when an event comes."""
    leads = clicked(book, 12)
    run = begins(book, book.publish(GENEROUS))

    def live() -> None:
        for number in range(30):
            book.record(
                *[
                    LeadActivity(f"{lead}:{number}", "open", NOW - timedelta(hours=1), lead_id=lead)
                    for lead in leads[:: -1 if number % 2 else 1]
                ]
            )

    with ThreadPoolExecutor(1) as threads:
        living = threads.submit(live)
        counts_all(book, run)
        living.result(60)

    for lead in leads:
        expected = book.interest_by_rows(lead, GENEROUS)
        assert book.interest(lead, GENEROUS) == pytest.approx(expected, abs=1e-6)
        assert {row.rule for row in book.rows(lead)} == {"click", "open"}
        assert sum(row.points for row in book.rows(lead)) == 40 + 30 * 2


def test_the_backlog_goes_to_sales_in_portions_the_most_interested_first(book: Book) -> None:
    """Of the leads that became ready, those who clicked yesterday are the ones to call today."""
    faded = clicked(book, 1, days=1)[0]
    fresh = clicked(book, 3)
    # More points than the fresh ones once had, and fewer now.
    book.record(LeadActivity("x:more", "click", NOW - timedelta(days=3), lead_id=faded))
    nobody = [book.lead(), book.lead(fit="D"), book.lead(phase="FollowUp")]
    with book.database.connect() as connection:
        told = forecast(connection, GENEROUS, NOW, lambda _: None)
    run = begins(book, book.publish(GENEROUS))
    counts_all(book, run)
    assert book.value("SELECT interest FROM lead WHERE id = :id", id=faded) > 55

    waiting = [escalates(book, run, 2) for _ in range(3)]

    assert waiting == [2, 0, 0]
    order = book.values("SELECT lead_id FROM crossing ORDER BY id")
    assert sorted(order) == sorted([faded, *fresh])
    assert told.would_cross == len(order)
    assert order[0] == faded
    assert set(book.values("SELECT cause FROM crossing")) == {"rules"}
    for lead in nobody:
        assert book.crossings(lead) == []
    with book.database.connect() as connection:
        assert scoring_run(connection, run).escalated == 4


def test_points_that_have_faded_put_a_lead_behind_a_fresher_one(book: Book) -> None:
    old, new = clicked(book, 1, days=2)[0], clicked(book, 1)[0]
    rules = scoring(half_life="2 days", interest=[worth("click", 70), worth("reply", 1)])
    run = begins(book, book.publish(rules))
    book.run(
        "UPDATE engagement SET key = key || 'x', kind = 'score', worth = 90 WHERE lead_id = :old",
        old=old,
    )
    counts_all(book, run)
    assert book.value("SELECT interest FROM lead WHERE id = :old", old=old) == 90

    assert escalates(book, run, 1) == 1

    assert book.values("SELECT lead_id FROM crossing") == [new]


def test_short_half_lives_and_leads_that_never_did_anything_do_not_stop_the_backlog(
    book: Book,
) -> None:
    """2 to the minus thousands is an error for PostgreSQL, and the run would try for ever."""
    lead, quiet, faint = clicked(book, 1)[0], book.lead(), book.lead()
    run = begins(book, book.publish(scoring(half_life="1 hour", interest=[worth("click", 40)])))
    counts_all(book, run)
    book.run("UPDATE lead SET interest = 1e-300 WHERE id = :id", id=faint)

    assert escalates(book, run, 10) == 0

    assert book.crossings(lead) == [(1, "rules")]
    assert book.crossings(quiet) == book.crossings(faint) == []
    assert book.value("SELECT interest_as_of FROM lead WHERE id = :id", id=quiet) == datetime(
        1970, 1, 1, tzinfo=UTC
    )


def test_whom_the_rules_call_ready_without_any_interest_crosses_even_below_zero(
    book: Book,
) -> None:
    """Where fit alone is enough, a lead that unsubscribed once counts 0 points, not less."""
    rules = scoring(
        interest=[worth("unsubscribe", -20), worth("click", 1)],
        matrix={
            "A": ["hot", "mql", "mql", "mql"],
            "B": ["hot", "mql", "engaged", "known"],
            "C": ["mql", "mql", "engaged", "known"],
            "D": ["known", "known", "known", "known"],
        },
    )
    lead = book.lead(title="CTO", fit="A")
    book.record(LeadActivity("x:no", "unsubscribe", NOW, lead_id=lead))
    with book.database.connect() as connection:
        assert forecast(connection, rules, NOW, lambda _: None).would_cross == 1
    run = begins(book, book.publish(rules))
    counts_all(book, run)

    assert escalates(book, run, 10) == 0

    assert book.crossings(lead) == [(1, "rules")]


@pytest.mark.parametrize("points", [29.5, 29.5 - 1e-9, 29.4999])
def test_the_backlog_holds_exactly_those_who_do_cross(book: Book, points: float) -> None:
    """One that waits and never crosses would keep the run going for ever."""
    lead = book.lead(interest=points, interest_as_of=NOW)
    run = begins(book, book.publish(GENEROUS))

    assert escalates(book, run, 10) == 0

    assert bool(book.crossings(lead)) == (points > 29.49999)


def test_newer_rules_take_over(book: Book) -> None:
    clicked(book, 4)
    run = begins(book, book.publish(GENEROUS))
    newer = begins(book, book.publish(scoring()))

    assert counts_all(book, run) == 0
    assert counts_all(book, newer) == 2

    with book.database.connect() as connection:
        assert scoring_run(connection, run).superseded
        latest = scoring_runs.newest_run(connection)
    assert latest
    assert (latest.id, latest.superseded) == (newer, False)
