"""Opportunity: the journey waits while the opportunity, a workflow of its own, is worked."""

from __future__ import annotations

from temporalio import workflow

from domain.contracts.journey import (
    OPPORTUNITY_WORKFLOW,
    EventCode,
    JourneyEvent,
    JourneyResult,
    JourneyState,
    OpenOpportunity,
    OpportunityState,
    Phase,
    opportunity_workflow_id,
)
from domain.contracts.waits import Wait, WaitKind
from workflows import activity_stubs, side_workflows
from workflows.phase import JourneyPhase
from workflows.transition import Transition


@workflow.defn(name=Phase.OPPORTUNITY)
class OpportunityPhase(JourneyPhase):
    """A lead whose appointment was held and that is worth pursuing."""

    phase = Phase.OPPORTUNITY
    renewable = True

    @workflow.init
    def __init__(self, state: JourneyState) -> None:
        super().__init__(state)

    @workflow.run
    async def run(self, state: JourneyState) -> JourneyResult:
        """Start the opportunity, wait for its outcome, hand the lead on."""
        return await self.follow(self.story)

    async def story(self) -> Transition:
        """Open the opportunity and go where its outcome leads."""
        opened = await activity_stubs.open_opportunity(
            OpenOpportunity(self.entry(), self.state.meeting_id)
        )
        self.assign(opened.owner, self.state.score_band)
        if not self.state.side_workflows:
            await self.start(opened.opportunity_id)
        outcome = await self.outcome(opened.opportunity_id)
        # It has ended by itself: nothing is left to be told.
        self.state.side_workflows = []
        if outcome == "won":
            return Transition(Phase.CUSTOMER, "won")
        return Transition(Phase.RECYCLE, outcome)

    async def start(self, opportunity_id: int) -> None:
        """Start the workflow of the opportunity; it outlives this phase."""
        workflow_id = opportunity_workflow_id(opportunity_id)
        await side_workflows.start(
            OPPORTUNITY_WORKFLOW,
            OpportunityState(opportunity_id, self.state.lead_id),
            workflow_id,
            f"Opportunity with lead {self.state.lead_id}",
        )
        await self.accompany(workflow_id)

    async def outcome(self, opportunity_id: int) -> str:
        """Wait until this opportunity is closed, and tell it of replies meanwhile.

        Raises:
            OperatorOverride: an operator took the lead elsewhere, or another opportunity made it a
                customer.
        """
        name = opportunity_workflow_id(opportunity_id)
        while True:
            event = await self.rest(
                float("inf"),
                wait=Wait(WaitKind.OPPORTUNITY, facts={"opportunity": opportunity_id}),
                summary=f"Outcome of {name}",
                wake=(EventCode.CLOSED, EventCode.REPLIED),
            )
            match event:
                case JourneyEvent(code=EventCode.REPLIED, ref=ref):
                    await self.notify("engagement", JourneyEvent(EventCode.REPLIED, ref))
                case JourneyEvent(ref=closed, reason=reason) if closed == opportunity_id:
                    return reason

    async def leave(self, transition: Transition) -> None:
        """Close the opportunity of a lead that an operator took elsewhere; one that bought
        something else may buy this too."""
        if transition.reason != EventCode.WON:
            await super().leave(transition)
