"""An appointment beside the lead's journey, with a life of its own."""

from __future__ import annotations

from temporalio import workflow

from domain.contracts.journey import InboxState
from domain.contracts.journey_sales import SIDE_MEETING, MeetingOutcome, SideMeetingState
from domain.contracts.waits import Wait, WaitKind
from workflows.appointment import Appointment
from workflows.transition import OperatorOverride
from workflows.waiting import Inbox


@workflow.defn(name=SIDE_MEETING)
class SideMeeting(Inbox):
    """An appointment that the lead has besides the one of its journey, or while an opportunity is
    open."""

    @workflow.init
    def __init__(self, side: SideMeetingState) -> None:
        super().__init__(InboxState(side.lead_id, meeting_id=side.meeting_id))
        self.appointment = Appointment(self)

    @workflow.run
    async def run(self, side: SideMeetingState) -> str:
        """See the appointment through. What follows from it is the journey's to decide, or the
        rep's, who knows how it went.

        Returns:
            Its outcome; ``taken_over`` when the lead's journey sees it through from now on.
        """
        outcome: str = MeetingOutcome.RESCHEDULED
        while outcome == MeetingOutcome.RESCHEDULED:
            try:
                outcome = await self.appointment.conduct(await self.appointment.plan())
            except OperatorOverride as override:
                outcome = override.transition.reason
        await workflow.wait_condition(workflow.all_handlers_finished)
        self.set_details(Wait(WaitKind.ENDED, facts={"reason": outcome}))
        return outcome
