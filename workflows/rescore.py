"""New scoring rules: every lead is counted anew, and sales gets the backlog in portions."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

from domain.contracts.rescoring import (
    RESCORE_WORKFLOW,
    EscalateBacklog,
    RescoreLeads,
    RescoreRequest,
)
from workflows import activity_stubs


@workflow.defn(name=RESCORE_WORKFLOW)
class Rescore:
    """One scoring run, from the publishing of the rules to the last lead that they made ready."""

    @workflow.run
    async def run(self, request: RescoreRequest) -> None:
        """Count all leads, then hand over those that are ready now, a few at a time."""
        if not request.rescored:
            await self.count_all(request.run_id)
        while True:
            escalation = await activity_stubs.escalate_backlog(EscalateBacklog(request.run_id))
            workflow.set_current_details(escalation.details)
            if not escalation.seconds:
                return
            await workflow.sleep(
                timedelta(seconds=escalation.seconds), summary="Sales gets the next leads then"
            )
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(RescoreRequest(request.run_id, rescored=True))

    async def count_all(self, run_id: int) -> None:
        """Count slice after slice, telling ops how far it is."""
        while True:
            progress = await activity_stubs.rescore_leads(RescoreLeads(run_id))
            workflow.set_current_details(progress.details)
            if progress.done:
                return
