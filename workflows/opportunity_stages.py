"""One sale, stage by stage; an account may have several that move on their own."""

from __future__ import annotations

from temporalio import workflow

from domain.journey import (
    OPPORTUNITY_WORKFLOW,
    AdvanceOpportunity,
    CloseOpportunity,
    OpportunityState,
    TaskRequest,
)
from workflows import human_task, steps
from workflows.human_task import EXPIRED

CLOSING = ("won", "lost", "no_outcome")


@workflow.defn(name=OPPORTUNITY_WORKFLOW)
class OpportunityStages:
    """An opportunity: its owner moves it on until it is won, lost, or stalled."""

    @workflow.init
    def __init__(self, state: OpportunityState) -> None:
        self.state = state
        self.stopped = False

    @workflow.signal
    def stop(self) -> None:
        """The lead's journey went elsewhere: close without an outcome."""
        self.stopped = True

    @workflow.run
    async def run(self, state: OpportunityState) -> str:
        """Ask the owner for each stage's outcome.

        Returns:
            won, lost, no_outcome or stalled.
        """
        overruns = attempt = 0
        while True:
            attempt += 1
            answer = await human_task.perform(
                self.task(attempt), lambda: self.stopped, workflow.set_current_details
            )
            if isinstance(answer, human_task.Interrupted):
                return await self.close("no_outcome", "stopped")
            if answer.code in CLOSING:
                return await self.close(answer.code, answer.reason)
            if answer.code == "advanced":
                await steps.advance_opportunity(
                    AdvanceOpportunity(self.state.opportunity_id, answer.task_id)
                )
            overruns = overruns + 1 if answer.code == EXPIRED else 0
            if overruns > self.state.stall_warnings:
                return await self.close("stalled", "no_progress")

    def task(self, attempt: int) -> TaskRequest:
        """The owner's task for the stage the opportunity is in."""
        return TaskRequest(
            key=f"{workflow.info().run_id}:{attempt}",
            lead_id=self.state.lead_id,
            kind="opportunity",
            attempt=attempt,
            opportunity_id=self.state.opportunity_id,
        )

    async def close(self, outcome: str, reason: str) -> str:
        """Record the outcome and tell the journey."""
        await steps.close_opportunity(CloseOpportunity(self.state.opportunity_id, outcome, reason))
        return outcome
