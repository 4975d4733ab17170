"""Tells the manager of an alert that nobody reacts to."""

from __future__ import annotations

from temporalio import workflow

from domain.contracts.notifications import ESCALATION_WORKFLOW, EscalateAlert
from workflows import activity_stubs


@workflow.defn(name=ESCALATION_WORKFLOW)
class EscalationWorkflow:
    """The lead may change hands meanwhile, and the time with it: it is looked up each time."""

    @workflow.run
    async def run(self, request: EscalateAlert) -> None:
        """Look again until somebody has reacted, or the manager was told."""
        while True:
            looked = await activity_stubs.escalate_alert(request)
            workflow.set_current_details(looked.details)
            if not looked.seconds:
                return
            await workflow.sleep(looked.seconds, summary="Has anybody reacted by then?")
