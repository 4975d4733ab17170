"""From what a lead does to the task at the top of an SDR's list."""

from __future__ import annotations

from datetime import timedelta

from domain.contracts.journey import Phase
from domain.tasks.completion import Completion
from store.tasks.tasks import complete_task
from store.views.task_lists import open_tasks
from tests.replay.call_scenarios import follow_up_hot
from tests.support.workflow_world import World

SOON = timedelta(minutes=5)


async def test_a_hot_lead_s_task_stands_first_in_the_list_and_is_due_in_minutes(
    here: World,
) -> None:
    """The best lead of the week would wait behind those of yesterday."""
    cold = here.lead(email="b@x.example", email_key="b@x.example", owner="rep-1")
    await here.start(Phase.FOLLOW_UP, cold, reason="score_reached")
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)
    hot = here.lead(fit="A", owner="rep-1")
    handle = await here.start(Phase.NURTURE, hot, cadence="welcome-nurture")
    await here.reaches("SELECT phase FROM lead WHERE id = :id", "Nurture", id=hot)

    await here.does(hot, "booking")
    ending = await here.ending(handle)
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 2)

    assert (ending.phase, ending.reason) == (Phase.FOLLOW_UP, "score_reached")
    with here.database.connect() as connection:
        first, second = open_tasks(connection, "rep-1")
    assert (first.lead_id, first.kind, first.hot) == (hot, "qualify", True)
    assert (second.lead_id, second.hot) == (cold, False)
    at = here.value("SELECT at FROM engagement")
    assert at <= first.due_at <= at + SOON
    assert first.due_at == here.value("SELECT due_at FROM alert")
    assert here.value("SELECT owner FROM alert") == "rep-1"


async def test_a_lead_in_the_list_that_answers_now_moves_up_and_the_call_answers_the_alert(
    here: World,
) -> None:
    """The SDR would call in four hours a lead that is reading the offer now."""
    lead = here.lead(fit="A", score=59, crossed_cycle=1)
    await here.start(Phase.FOLLOW_UP, lead, reason="score_reached")
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)
    assert here.value("SELECT hot FROM task") is False

    await here.does(lead, "click")

    assert here.value("SELECT hot FROM task") is True
    assert here.value("SELECT due_at - opened_at FROM task") <= SOON + timedelta(minutes=1)
    assert here.value("SELECT answered_at FROM alert") is None
    task = here.value("SELECT id FROM task")
    with here.database.begin() as connection:
        complete_task(connection, task, Completion(disposition="accept"), "rep-1", await here.now())
    assert here.value("SELECT answered_at IS NULL FROM alert") is False


async def test_a_lead_that_is_hot_between_two_calls_is_called_now(here: World) -> None:
    """The alert would ring for a call that nobody can make before next week."""
    begun = await here.now()
    handle = await follow_up_hot(here)

    ending = await here.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.MEETING, "booked")
    (called,) = here.values("SELECT opened_at FROM task WHERE kind = 'call' AND hot")
    assert called - begun < timedelta(hours=1)
    assert here.value("SELECT answered_at IS NULL FROM alert") is False


async def test_a_hot_lead_whose_task_is_withdrawn_rings_no_longer(here: World) -> None:
    """The lead booked by itself; the alert would count as missed."""
    lead = here.lead(fit="A", score=59, crossed_cycle=1)
    handle = await here.start(Phase.FOLLOW_UP, lead, reason="score_reached")
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)
    await here.does(lead, "click")

    await here.books(lead, timedelta(days=2))
    ending = await here.ending(handle)

    assert ending.phase == Phase.MEETING
    assert here.values("SELECT state FROM task") == ["withdrawn"]
    assert here.value("SELECT answered_at IS NULL FROM alert") is False
