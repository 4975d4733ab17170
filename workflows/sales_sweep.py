"""The sales sweep: every few minutes, and when the team or the SLA changes, look after what time
alone changes."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from temporalio import workflow

from domain.contracts.journey import JourneyEvent
from domain.contracts.sales_sweep import SALES_SWEEP, SalesSweepState, SweepSales
from workflows import activity_stubs


@workflow.defn(name=SALES_SWEEP)
class SalesSweep:
    """There is one, ``desk``; every worker makes sure that it runs."""

    @workflow.init
    def __init__(self, state: SalesSweepState) -> None:
        self.recount = state.recount

    @workflow.signal
    def team_changed(self, event: JourneyEvent) -> None:
        """A new team policy or SLA is in force: times count differently."""
        self.recount = True

    @workflow.run
    async def run(self, state: SalesSweepState) -> None:
        """Do round after round."""
        while not workflow.info().is_continue_as_new_suggested():
            recount, self.recount = self.recount, False
            swept = await activity_stubs.sweep_sales(SweepSales(recount))
            workflow.set_current_details(swept.details)
            with suppress(TimeoutError):
                await workflow.wait_condition(
                    lambda: self.recount,
                    timeout=timedelta(seconds=swept.seconds),
                    timeout_summary="The next round",
                )
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(SalesSweepState(self.recount))
