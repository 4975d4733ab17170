"""A careless change of a workflow, to show that replay notices. In a module of its own: the
sandbox imports it anew."""

from __future__ import annotations

from temporalio import workflow

from domain.contracts.journey import JourneyResult, JourneyState


@workflow.defn(name="Recycle")
class HastyRecycle:
    """Recycle as somebody may rewrite it: it waits before it records the entry."""

    @workflow.run
    async def run(self, state: JourneyState) -> JourneyResult:
        """Come back after a day, whatever the policy says."""
        await workflow.sleep(86_400)
        return JourneyResult("closed_out", state.reason)
