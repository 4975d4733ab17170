"""Absences: whose tasks would lie in the list of somebody on holiday. Vienna's clocks go back in
the night to Sunday the 25th of October, and Monday the 26th is a holiday there."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.refusals import Conflict
from store.routing.presence import (
    add_absence,
    current_absences,
    end_absence,
    meetings_during,
    reps,
    set_presence,
    stand_in,
)
from store.routing.routing import reassign
from store.sla.due_times import recount_due
from tests.support.routed_leads import FRIDAY, VIENNA, enter, owners, publish, rep, task, team
from tests.support.scored_leads import Book

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def october(day: int, hour: int) -> datetime:
    """A time on the wall in Vienna."""
    return datetime(2026, 10, day, hour, tzinfo=ZoneInfo("Europe/Vienna"))


def crew(book: Book, *more: str) -> None:
    """Rep a and others, all in Vienna."""
    calendar = [{"team": "sales", "calendar": VIENNA}]
    publish(book, team(*(rep(code) for code in ("a", *more)), teams=calendar))


def away(book: Book, until: datetime, begins_at: datetime = FRIDAY) -> int:
    """Rep a is absent, and the sales sweep minds it; how many tasks moved."""
    with book.database.begin() as connection:
        add_absence(connection, "a", begins_at, until, begins_at)
    with book.database.begin() as connection:
        (absence,) = current_absences(connection, begins_at)
        return stand_in(connection, absence, begins_at)


@pytest.mark.parametrize(("back", "lead_moves"), [(october(27, 9), False), (october(28, 9), True)])
def test_the_lead_moves_only_with_an_absence_of_more_than_a_business_day(
    book: Book, back: datetime, lead_moves: bool
) -> None:
    """From Friday to Tuesday is one working day there: the Monday is a holiday."""
    crew(book, "b")
    lead = book.lead(phase="FollowUp", owner="a")
    due = task(book, lead, due_at=FRIDAY + HOUR)
    later = task(book, lead, due_at=october(30, 12))

    assert away(book, back) == 1

    assert owners(book) == ({"b": 1} if lead_moves else {"a": 1})
    assert book.value("SELECT owner FROM task WHERE id = :id", id=due) == "b"
    other = "b" if lead_moves else "a"
    assert book.value("SELECT owner FROM task WHERE id = :id", id=later) == other
    cause = "absence" if lead_moves else "cover"
    assert book.values("SELECT cause || previous || owner FROM assignment") == [f"{cause}ab"]


def test_leads_with_nothing_due_wait_for_their_rep(book: Book) -> None:
    crew(book, "b")
    lead = book.lead(phase="FollowUp", owner="a")
    task(book, lead, due_at=october(29, 12))

    assert away(book, october(28, 9)) == 0

    assert owners(book) == {"a": 1}


def test_tasks_are_spread_over_colleagues_and_new_ones_move_at_the_next_round(book: Book) -> None:
    crew(book, "b", "c")
    for _ in range(4):
        task(book, book.lead(phase="FollowUp", owner="a"))
    assert away(book, october(27, 9)) == 4
    task(book, book.lead(phase="FollowUp", owner="a"))

    with book.database.begin() as connection:
        (absence,) = current_absences(connection, FRIDAY + HOUR)
        assert stand_in(connection, absence, FRIDAY + HOUR) == 1

    found = book.values("SELECT owner FROM task")
    assert sorted(found.count(code) for code in ("b", "c")) == [2, 3]


def test_a_lead_that_no_colleague_can_take_waits_and_comes_back_with_the_rep(book: Book) -> None:
    crew(book)
    lead = book.lead(phase="FollowUp", owner="a")
    moved = task(book, lead)

    away(book, october(28, 9))
    assert owners(book) == {"": 1}

    with book.database.begin() as connection:
        assert end_absence(connection, "a", FRIDAY + DAY) == [lead]
    assert owners(book) == {"a": 1}
    assert book.value("SELECT owner FROM task WHERE id = :id", id=moved) == "a"
    # The rep's time begins on Saturday: four hours of the next working day.
    assert book.value("SELECT due_at FROM task") == october(27, 13)


def test_who_is_away_gets_no_leads_and_takes_them_again_when_back(book: Book) -> None:
    crew(book)
    with book.database.begin() as connection:
        assert set_presence(connection, "a", False, FRIDAY) == []
    lead = book.lead()
    assert enter(book, lead) == ""

    with book.database.begin() as connection:
        assert set_presence(connection, "a", True, FRIDAY) == [lead]


@pytest.mark.parametrize(
    ("code", "begins", "until", "sentence"),
    [
        ("x", FRIDAY, FRIDAY + DAY, "There is no rep 'x'. The reps are a, b."),
        ("a", FRIDAY + DAY, FRIDAY, "ends before it begins"),
        ("a", FRIDAY - 3 * DAY, FRIDAY - DAY, "lies in the past"),
        ("b", FRIDAY + DAY, FRIDAY + 2 * DAY, "b is away from 2026-10-23 07:00"),
    ],
)
def test_an_absence_that_cannot_be_is_refused(
    book: Book, code: str, begins: datetime, until: datetime, sentence: str
) -> None:
    crew(book, "b")
    with book.database.begin() as connection:
        add_absence(connection, "b", FRIDAY, FRIDAY + 5 * DAY, FRIDAY)

    with book.database.begin() as connection, pytest.raises(Conflict, match=sentence):
        add_absence(connection, code, begins, until, FRIDAY)


def test_an_absence_that_has_not_begun_is_taken_back(book: Book) -> None:
    crew(book)
    with book.database.begin() as connection:
        add_absence(connection, "a", FRIDAY + DAY, FRIDAY + 2 * DAY, FRIDAY)
        end_absence(connection, "a", FRIDAY)

    assert book.value("SELECT count(*) FROM absence") == 0


def test_a_changed_calendar_counts_due_times_anew_and_calls_are_planned_again(book: Book) -> None:
    """A holiday that is added the week before would leave tasks due while nobody works."""
    crew(book)
    waiting, asked = (book.lead(phase="FollowUp", owner="a") for _ in range(2))
    promised = task(book, asked, due_at=october(23, 13), opened_at=FRIDAY)
    agreed = task(book, asked, due_in="", due_at=FRIDAY)
    shut = VIENNA | {"extra_holidays": {"2026-10-23": "Bridge day"}}
    publish(book, team(rep("a"), teams=[{"team": "sales", "calendar": shut}]))
    told = "SELECT count(*) FROM relay_message WHERE workflow_id = 'sales-sweep'"
    assert book.value(told) == 1

    for expected in (1, 0):
        with book.database.begin() as connection:
            assert recount_due(connection, None, FRIDAY) == expected

    due = "SELECT due_at FROM task WHERE id = :id"
    assert book.value(due, id=promised) == october(27, 13)
    assert book.value(due, id=agreed) == FRIDAY
    assert book.values("SELECT workflow_id FROM relay_message WHERE name = 'engagement'") == [
        f"lead-{waiting}"
    ]


def test_a_team_that_is_published_lists_its_reps_as_they_are(book: Book) -> None:
    crew(book, "b")
    task(book, book.lead(phase="FollowUp", owner="a"), due_at=october(30, 9))
    away(book, october(28, 9))

    with book.database.begin() as connection:
        first, second = reps(connection, FRIDAY)

    assert (first.code, first.open_leads, first.open_tasks) == ("a", 1, 1)
    assert (first.back_at, second.back_at) == (october(28, 9), None)


def test_who_goes_on_leave_hears_of_each_meeting_that_somebody_would_wait_in(book: Book) -> None:
    """The lead would sit in an empty call; what is over, cancelled or a colleague's is no
    concern."""
    crew(book, "b")
    lead = book.lead(phase="Meeting", owner="a")
    for owner, starts, state in (
        ("a", october(28, 10), "booked"),
        ("a", FRIDAY - timedelta(minutes=10), "booked"),
        ("a", FRIDAY - timedelta(minutes=30), "booked"),
        ("a", october(29, 9), "booked"),
        ("a", october(28, 11), "cancelled"),
        ("b", october(28, 12), "booked"),
    ):
        book.run(
            "INSERT INTO meeting (lead_id, owner, starts_at, state) "
            "VALUES (:lead, :owner, :starts, :state)",
            lead=lead,
            owner=owner,
            starts=starts,
            state=state,
        )

    with book.database.connect() as connection:
        found = meetings_during(connection, "a", FRIDAY, october(29, 9))

    assert [(one.lead_id, one.starts_at) for one in found] == [
        (lead, FRIDAY - timedelta(minutes=10)),
        (lead, october(28, 10)),
    ]


def test_a_meeting_ahead_goes_with_its_lead(book: Book) -> None:
    """The lead would meet a rep who is gone."""
    crew(book, "b")
    lead = book.lead(phase="Meeting", owner="a")
    book.run(
        "INSERT INTO meeting (lead_id, owner, starts_at, state) "
        "VALUES (:lead, 'a', :starts, 'booked')",
        lead=lead,
        starts=october(28, 10),
    )

    with book.database.begin() as connection:
        reassign(connection, [lead], "b", "ops", FRIDAY)

    assert book.value("SELECT owner FROM meeting") == "b"
