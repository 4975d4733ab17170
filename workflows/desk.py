"""The desk: every few minutes, and when the team or the SLA changes, look after what time
alone changes."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from temporalio import workflow

from domain.contracts.desk import DESK_WORKFLOW, DeskState, MindDesk
from domain.contracts.journey import Notice
from workflows import activity_stubs


@workflow.defn(name=DESK_WORKFLOW)
class Desk:
    """There is one, ``desk``; every worker makes sure that it runs."""

    @workflow.init
    def __init__(self, state: DeskState) -> None:
        self.recount = state.recount

    @workflow.signal
    def team_changed(self, notice: Notice) -> None:
        """A new team policy or SLA is in force: times count differently."""
        self.recount = True

    @workflow.run
    async def run(self, state: DeskState) -> None:
        """Do round after round."""
        while not workflow.info().is_continue_as_new_suggested():
            recount, self.recount = self.recount, False
            minded = await activity_stubs.mind_desk(MindDesk(recount))
            workflow.set_current_details(minded.details)
            with suppress(TimeoutError):
                await workflow.wait_condition(
                    lambda: self.recount,
                    timeout=timedelta(seconds=minded.seconds),
                    timeout_summary="The next round",
                )
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(DeskState(self.recount))
