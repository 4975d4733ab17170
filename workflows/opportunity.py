"""Opportunity: the journey waits while the sale, a workflow of its own, is worked."""

from __future__ import annotations

import contextlib

from temporalio import exceptions, workflow

from domain.journey import (
    OPPORTUNITY_WORKFLOW,
    Code,
    JourneyResult,
    JourneyState,
    Notice,
    OpenOpportunity,
    OpportunityOpened,
    OpportunityState,
    Phase,
    opportunity_workflow_id,
)
from domain.sentences import sentence
from workflows import activity_stubs, side_workflows
from workflows.phase import Departure, Journey, Redirected


@workflow.defn(name=Phase.OPPORTUNITY)
class Opportunity(Journey):
    """A lead whose appointment was held and that is worth pursuing."""

    phase = Phase.OPPORTUNITY

    @workflow.init
    def __init__(self, state: JourneyState) -> None:
        super().__init__(state)
        self.sale: list[side_workflows.Child] = []
        """Whom to tell of pauses and of what the lead does."""

    @workflow.signal
    async def pause(self) -> None:
        """Freeze the remaining time of whatever the journey waits for, marketing's help too."""
        self.state.paused = True
        await side_workflows.pass_on(self.sale, "pause")

    @workflow.signal
    async def resume(self) -> None:
        """Go on with the time that was left."""
        self.state.paused = False
        await side_workflows.pass_on(self.sale, "resume")

    @workflow.run
    async def run(self, state: JourneyState) -> JourneyResult:
        """Start the sale, wait for its outcome, hand the lead on."""
        return await self.follow(self.story)

    async def story(self) -> Departure:
        """Open the opportunity and go where its outcome leads."""
        opened = await activity_stubs.open_opportunity(
            OpenOpportunity(self.entry(), self.state.meeting_id)
        )
        self.assign(opened.owner, self.state.score_band)
        await self.start_sale(opened)
        closed = await self.outcome(opened)
        if closed.reason == "won":
            return Departure(Phase.CUSTOMER, "won")
        return Departure(Phase.RECYCLE, closed.reason)

    async def start_sale(self, opened: OpportunityOpened) -> None:
        """Start the workflow of the sale; it outlives this phase."""
        sale = await workflow.start_child_workflow(
            OPPORTUNITY_WORKFLOW,
            OpportunityState(opened.opportunity_id, self.state.lead_id, opened.stall_warnings),
            id=opportunity_workflow_id(opened.opportunity_id),
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            static_summary=f"Sale to lead {self.state.lead_id}",
        )
        if workflow.patched("tell-the-sale"):
            self.sale = [sale]
            if self.state.paused:
                await side_workflows.pass_on(self.sale, "pause")

    async def outcome(self, opened: OpportunityOpened) -> Notice:
        """Wait until this opportunity is closed.

        Raises:
            Redirected: an operator took the lead elsewhere, and the sale is told to stop; or
                another sale made it a customer.
        """
        name = opportunity_workflow_id(opened.opportunity_id)
        try:
            while True:
                notice = await self.rest(
                    float("inf"),
                    details=sentence("Waiting for the outcome of {sale}", sale=name),
                    summary=f"Outcome of {name}",
                    wake=(Code.CLOSED, *((Code.REPLIED,) if self.sale else ())),
                )
                match notice:
                    case Notice(code=Code.REPLIED, ref=ref):
                        await side_workflows.pass_on(
                            self.sale, "engagement", Notice(Code.REPLIED, ref)
                        )
                    case Notice(ref=opened.opportunity_id):
                        return notice
        except Redirected as redirected:
            # A lead that bought something else may buy this too: the sale goes on without us.
            if redirected.departure.reason != Code.WON:
                # A sale that was closed a moment ago has nothing left to stop.
                with contextlib.suppress(exceptions.FailureError):
                    await workflow.get_external_workflow_handle(name).signal("stop")
            raise
