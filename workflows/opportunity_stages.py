"""One sale, stage by stage; an account may have several that move on their own."""

from __future__ import annotations

from temporalio import workflow

from domain.journey import (
    OPPORTUNITY_WORKFLOW,
    AdvanceOpportunity,
    CloseOpportunity,
    Notice,
    OpportunityState,
    TaskRequest,
    opportunity_workflow_id,
)
from domain.journey_sales import CadenceBesideState, StandsStill, TaskBesideState
from workflows import activity_stubs, human_task, side_workflows
from workflows.human_task import EXPIRED

CLOSING = ("won", "lost", "no_outcome")


@workflow.defn(name=OPPORTUNITY_WORKFLOW)
class OpportunityStages:
    """An opportunity: its owner moves it on until it is won, lost, or stalled."""

    @workflow.init
    def __init__(self, state: OpportunityState) -> None:
        self.state = state
        self.stopped = False
        self.paused = False
        self.asked = ""
        """What the open task asks for besides the stage: '', warn, help or return."""
        self.may_help = True
        self.help: list[side_workflows.Child] = []

    @workflow.signal
    def stop(self) -> None:
        """The lead's journey went elsewhere: close without an outcome."""
        self.stopped = True

    @workflow.signal
    async def pause(self) -> None:
        """The lead's journey is paused: marketing writes nothing meanwhile."""
        self.paused = True
        await side_workflows.pass_on(self.help, "pause")

    @workflow.signal
    async def resume(self) -> None:
        """The lead's journey goes on."""
        self.paused = False
        await side_workflows.pass_on(self.help, "resume")

    @workflow.signal
    async def engagement(self, notice: Notice) -> None:
        """The lead did something: marketing's help ends where that ends it."""
        await side_workflows.pass_on(self.help, "engagement", notice)

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
                self.task(attempt),
                lambda: self.stopped,
                workflow.set_current_details,
                # A sale has no promises with a clock.
                lambda: False,
            )
            if isinstance(answer, human_task.Interrupted):
                return await self.close("no_outcome", "stopped")
            if answer.code in CLOSING:
                return await self.close(answer.code, answer.reason)
            if answer.code == "return":
                return await self.close("stalled", answer.reason or "returned")
            if answer.code == "advanced":
                await self.end_help()
                await activity_stubs.advance_opportunity(
                    AdvanceOpportunity(self.state.opportunity_id, answer.task_id)
                )
            overruns = overruns + 1 if answer.code == EXPIRED else 0
            if answer.code == "no_help":
                self.may_help = False
                await self.end_help()
            wants_help = answer.code == "help" and self.may_help
            if not await self.goes_on(overruns, wants_help=wants_help):
                return await self.close("stalled", "no_progress")

    async def goes_on(self, overruns: int, *, wants_help: bool) -> bool:
        """Warn the owner of a stage that runs over, then help, then ask to have the sale back;
        whether anything was left to try."""
        asked, self.asked = self.asked, ""
        if not (overruns or wants_help):
            return True
        if not workflow.patched("help-for-stalled-sales"):
            return overruns <= self.state.stall_warnings
        stall = await activity_stubs.sale_stands_still(
            StandsStill(self.state.opportunity_id, overruns, asked, self.may_help)
        )
        if stall.cadence:
            self.may_help = False
            await self.begin_help(stall.cadence, stall.cycle)
        self.asked = stall.action
        return stall.action != "over"

    async def begin_help(self, cadence: str, cycle: int) -> None:
        """Have marketing write to the lead beside the sale."""
        key = side_workflows.help_id(self.state.opportunity_id)
        state = CadenceBesideState(self.state.lead_id, key, cadence, cycle)
        self.help = [await side_workflows.start_cadence(state)]
        if self.paused:
            await side_workflows.pass_on(self.help, "pause")

    async def end_help(self) -> None:
        """The sale moves again, or is over: marketing's mails end."""
        await side_workflows.pass_on(self.help, "stop")

    def task(self, attempt: int) -> TaskRequest:
        """The owner's task for the stage the opportunity is in."""
        return TaskRequest(
            key=f"{workflow.info().run_id}:{attempt}",
            lead_id=self.state.lead_id,
            kind="opportunity",
            attempt=attempt,
            opportunity_id=self.state.opportunity_id,
            step=self.asked,
        )

    async def close(self, outcome: str, reason: str) -> str:
        """Record the outcome, tell the journey, and have a lost sale looked at once more."""
        await self.end_help()
        await activity_stubs.close_opportunity(
            CloseOpportunity(self.state.opportunity_id, outcome, reason)
        )
        if outcome == "lost" and workflow.patched("loss-review"):
            review = TaskBesideState(self.state.lead_id, "loss_review", self.state.opportunity_id)
            sale = opportunity_workflow_id(self.state.opportunity_id)
            await side_workflows.start_task(review, side_workflows.own_id(sale, "loss-review"))
        await workflow.wait_condition(workflow.all_handlers_finished)
        return outcome
