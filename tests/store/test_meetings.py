"""Booking: two leads in one rep's half hour, or a meeting last week, helps nobody."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, text

from domain.contracts.journey import Phase, PhaseEntry
from domain.refusals import MeetingRefused
from store.engine import engine
from store.journeys.journeys import record_entry
from store.journeys.next_meetings import take_over
from store.meetings.meetings import (
    Origin,
    book_meeting,
    cancel_meeting,
    record_outcome,
    report_missed,
)
from store.tables import Lead, Rep
from tests.support.workflow_world import publish

NOW = datetime(2026, 10, 23, 8, 0, tzinfo=UTC)
TEN = datetime(2026, 10, 26, 10, 0, tzinfo=UTC)
HALF = timedelta(minutes=30)


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """A database without anybody in it."""
    database = engine(database_url)
    yield database
    database.dispose()


@pytest.fixture
def leads(database: Engine) -> list[int]:
    """Nine leads of rep-1."""
    with database.begin() as connection:
        connection.execute(
            insert(Rep).values(
                [{"code": f"rep-{n}", "name": "A", "email": f"a{n}@p.example"} for n in (1, 2)]
            )
        )
        rows = [
            {
                "email": f"l{n}@x.example",
                "email_key": f"l{n}@x.example",
                "owner": "rep-1",
                "phase": "FollowUp",
            }
            for n in range(9)
        ]
        return list(connection.scalars(insert(Lead).values(rows).returning(Lead.id)))


def book(database: Engine, lead: int, at: datetime, minutes: int = 30, host: str = "") -> int:
    with database.begin() as connection:
        return book_meeting(
            connection,
            lead_id=lead,
            starts_at=at,
            minutes=minutes,
            booked_by="rep-1",
            at=NOW,
            host=host,
        )


def test_an_overlap_is_refused_with_what_is_there_and_what_is_free(
    database: Engine, leads: list[int]
) -> None:
    book(database, leads[0], TEN)
    for start, minutes in ((TEN, 30), (TEN - HALF / 2, 30), (TEN + HALF / 2, 5), (TEN - HALF, 90)):
        with pytest.raises(MeetingRefused) as refused:
            book(database, leads[1], start, minutes)
        assert refused.value.free
        assert refused.value.free
    assert str(refused.value).startswith(
        "rep-1 has another meeting on Mon 26 Oct 2026 from 10:00 to 10:30 UTC. Free next: "
    )
    assert book(database, leads[1], TEN + HALF)
    assert book(database, leads[2], TEN - HALF)
    assert book(database, leads[3], TEN, host="rep-2")


def test_of_many_at_once_one_gets_the_time(database: Engine, leads: list[int]) -> None:
    """Two transactions that both looked before either wrote would both book."""
    outcomes: list[str] = []
    together = threading.Barrier(len(leads))

    def go(lead: int) -> None:
        together.wait()
        try:
            book(database, lead, TEN)
            outcomes.append("booked")
        except MeetingRefused:
            outcomes.append("refused")

    threads = [threading.Thread(target=go, args=(lead,)) for lead in leads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["booked", *["refused"] * (len(leads) - 1)]


def test_a_meeting_may_move_over_its_own_time(database: Engine, leads: list[int]) -> None:
    first = book(database, leads[0], TEN)
    assert book(database, leads[0], TEN + HALF / 2) == first
    with database.connect() as connection:
        row = connection.execute(text("SELECT attempt, sequence FROM meeting")).one()
    assert row == (2, 1)


def test_a_cancelled_time_is_free_again(database: Engine, leads: list[int]) -> None:
    meeting = book(database, leads[0], TEN)
    with database.begin() as connection:
        assert cancel_meeting(connection, meeting_id=meeting, at=NOW)
    assert book(database, leads[1], TEN) != meeting


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"at": NOW - HALF}, "in the past"),
        ({"at": NOW}, "in the past"),
        ({"at": NOW + timedelta(days=366)}, "24 Oct 2027, more than a year ahead"),
        ({"minutes": 0}, "between 1 and 480 minutes"),
        ({"minutes": 481}, "between 1 and 480 minutes"),
        ({"host": "rep-9"}, "There is no rep 'rep-9'"),
        ({"lead": 999_999}, "There is no lead 999999"),
    ],
)
def test_what_can_not_be_is_refused_and_leaves_no_trace(
    database: Engine, leads: list[int], change: dict[str, object], sentence: str
) -> None:
    with pytest.raises(MeetingRefused, match=sentence):
        book(database, **({"lead": leads[0], "at": TEN} | change))  # type: ignore[arg-type]
    with database.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM meeting")) == 0
        assert connection.scalar(text("SELECT count(*) FROM relay_message")) == 0


def test_what_a_calendar_service_has_booked_is_kept_however_far_ahead(
    database: Engine, leads: list[int]
) -> None:
    """The lead would sit in an appointment that we know nothing of."""
    with database.begin() as connection:
        book_meeting(
            connection,
            lead_id=leads[0],
            starts_at=TEN + timedelta(days=400),
            minutes=30,
            booked_by="lead",
            at=NOW,
            origin=Origin("calcom", "calcom:one"),
        )
        assert connection.scalar(text("SELECT state FROM meeting")) == "booked"


def test_a_no_show_told_by_two_counts_once(database: Engine, leads: list[int]) -> None:
    """Each missed setting takes one of the attempts to win the lead back."""
    meeting = book(database, leads[0], TEN)
    with database.begin() as connection:
        assert report_missed(connection, meeting, told_at=TEN, at=TEN + HALF)
        assert not report_missed(connection, meeting, told_at=TEN, at=TEN + HALF)
        record_outcome(connection, meeting, "no_show")
        row = connection.execute(text("SELECT state, missed FROM meeting")).one()
    assert row == ("no_show", 1)


def test_what_became_of_each_setting_of_a_meeting_is_kept(
    database: Engine, leads: list[int]
) -> None:
    """A meeting that was missed, set anew and kept would look as if nobody had missed it, and as if
    it had been set weeks ahead."""
    meeting = book(database, leads[0], TEN)
    again, moved = TEN + timedelta(days=3), TEN + timedelta(days=5)
    with database.begin() as connection:
        report_missed(connection, meeting, told_at=TEN, at=TEN + HALF)
        for starts_at in (again, moved):
            book_meeting(
                connection,
                lead_id=leads[0],
                starts_at=starts_at,
                minutes=30,
                booked_by="lead",
                at=TEN + timedelta(hours=1),
                moves=meeting,
            )
        record_outcome(connection, meeting, "held")
        rows = connection.execute(
            text("SELECT attempt, set_at, starts_at, state FROM meeting_setting ORDER BY 1")
        ).all()

    assert [tuple(row) for row in rows] == [
        (1, NOW, TEN, "no_show"),
        (2, TEN + timedelta(hours=1), again, "booked"),
        (3, TEN + timedelta(hours=1), moved, "held"),
    ]


@pytest.mark.parametrize(
    ("phase", "days", "workflows"),
    [
        (Phase.OPPORTUNITY, 3, 1),
        (Phase.CUSTOMER, 3, 1),
        (Phase.FOLLOW_UP, 3, 0),
        # It was over before the journey came to where it was: nobody knows how it went.
        (Phase.OPPORTUNITY, -3, 0),
    ],
)
def test_a_meeting_that_a_sale_leaves_behind_has_a_workflow_of_its_own(
    database: Engine, leads: list[int], phase: Phase, days: int, workflows: int
) -> None:
    """A lead that buys, or that somebody moves to an opportunity, still comes: without a reminder,
    and nobody would be asked how it went."""
    book(database, leads[0], TEN)
    publish(database)
    with database.begin() as connection:
        connection.execute(
            text("UPDATE lead SET phase = 'Meeting', phase_since = :at"),
            {"at": TEN - timedelta(days=days)},
        )
        record_entry(connection, PhaseEntry(leads[0], "entered", phase, "", "moved", 1), NOW)
        found = connection.execute(
            text("SELECT count(*) FROM relay_message WHERE kind = 'side_meeting'")
        )
        assert found.scalar_one() == workflows
        beside = connection.execute(text("SELECT beside FROM meeting")).scalar_one()
        assert beside is bool(workflows)


@pytest.mark.parametrize("times", [1, 2])
def test_whoever_takes_a_meeting_over_is_the_only_one_to_ask_how_it_went(
    database: Engine, leads: list[int], times: int
) -> None:
    """A rep would answer two tasks about one meeting; the second answer was written over the
    first."""
    meeting = book(database, leads[0], TEN)
    with database.begin() as connection:
        for number in range(times):
            connection.execute(text("UPDATE meeting SET beside = true"))
            task = connection.execute(
                text(
                    "INSERT INTO task (key, lead_id, meeting_id, kind, title, dispositions, state, "
                    "opened_at, due_at, deadline_at) VALUES (:key, :lead, :meeting, "
                    "'meeting_outcome', 'How', '[\"held\"]', 'open', now(), now(), now()) "
                    "RETURNING id"
                ),
                {"key": f"outcome-{number}", "lead": leads[0], "meeting": meeting},
            ).scalar_one()
            take_over(connection, meeting, NOW)
            state = connection.execute(
                text("SELECT state FROM task WHERE id = :id"), {"id": task}
            ).scalar_one()
            assert state == "withdrawn"

    with database.connect() as connection:
        assert connection.execute(text("SELECT beside FROM meeting")).scalar_one() is False
        told = connection.execute(
            text("SELECT count(*) FROM relay_message WHERE payload->>'code' = 'taken_over'")
        ).scalar_one()
    assert told == times
