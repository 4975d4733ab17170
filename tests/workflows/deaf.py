"""A customer's journey with a mistake in the background. In a module of its own: the sandbox
imports it anew."""

from __future__ import annotations

from temporalio import workflow

from domain.contracts.journey import JourneyEvent, JourneyResult, JourneyState
from workflows.customer import CustomerPhase
from workflows.transition import Transition, end


@workflow.defn
class DeafCustomer(CustomerPhase):
    """Has been welcomed, and dies of the first word."""

    @workflow.init
    def __init__(self, state: JourneyState) -> None:
        super().__init__(state)

    @workflow.run
    async def run(self, _state: JourneyState) -> JourneyResult:
        """Look after the customer."""
        return await self.follow(self.story)

    async def keep(self) -> Transition:
        """Wait for nothing."""
        await workflow.wait_condition(lambda: self.order is not None)
        return end("stopped", "stopped")

    async def hear(self, event: JourneyEvent) -> None:
        """Fail."""
        raise RuntimeError(f"nobody hears {event.code}")
