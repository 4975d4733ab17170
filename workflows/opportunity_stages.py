"""One opportunity, stage by stage; an account may have several that move on their own."""

from __future__ import annotations

from temporalio import workflow

from domain.contracts.journey import (
    OPPORTUNITY_WORKFLOW,
    AdvanceOpportunity,
    CloseOpportunity,
    JourneyEvent,
    OpportunityState,
    TaskRequest,
    opportunity_workflow_id,
)
from domain.contracts.journey_sales import SideCadenceState, StandaloneTaskState, StandsStill
from domain.contracts.tasks import CLOSES_OPPORTUNITY, Disposition, TaskKind, TaskResult, Undone
from workflows import activity_stubs, human_task, side_workflows


@workflow.defn(name=OPPORTUNITY_WORKFLOW)
class OpportunityStages:
    """An opportunity: its owner moves it on until it is won, lost, or stalled."""

    @workflow.init
    def __init__(self, state: OpportunityState) -> None:
        self.state = state

    @workflow.signal
    def stop(self) -> None:
        """The lead's journey went elsewhere: close without an outcome."""
        self.state.stopped = True

    @workflow.signal
    async def pause(self) -> None:
        """The lead's journey is paused: marketing writes nothing meanwhile."""
        self.state.paused = True
        await self.notify_help("pause")

    @workflow.signal
    async def resume(self) -> None:
        """The lead's journey goes on."""
        self.state.paused = False
        await self.notify_help("resume")

    @workflow.signal
    async def engagement(self, event: JourneyEvent) -> None:
        """The lead did something: marketing's help ends where that ends it."""
        await self.notify_help("engagement", event)

    @workflow.run
    async def run(self, state: OpportunityState) -> str:
        """Ask the owner for each stage's outcome.

        Returns:
            won, lost, no_outcome or stalled.
        """
        while True:
            self.state.attempt += 1
            result = await human_task.perform(
                self.task(),
                interrupted=lambda: self.state.stopped,
                set_details=lambda wait: workflow.set_current_details(str(wait)),
            )
            if isinstance(result, human_task.Interrupted):
                return await self.close(Disposition.NO_OUTCOME, "stopped")
            if result.disposition in CLOSES_OPPORTUNITY:
                return await self.close(result.disposition, result.reason)
            if result.disposition == Disposition.RETURN:
                return await self.close("stalled", result.reason or "returned")
            if not await self.goes_on(result):
                return await self.close("stalled", "no_progress")
            if workflow.info().is_continue_as_new_suggested():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(self.state)

    async def goes_on(self, result: TaskResult) -> bool:
        """Do what the owner's answer to an open stage asks for; whether anything is left to try."""
        if result.disposition == Disposition.ADVANCED:
            await self.notify_help("stop")
            await activity_stubs.advance_opportunity(
                AdvanceOpportunity(self.state.opportunity_id, result.task_id)
            )
        if result.disposition == Disposition.NO_HELP:
            self.state.may_help = False
            await self.notify_help("stop")
        expired = result.disposition == Undone.EXPIRED
        self.state.overruns = self.state.overruns + 1 if expired else 0
        asked, self.state.asked = self.state.asked, ""
        wants_help = result.disposition == Disposition.HELP and self.state.may_help
        if not (self.state.overruns or wants_help):
            return True
        return await self.stands_still(asked)

    async def stands_still(self, asked: str) -> bool:
        """Warn the owner of a stage that runs over, then help, then ask to have the opportunity
        back; whether anything was left to try. The last task asked for ``asked``."""
        stall = await activity_stubs.opportunity_stands_still(
            StandsStill(self.state.opportunity_id, self.state.overruns, asked, self.state.may_help)
        )
        if stall.cadence:
            self.state.may_help = False
            await self.begin_help(stall.cadence, stall.cycle)
        self.state.asked = stall.action
        return stall.action != "over"

    async def begin_help(self, cadence: str, cycle: int) -> None:
        """Have marketing write to the lead beside the opportunity."""
        key = f"{opportunity_workflow_id(self.state.opportunity_id)}-help"
        await side_workflows.start_cadence(
            SideCadenceState(self.state.lead_id, key, cadence, cycle)
        )
        self.state.help = key
        if self.state.paused:
            await self.notify_help("pause")

    async def notify_help(self, signal: str, *events: JourneyEvent) -> None:
        """Tell marketing's help, if there is any, what the opportunity was told."""
        if self.state.help:
            await side_workflows.notify(self.state.help, signal, *events)

    def task(self) -> TaskRequest:
        """The owner's task for the stage the opportunity is in."""
        return TaskRequest(
            key=f"{workflow.info().run_id}:{self.state.attempt}",
            lead_id=self.state.lead_id,
            kind=TaskKind.OPPORTUNITY,
            attempt=self.state.attempt,
            opportunity_id=self.state.opportunity_id,
            step=self.state.asked,
        )

    async def close(self, outcome: str, reason: str) -> str:
        """Record the outcome, tell the journey, and have a lost opportunity looked at once more."""
        opportunity_id = self.state.opportunity_id
        await self.notify_help("stop")
        await activity_stubs.close_opportunity(CloseOpportunity(opportunity_id, outcome, reason))
        if outcome == Disposition.LOST:
            review = StandaloneTaskState(self.state.lead_id, TaskKind.LOSS_REVIEW, opportunity_id)
            await side_workflows.start_task(
                review, f"{opportunity_workflow_id(opportunity_id)}-loss-review"
            )
        await workflow.wait_condition(workflow.all_handlers_finished)
        return outcome
