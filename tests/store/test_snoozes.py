"""Tasks that are put off: else one is forgotten, a promise is broken, or a new owner never sees
it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from domain.refusals import TaskOver, TaskRefused
from store.routing import hand_over_preview, routing
from store.tasks import snoozes
from store.views import inbox
from store.views.inbox import TaskFilter
from store.views.task_lists import open_tasks
from tests.support.sales_floor import Floor, at

MORNING = at("03-24", "09:00")
"""A Tuesday."""
MINE = TaskFilter(owner="rep-1")


def listed(floor: Floor, now: object, pile: TaskFilter = MINE) -> list[tuple[int, bool]]:
    """The tasks of the list, and whether each is put off."""
    with floor.database.connect() as connection:
        found = inbox.lines(connection, pile, now)  # type: ignore[arg-type]
    return [(line.id, line.snoozed_until is not None) for line in found]


def test_a_task_is_off_the_list_until_then_and_comes_back_by_itself(floor: Floor) -> None:
    """Who promised to look at it at half past nine would have to remember it."""
    first, second = (floor.opens(floor.lead(), MORNING, "call") for _ in range(2))
    later = MORNING + timedelta(minutes=30)
    with floor.database.begin() as connection:
        marks = [inbox.mark(connection, MINE, 0, MORNING)]
        snoozes.snooze(connection, first, later, MORNING)
        marks.append(inbox.mark(connection, MINE, 0, MORNING))
        marks.append(inbox.mark(connection, MINE, 0, later))
        awake = [one.id for one in open_tasks(connection, "rep-1", awake_at=MORNING)]
        counted = [inbox.waiting(connection, "rep-1", None, now).own for now in (MORNING, later)]

    assert listed(floor, MORNING) == [(second, False), (first, True)]
    assert listed(floor, later) == [(first, False), (second, False)]
    assert awake == [second]
    assert counted == [1, 2]
    assert marks[0] != marks[1] != marks[2]


@pytest.mark.parametrize(
    ("kind", "minutes", "why"),
    [("qualify", 61, "It is due on"), ("call", 61, "It is due on"), ("call", 0, "in the past")],
)
def test_nothing_is_put_off_beyond_its_deadline(
    floor: Floor, kind: str, minutes: int, why: str
) -> None:
    """The SLA's clock goes on: its owner would see the task when it is too late."""
    task = floor.opens(floor.lead(), MORNING, kind)
    with floor.database.begin() as connection:
        with pytest.raises(TaskRefused, match=why):
            snoozes.snooze(connection, task, MORNING + timedelta(minutes=minutes), MORNING)
        snoozes.snooze(connection, task, MORNING + timedelta(minutes=59), MORNING)


def test_the_promise_of_the_first_call_counts_although_the_task_has_more_time(
    floor: Floor,
) -> None:
    """A task has four hours, but what the rep is measured by may be due before."""
    lead = floor.lead()
    floor.answers(floor.opens(lead, MORNING), "accept", MORNING)
    call = floor.opens(lead, MORNING, "call")
    floor.value("UPDATE sla_clock SET due_at = :at RETURNING id", at=MORNING + timedelta(minutes=9))
    with floor.database.begin() as connection:
        assert snoozes.latest_snooze(connection, call) == MORNING + timedelta(minutes=9)
        with pytest.raises(TaskRefused, match="It is due on"):
            snoozes.snooze(connection, call, MORNING + timedelta(minutes=10), MORNING)


def test_what_is_late_hot_or_done_is_not_put_off(floor: Floor) -> None:
    late, hot, done = (floor.opens(floor.lead(), MORNING, "call") for _ in range(3))
    floor.value("UPDATE task SET hot = true WHERE id = :id RETURNING id", id=hot)
    floor.answers(done, "no_answer", MORNING)
    now, until = MORNING + timedelta(hours=2), MORNING + timedelta(hours=3)
    with floor.database.begin() as connection:
        with pytest.raises(TaskRefused, match="do it now, or give it"):
            snoozes.snooze(connection, late, until, now)
        with pytest.raises(TaskRefused, match="interest right now"):
            snoozes.snooze(connection, hot, until, now)
        with pytest.raises(TaskOver):
            snoozes.snooze(connection, done, until, now)
        kept = snoozes.snooze_all(connection, [late, hot, done], until, now)
    assert [one.until for one in kept] == [None, None, None]


def test_a_lead_that_turns_hot_or_changes_hands_is_on_the_list_again(floor: Floor) -> None:
    """A hot lead would wait for half an hour behind a snooze, and a colleague would not know of
    the task that was given."""
    hot, given = floor.lead(), floor.lead()
    tasks = [floor.opens(lead, MORNING, "call") for lead in (hot, given)]
    with floor.database.begin() as connection:
        for task in tasks:
            snoozes.snooze(connection, task, MORNING + timedelta(minutes=40), MORNING)
        connection.execute(text("UPDATE task SET hot = true WHERE id = :id"), {"id": tasks[0]})
        routing.reassign(connection, [given], "rep-2", "boss", MORNING)

    assert listed(floor, MORNING) == [(tasks[0], False)]
    assert listed(floor, MORNING, TaskFilter(owner="rep-2")) == [(tasks[1], False)]


def test_a_task_that_falls_due_sooner_is_back_when_it_is_due(floor: Floor) -> None:
    task = floor.opens(floor.lead(), MORNING, "call")
    soon = MORNING + timedelta(minutes=5)
    with floor.database.begin() as connection:
        snoozes.snooze(connection, task, MORNING + timedelta(minutes=40), MORNING)
        connection.execute(text("UPDATE task SET due_at = :soon"), {"soon": soon})
        assert snoozes.bring_back(connection, task)
        assert not snoozes.bring_back(connection, task)
        snoozes.snooze(connection, task, soon, MORNING)
    assert listed(floor, MORNING) == [(task, True)]
    assert listed(floor, soon) == [(task, False)]


def test_calls_are_counted_with_those_that_cadences_ask_for_and_done_ones_by_whose_they_are(
    floor: Floor,
) -> None:
    """Who does calls in a row would miss those; and a bar would say that nothing was done."""
    call, cadence, other = (
        floor.opens(floor.lead(), MORNING, kind) for kind in ("call", "cadence", "qualify")
    )
    floor.value(
        """UPDATE task SET facts = '{"does": "call"}' WHERE id = :id RETURNING id""", id=cadence
    )
    calls = TaskFilter(owner="rep-1", kinds=["call"])
    assert {one for one, _ in listed(floor, MORNING, calls)} == {call, cadence}
    floor.answers(other, "accept", MORNING)
    with floor.database.connect() as connection:
        assert inbox.kinds(connection, MINE, MORNING) == {"call": 2}
        done = [
            inbox.done_since(connection, TaskFilter(owner=rep), MORNING - timedelta(hours=9))
            for rep in ("rep-1", "rep-2", None)
        ]
        assert done == [1, 0, 1]
        assert inbox.done_since(connection, MINE, MORNING + timedelta(hours=1)) == 0


def test_what_giving_leads_away_would_do_is_told_and_not_done(floor: Floor) -> None:
    """A manager would find out by doing it."""
    one, two = floor.lead(), floor.lead()
    for lead in (one, one, two):
        floor.opens(lead, MORNING, "call")
    with floor.database.begin() as connection:
        (named,) = hand_over_preview.preview(connection, [one, two], "rep-2", "boss", MORNING)
        (by_rules,) = hand_over_preview.preview(connection, [one], "", "boss", MORNING)

    assert (named.to, named.leads, named.tasks, named.open_leads) == ("rep-2", 2, 3, 2)
    assert (by_rules.to, by_rules.leads, by_rules.tasks) == ("rep-2", 1, 2)
    assert floor.value("SELECT count(*) FROM task WHERE owner = 'rep-1'") == 3
    assert floor.value("SELECT count(*) FROM assignment") == 0
