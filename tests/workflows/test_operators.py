"""What ops can do to any journey: pause, resume, stop, move."""

from __future__ import annotations

from datetime import timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError

from domain.contracts.journey import Phase
from tests.support.workflow_world import World, says


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


async def test_a_stop_that_comes_during_the_last_activity_of_a_phase_counts(here: World) -> None:
    """Else a stopped lead gets mail again next season."""
    lead = here.lead()
    with here.database.begin() as connection:
        # The step that is due waits for this lock, in the middle of its activity.
        connection.exec_driver_sql("LOCK TABLE stage_transition IN ACCESS EXCLUSIVE MODE")
        handle = await here.start(Phase.CUSTOMER, lead, reason="won")
        await here.environment.sleep(1)
        await handle.signal("stop")
    ending = await here.ending(handle)

    assert ending.outcome == "stopped"


async def test_stopping_a_lead_whose_sale_has_just_closed_fails_nothing(here: World) -> None:
    handle = await here.start(Phase.OPPORTUNITY, here.lead(), reason="held")
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)
    await handle.signal("pause")
    sale = here.client.get_workflow_handle("opportunity-1")
    await sale.signal("stop")
    await here.reaches("SELECT outcome FROM opportunity", "no_outcome")

    await handle.signal("stop")
    ending = await here.ending(handle)

    assert ending.outcome == "stopped"


async def test_stopping_a_lead_with_an_appointment_calls_it_off_and_says_so(here: World) -> None:
    """Else rep and lead both wait for a meeting that nobody believes in any more."""
    lead = here.lead()
    meeting = await here.books(lead, timedelta(days=3))
    handle = await here.start(Phase.MEETING, lead, meeting_id=meeting)
    await here.reaches("SELECT count(*) FROM touch WHERE state = 'sent'", 1)

    await handle.signal("stop")
    ending = await here.ending(handle)

    assert ending.outcome == "stopped"
    assert here.value("SELECT state FROM meeting") == "cancelled"
    assert here.values("SELECT step FROM touch ORDER BY id")[-1] == "meeting-cancelled"


async def test_a_lead_moved_back_to_nurture_stays_there_whatever_its_score(here: World) -> None:
    lead = here.lead(score=90)
    handle = await here.start(Phase.RECYCLE, lead, reason="lost", cadence="welcome-nurture")
    await here.reaches("SELECT phase FROM lead", "Recycle")
    with here.database.begin() as connection:
        connection.exec_driver_sql("UPDATE lead SET interest = 90, interest_as_of = now()")

    await handle.execute_update("move_to", "Nurture")
    await here.reaches("SELECT phase FROM lead", "Nurture")
    await here.environment.sleep(timedelta(days=3))
    await here.reaches("SELECT count(*) FROM touch WHERE state = 'sent'", 1)

    assert here.value("SELECT phase FROM lead") == "Nurture"


async def test_a_journey_that_no_attempt_could_help_stands_still_until_it_is_mended(
    here: World,
) -> None:
    """One that fails is lost with its lead, and one that is tried every four seconds for months
    is noticed by nobody."""
    nobody = 4711
    handle = await here.start(Phase.NURTURE, nobody, cadence="welcome-nurture")
    told = "SELECT failures FROM failing_activity WHERE given_up AND error = 'RowGone'"
    await here.reaches(told, 1)
    assert here.value("SELECT workflow_id FROM failing_activity") == handle.id

    await here.environment.sleep(timedelta(hours=1, minutes=30))
    await here.reaches(told, 2)
    here.lead(id=nobody)
    await here.environment.sleep(timedelta(hours=2))
    await here.reaches("SELECT phase FROM lead", "Nurture")

    failed = [
        event.activity_task_failed_event_attributes.failure
        for event in (await handle.fetch_history()).events
        if event.HasField("activity_task_failed_event_attributes")
    ]
    assert len(failed) == 2, "Temporal itself tries nothing again"
    assert all(one.application_failure_info.non_retryable for one in failed)
