"""An appointment beside the lead's journey, with a life of its own."""

from __future__ import annotations

from temporalio import workflow

from domain.journey import Code, JourneyState
from domain.journey_sales import MEETING_BESIDE, MeetingBesideState
from workflows.appointment import Appointment
from workflows.phase import Redirected


@workflow.defn(name=MEETING_BESIDE)
class MeetingBeside(Appointment):
    """An appointment that the lead has besides the one of its journey, or while a sale is open."""

    @workflow.init
    def __init__(self, beside: MeetingBesideState) -> None:
        super().__init__(JourneyState(beside.lead_id, meeting_id=beside.meeting_id))

    @workflow.run
    async def run(self, beside: MeetingBesideState) -> str:
        """See the appointment through. What follows from it is the journey's to decide, or the
        rep's, who knows how it went.

        Returns:
            Its outcome; ``taken_over`` when the lead's journey sees it through from now on.
        """
        outcome: str = Code.RESCHEDULED
        while outcome == Code.RESCHEDULED:
            try:
                outcome = await self.hold(await self.plan())
            except Redirected as redirected:
                outcome = redirected.departure.reason
        await workflow.wait_condition(workflow.all_handlers_finished)
        self.tell(f"Ended: {outcome}")
        return outcome
