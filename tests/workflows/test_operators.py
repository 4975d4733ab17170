"""What ops can do to any journey: pause, resume, stop, move."""

from __future__ import annotations

from datetime import timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError

from domain.journey import Phase
from tests.workflows.harness import World, says


async def test_a_pause_freezes_the_time_that_was_left(here: World) -> None:
    before = await here.now()
    handle = await here.start(Phase.RECYCLE, here.lead(), reason="no_show")
    await here.reaches("SELECT phase FROM lead", "Recycle")
    await here.environment.sleep(timedelta(days=10))

    await handle.signal("pause")
    await here.environment.sleep(timedelta(days=100))
    assert (await handle.query("status"))["phase"] == "Recycle"
    await handle.signal("resume")
    ending = await here.ending(handle)

    assert ending.phase == Phase.NURTURE
    assert timedelta(days=129) < await here.now() - before < timedelta(days=132)


async def test_resuming_sends_one_mail_not_the_backlog(here: World) -> None:
    handle = await here.start(Phase.NURTURE, here.lead(), cadence="welcome-nurture")
    await here.environment.sleep(timedelta(days=3))
    await here.reaches("SELECT count(*) FROM touch", 1)

    await handle.signal("pause")
    await here.environment.sleep(timedelta(days=60))
    await handle.signal("resume")
    await here.ending(handle)

    gaps = here.values(
        "SELECT sent_at - lag(sent_at) OVER (ORDER BY sent_at) FROM touch ORDER BY sent_at"
    )
    assert all(gap >= timedelta(hours=20) for gap in gaps if gap is not None)
    assert here.value("SELECT count(*) FROM touch WHERE state = 'sent'") == 3


async def test_a_pause_takes_the_task_off_the_list_and_a_resume_brings_it_back(
    here: World,
) -> None:
    handle = await here.start(Phase.FOLLOW_UP, here.lead())
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)

    await handle.signal("pause")
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 0)
    here.person.will("qualify", says("return", reason="too_early"))
    await handle.signal("resume")
    ending = await here.ending(handle)

    assert ending.reason == "too_early"
    assert here.values("SELECT state FROM task ORDER BY id") == ["withdrawn", "done"]


@pytest.mark.parametrize("phase", [Phase.NURTURE, Phase.FOLLOW_UP, Phase.RECYCLE])
async def test_stop_ends_a_journey_wherever_it_is(here: World, phase: Phase) -> None:
    handle = await here.start(phase, here.lead(), cadence="welcome-nurture", reason="lost")
    await here.reaches("SELECT phase FROM lead", phase.value)

    await handle.signal("stop")
    ending = await here.ending(handle)

    assert ending.outcome == "stopped"
    assert here.value("SELECT count(*) FROM task WHERE state = 'open'") == 0
    assert here.value("SELECT phase FROM lead") == "ended"


async def test_move_leaves_an_open_task_withdrawn(here: World) -> None:
    handle = await here.start(Phase.FOLLOW_UP, here.lead())
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)

    left = await handle.execute_update("move_to", "Recycle")
    ending = await here.ending(handle)

    assert (left, ending.phase, ending.reason) == ("FollowUp", "Recycle", "moved")
    assert here.values("SELECT state FROM task") == ["withdrawn"]


async def test_a_move_to_nowhere_is_refused_and_changes_nothing(here: World) -> None:
    handle = await here.start(Phase.RECYCLE, here.lead(), reason="lost")

    with pytest.raises(WorkflowUpdateFailedError) as refusal:
        await handle.execute_update("move_to", "Elsewhere")
    assert "choose one of Nurture" in str(refusal.value.cause)

    assert (await here.ending(handle)).reason == "recycled_lost"


async def test_moving_a_sale_away_closes_its_opportunity(here: World) -> None:
    handle = await here.start(
        Phase.OPPORTUNITY, here.lead(), reason="held", cadence="welcome-nurture"
    )
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)

    await handle.execute_update("move_to", "Nurture")
    await here.reaches("SELECT outcome FROM opportunity", "no_outcome")

    assert here.values("SELECT state FROM task") == ["withdrawn"]


async def test_a_lead_without_a_cadence_is_not_moved_into_nurture(here: World) -> None:
    """It would wait there for ever for a cadence that nobody named."""
    handle = await here.start(Phase.RECYCLE, here.lead(), reason="lost")

    with pytest.raises(WorkflowUpdateFailedError) as refusal:
        await handle.execute_update("move_to", "Nurture")

    assert "no cadence" in str(refusal.value.cause)
