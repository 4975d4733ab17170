"""The team as its manager sees it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert

from store.routing.presence import add_absence
from store.tables import Meeting
from store.views.team_overview import Taker, members, queue, what_moves, work_of
from tests.support.routed_leads import FRIDAY, VIENNA, enter, publish, rep, task, team
from tests.support.scored_leads import Book

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def test_what_an_absence_moves_is_told_before_it_is_entered(book: Book) -> None:
    """A manager would learn only afterwards that a meeting falls into somebody's holiday."""
    publish(book, team(rep("a"), rep("b"), teams=[{"team": "sales", "calendar": VIENNA}]))
    due, later = (book.lead(phase="FollowUp", owner="a") for _ in range(2))
    task(book, due, due_at=FRIDAY + HOUR)
    task(book, later, due_at=FRIDAY + 30 * DAY)
    with book.database.begin() as connection:
        for hours in (2, 24 * 30):
            connection.execute(
                insert(Meeting).values(
                    lead_id=due,
                    owner="a",
                    starts_at=FRIDAY + hours * HOUR,
                    state="booked",
                    booked_by="a",
                )
            )
        short = what_moves(connection, "a", FRIDAY, FRIDAY + 4 * HOUR)
        long = what_moves(connection, "a", FRIDAY, FRIDAY + 7 * DAY)
        work = work_of(connection, "a")

    assert [one.lead_id for one in short.tasks] == [due]
    assert [one.starts_at for one in short.meetings] == [FRIDAY + 2 * HOUR]
    assert (short.with_leads, long.with_leads) == (False, True)
    assert [(one.lead_id, one.kind) for one in work] == [(due, "qualify"), (later, "qualify")]


def test_the_list_shows_late_tasks_and_time_off_of_now_and_to_come(book: Book) -> None:
    publish(book, team(rep("a"), rep("b")))
    lead = book.lead(phase="FollowUp", owner="a")
    task(book, lead, due_at=FRIDAY - HOUR)
    with book.database.begin() as connection:
        add_absence(connection, "a", FRIDAY, FRIDAY + DAY, FRIDAY, reason="ill")
        add_absence(connection, "a", FRIDAY + 9 * DAY, FRIDAY + 10 * DAY, FRIDAY)
        first, second = members(connection, FRIDAY)
        nobody = members(connection, FRIDAY, "another team")

    assert (first.rep.code, first.tasks_late, first.rep.back_at) == ("a", 1, FRIDAY + DAY)
    assert [one.reason for one in first.absences] == ["ill", ""]
    assert (second.tasks_late, second.absences) == (0, ())
    assert nobody == []


def test_the_queue_tells_why_nobody_takes_a_lead(book: Book) -> None:
    """A manager could not tell whether to raise a cap or to call somebody back."""
    rules = [{"rule": "all", "to": ["a", "b"]}]
    publish(book, team(rep("a", cap=1), rep("b"), rep("c"), routing=rules))
    book.value("UPDATE rep SET present = false WHERE code = 'b' RETURNING 1")
    leads = [book.lead(country="AT") for _ in range(2)]
    for lead in leads:
        enter(book, lead)

    with book.database.connect() as connection:
        (waiting,) = queue(connection, FRIDAY)

    assert waiting.lead.lead_id == leads[1]
    assert waiting.takers == (Taker("a", "full"), Taker("b", "away"))
