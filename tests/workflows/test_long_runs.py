"""Workflows of years: a history that only grows is ended by the server in the end, and whatever
did not come along into a new run is lost."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from temporalio.client import WorkflowHandle
from temporalio.converter import DataConverter
from temporalio.worker import Replayer

from domain.contracts.journey import EventCode, JourneyEvent, JourneyState, OpportunityState, Phase
from domain.tasks.completion import Completion
from store.tasks import tasks
from tests.support import customer_policies
from tests.support.sandbox import workflow_runner
from tests.support.workflow_world import World, says
from workflows.registry import WORKFLOWS

LONG = 4 * 1024 * 1024
"""Bytes from which on the server suggests a new run."""
BALLAST = "." * 200_000
MESSAGE = 7
PHASES = "SELECT phase FROM stage_transition ORDER BY id"


async def grow(handle: WorkflowHandle[Any, Any]) -> str:
    """Have its history become long; returns the run whose history it is."""
    run = (await handle.describe()).run_id
    assert run is not None
    for _ in range(LONG // len(BALLAST) + 2):
        event = JourneyEvent(EventCode.HOT, message=MESSAGE, reason=BALLAST)
        await handle.signal("engagement", event)
    return run


async def renewed(here: World, handle: WorkflowHandle[Any, Any], first: str) -> None:
    """Wait until it goes on in a new run, and see that the first one replays."""
    for _ in range(1_200):
        if (await handle.describe()).run_id != first:
            break
        await asyncio.sleep(0.05)
    else:
        await here.give_up("it goes on in the same run")
    history = await here.client.get_workflow_handle(handle.id, run_id=first).fetch_history()
    assert history.events[-1].HasField("workflow_execution_continued_as_new_event_attributes")
    replayer = Replayer(workflows=WORKFLOWS, workflow_runner=workflow_runner())
    await replayer.replay_workflow(history)


async def do(here: World, disposition: str) -> None:
    """Do the one open task."""
    task = here.value("SELECT id FROM task WHERE state = 'open'")
    with here.database.begin() as connection:
        tasks.complete_task(
            connection, task, Completion(disposition=disposition), "rep-1", await here.now()
        )
    await here.deliver()


async def test_a_customer_is_welcomed_once_and_heard_in_every_run(here: World) -> None:
    customer_policies.team(here)
    customer_policies.caring(here)
    here.person.will("hand_over", says("done"))
    lead = customer_policies.bought(here)
    handle = await here.start(Phase.CUSTOMER, lead, reason="won", owner="rep-1")
    await here.reaches("SELECT count(*) FROM task WHERE state = 'done'", 2)
    await here.environment.sleep(timedelta(days=4))
    await here.reaches("SELECT count(*) FROM touch WHERE state = 'sent'", 1)

    await renewed(here, handle, await grow(handle))
    await handle.signal("engagement", JourneyEvent(EventCode.REPLIED, message=MESSAGE))
    await handle.signal("pause")
    await here.environment.sleep(timedelta(days=60))

    # What came in the first run counts once; what runs beside it hears of the pause.
    assert here.value("SELECT count(*) FROM task WHERE kind = 'customer_question'") == 0
    assert here.value("SELECT count(*) FROM touch WHERE state = 'sent'") == 1
    await handle.signal("resume")
    await here.does(lead, "reply")
    await here.reaches(
        "SELECT state FROM task WHERE kind = 'customer_question' ORDER BY id DESC", "open"
    )
    await handle.signal("stop")
    await here.reaches("SELECT phase FROM lead", "ended")
    await here.reaches("SELECT exit_reason FROM enrollment", "stopped")
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 0)
    assert here.values(PHASES) == ["Customer", "ended"]
    assert here.value("SELECT count(*) FROM task WHERE kind = 'hand_over'") == 2


async def test_a_parked_lead_rests_once_as_long_as_it_is_to(here: World) -> None:
    handle = await here.start(Phase.RECYCLE, here.lead(), reason="no_show")
    await here.reaches("SELECT phase FROM lead", "Recycle")
    await here.environment.sleep(timedelta(days=10))

    await renewed(here, handle, await grow(handle))
    await here.environment.sleep(timedelta(days=19))
    assert here.values(PHASES) == ["Recycle"]
    await here.environment.sleep(timedelta(days=2))

    await here.reaches("SELECT phase FROM lead", "Nurture")
    assert here.values(PHASES) == ["Recycle", "Nurture"]


async def test_a_journey_waits_for_the_same_opportunity_in_every_run(here: World) -> None:
    handle = await here.start(Phase.OPPORTUNITY, here.lead(owner="rep-1"), reason="held")
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)

    await renewed(here, handle, await grow(handle))
    await do(here, "won")
    await here.reaches("SELECT outcome FROM opportunity", "won")
    await here.deliver()

    await here.reaches("SELECT phase FROM lead", "ended")
    assert here.values(PHASES) == ["Opportunity", "Customer", "ended"]
    assert here.value("SELECT count(*) FROM opportunity") == 1


async def test_an_opportunity_takes_what_it_knows_into_a_new_run(here: World) -> None:
    lead = here.lead(owner="rep-1")
    handle = await here.start(Phase.OPPORTUNITY, lead, reason="held")
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)
    stages = here.client.get_workflow_handle("opportunity-1")

    first = await grow(stages)
    await handle.signal("pause")
    await do(here, "advanced")
    await renewed(here, stages, first)
    begun = (await stages.fetch_history()).events[0].workflow_execution_started_event_attributes
    (state,) = await DataConverter.default.decode(begun.input.payloads, [OpportunityState])

    assert state == OpportunityState(1, lead, paused=True, attempt=1)
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)
    await stages.signal("stop")
    await here.reaches("SELECT outcome FROM opportunity", "no_outcome")


async def test_nothing_that_comes_between_two_runs_is_lost(here: World) -> None:
    """Notices that nobody has used yet travel on, and so do those that come in the very moment in
    which one run ends and the next begins."""
    lead = here.lead()
    handle = await here.start(Phase.RECYCLE, lead, reason="lost", cadence="welcome-nurture")
    await here.reaches("SELECT phase FROM lead", "Recycle")
    told = range(1, 301)

    growing = asyncio.create_task(grow(handle))
    for number in told:
        event = JourneyEvent(EventCode.HOT, ref=number, message=MESSAGE + number)
        await handle.signal("engagement", event)
    first = await growing
    await renewed(here, handle, first)
    await handle.execute_update("move_to", Phase.NURTURE)
    await here.reaches("SELECT phase FROM lead", "Nurture")
    begun = (await handle.fetch_history()).events[0].workflow_execution_started_event_attributes
    (state,) = await DataConverter.default.decode(begun.input.payloads, [JourneyState])

    assert sorted({event.ref for event in state.inbox}) == [0, *told]
