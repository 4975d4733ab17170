"""The sales sweep: a lead that nobody can take must not wait one round longer than it has to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from domain.contracts.journey import JOURNEY_QUEUE, Phase
from domain.contracts.sales_sweep import SALES_SWEEP, SALES_SWEEP_ID, SalesSweepState
from domain.contracts.waits import JourneyStatus
from store.routing.presence import add_absence, set_presence
from store.routing.routing import reassign
from store.views.journey_waits import journey_next
from tests.support.workflow_world import World, says, world
from worker import start_sales_sweep

AWAY = ("rep-1", "rep-2", "rep-3", "rep-4")
OWNER = "SELECT owner FROM lead"


@pytest.fixture
async def quick(published_url: str) -> AsyncIterator[World]:
    """A world in which half an hour takes three seconds: while a task is open, the time-skipping
    server sits through the time."""
    async with world(published_url, time_factor=600.0) as ready:
        yield ready


async def waiting(here: World) -> int:
    """A lead in FollowUp whose open task belongs to nobody."""
    lead = here.lead()
    await here.start(Phase.FOLLOW_UP, lead, reason="score_reached")
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open' AND owner = ''", 1)
    assert here.value(OWNER) == ""
    return lead


async def test_a_lead_in_overflow_gets_its_owner_and_task_when_a_rep_s_absence_ends(
    quick: World,
) -> None:
    """Nobody says so: the sales sweep sees that the time has come."""
    now = await quick.now()
    with quick.database.begin() as connection:
        for code in AWAY:
            back = timedelta(minutes=30) if code == "rep-3" else timedelta(days=30)
            add_absence(connection, code, now, now + back, now)
    await waiting(quick)

    await start_sales_sweep(quick.client)
    await quick.reaches(OWNER, "rep-3")

    assert quick.value("SELECT owner FROM task") == "rep-3"
    assert quick.values("SELECT cause FROM assignment ORDER BY id") == ["unassigned", "routed"]


async def test_a_rep_who_comes_back_gets_the_lead_that_waits_and_ops_see_it(here: World) -> None:
    with here.database.begin() as connection:
        for code in AWAY:
            set_presence(connection, code, False, await here.now())
    lead = await waiting(here)

    with here.database.begin() as connection:
        set_presence(connection, "rep-2", True, await here.now())
    await here.deliver()

    assert here.value("SELECT owner FROM task") == "rep-2"
    handle = here.client.get_workflow_handle(f"lead-{lead}")
    status = await handle.query("status", result_type=JourneyStatus)
    with here.database.connect() as connection:
        said = journey_next(connection, status.wait)
    assert said.startswith("Waiting for Jonas Adeyemi: qualify")
    await here.shows(handle, "Owner", "rep-2")


async def test_a_lead_that_changes_hands_between_calls_is_planned_anew(here: World) -> None:
    """The gap until the next call runs in the calendar of the rep who makes it."""
    here.person.will("qualify", says("accept"))
    lead = here.lead()
    handle = await here.start(Phase.FOLLOW_UP, lead)
    await here.reaches("SELECT count(*) FROM task WHERE kind = 'qualify' AND state = 'done'", 1)

    with here.database.begin() as connection:
        reassign(connection, [lead], "rep-4", "ops", await here.now())
    await here.deliver()

    await here.shows(handle, "Owner", "rep-4")
    assert here.value("SELECT count(*) FROM assignment WHERE cause = 'reassigned'") == 1


async def test_a_new_team_policy_wakes_the_desk_and_the_desk_never_ends(here: World) -> None:
    handle = await here.client.start_workflow(
        SALES_SWEEP, SalesSweepState(False), id=SALES_SWEEP_ID, task_queue=JOURNEY_QUEUE
    )
    await start_sales_sweep(here.client)

    await here.environment.sleep(timedelta(minutes=12))
    description = await handle.describe()

    assert description.status is not None
    assert description.status.name == "RUNNING"
    history = await handle.fetch_history()
    assert sum(event.HasField("timer_fired_event_attributes") for event in history.events) == 2
