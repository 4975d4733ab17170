"""Customer: the sale was won."""

from __future__ import annotations

from temporalio import workflow

from domain.journey import JourneyResult, JourneyState, Phase
from workflows import steps
from workflows.journey import Departure, Journey, end


@workflow.defn(name=Phase.CUSTOMER)
class Customer(Journey):
    """A lead that bought."""

    phase = Phase.CUSTOMER

    @workflow.init
    def __init__(self, state: JourneyState) -> None:
        super().__init__(state)

    @workflow.run
    async def run(self, state: JourneyState) -> JourneyResult:
        """Record the win; the nurture journey ends here."""
        return await self.follow(self.story)

    async def story(self) -> Departure:
        """Enter the customer stage."""
        await steps.enter_phase(self.entry())
        return end("customer", self.state.reason)
