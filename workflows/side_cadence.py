"""A cadence that runs beside a lead's phase without leaving it."""

from __future__ import annotations

from temporalio import workflow

from domain.contracts.journey import BeginCadence, InboxState
from domain.contracts.journey_sales import SIDE_CADENCE, LeaveCadence, SideCadenceState
from domain.contracts.waits import Wait, WaitKind
from workflows import activity_stubs
from workflows.cadence_run import run_cadence
from workflows.transition import OperatorOverride
from workflows.waiting import Inbox


@workflow.defn(name=SIDE_CADENCE)
class SideCadence(Inbox):
    """One lead in one cadence, while something else is its phase."""

    @workflow.init
    def __init__(self, side: SideCadenceState) -> None:
        super().__init__(InboxState(side.lead_id, side.cycle))

    @workflow.run
    async def run(self, side: SideCadenceState) -> str:
        """Run the cadence until it ends, the lead answers, or it is told to stop.

        Returns:
            Why it ended, such as exhausted, replied or stopped.
        """
        enrolled = await activity_stubs.begin_cadence(
            BeginCadence(side.lead_id, side.key, side.cadence, side.cycle)
        )
        try:
            reason = (await run_cadence(self, enrolled, beside=True)).code
        except OperatorOverride as override:
            reason = override.transition.reason
        await activity_stubs.leave_cadence(LeaveCadence(enrolled.enrollment_id, reason))
        await workflow.wait_condition(workflow.all_handlers_finished)
        self.set_details(Wait(WaitKind.ENDED, facts={"reason": reason}))
        return reason
