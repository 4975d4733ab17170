"""What ops see of a journey: without it a stuck lead is found by nobody."""

from __future__ import annotations

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle
from temporalio.converter import DataConverter
from temporalio.service import RPCError

from domain.contracts.journey import Phase, journey_id
from tests.production.conftest import Deployment


async def summaries(handle: WorkflowHandle) -> dict[str, str]:  # type: ignore[type-arg]
    """The summary of every timer and activity of a run, by what it was scheduled as."""
    found = {}
    for event in (await handle.fetch_history()).events:
        scheduled = event.activity_task_scheduled_event_attributes.activity_type.name
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
            scheduled = "timer"
        if scheduled:
            (summary,) = await DataConverter.default.decode([event.user_metadata.summary], [str])
            found[scheduled] = summary
    return found


async def test_a_nurtured_lead_is_found_by_list_filters_and_says_what_it_waits_for(
    deployment: Deployment,
) -> None:
    lead = deployment.lead()
    deployment.start(lead)

    await deployment.waits(lead, "Waiting to send step 1 of welcome-nurture on ")
    await deployment.listed(
        "WorkflowType = 'Nurture' AND LeadStage = 'known' AND PhaseReason = 'new' "
        "AND Cadence = 'welcome-nurture' AND Cycle = 1",
        lead,
    )

    handle = deployment.client.get_workflow_handle(journey_id(lead))
    assert await (await handle.describe()).static_summary() == f"Journey of lead {lead}"
    named = await summaries(handle)
    assert named["begin_cadence"] == "Enroll in welcome-nurture"
    assert named["timer"].startswith("welcome-nurture: email-welcome-1-checklist, ")
    described = await deployment.cli("workflow", "metadata", "--workflow-id", journey_id(lead))
    assert "cadence=welcome-nurture number=1" in described


async def test_an_escalated_lead_keeps_its_id_and_shows_its_stage_and_owner(
    deployment: Deployment,
) -> None:
    lead = deployment.lead()
    deployment.start(lead)
    await deployment.waits(lead, "Waiting to send")

    deployment.does(lead, "form")
    await deployment.waits(lead, "Waiting for anyone: qualify")

    await deployment.listed("LeadStage = 'mql' AND PhaseReason = 'score_reached'", lead)
    await deployment.listed("Owner = 'rep-1' AND ScoreBand = 'C2'", lead)
    named = await summaries(deployment.client.get_workflow_handle(journey_id(lead)))
    assert named["enter_phase"] == "Enter FollowUp: score_reached"
    assert named["open_task"] == "Open qualify task, attempt 1"
    assert named["await_disposition"] == "Waiting for a person: qualify task 1"


async def test_a_parked_lead_says_until_when_and_why(deployment: Deployment) -> None:
    lead = deployment.lead()
    deployment.start(lead, Phase.RECYCLE, reason="lost")

    await deployment.waits(lead, "Recycled for lost until ")

    await deployment.listed("WorkflowType = 'Recycle' AND PhaseReason = 'lost'", lead)
    handle = deployment.client.get_workflow_handle(journey_id(lead))
    assert (await summaries(handle))["timer"] == "Recycled: lost"


async def test_a_journey_whose_cadence_was_never_published_is_found_by_its_pending_activity(
    deployment: Deployment,
) -> None:
    lead = deployment.lead()
    deployment.start(lead, cadence="spring-launch")
    handle = deployment.client.get_workflow_handle(journey_id(lead))

    async def failing() -> bool:
        try:
            pending = (await handle.describe()).raw_description.pending_activities
        except RPCError:
            return False
        return any("spring-launch" in one.last_failure.message for one in pending)

    await deployment.until("the failure of begin_cadence", failing)
    assert await deployment.waits_for(lead) == "Entering Nurture"


async def test_a_paused_and_an_ended_journey_say_so(deployment: Deployment) -> None:
    lead = deployment.lead()
    deployment.start(lead)
    await deployment.waits(lead, "Waiting to send")
    handle = deployment.client.get_workflow_handle(journey_id(lead))

    await handle.signal("pause")
    await deployment.waits(lead, "Paused by an operator")
    await handle.signal("stop")
    await deployment.waits(lead, "Ended: stopped (stopped)")
    await deployment.listed("ExecutionStatus = 'Completed' AND LeadStage = 'known'", lead)
