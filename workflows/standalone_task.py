"""A task for a person that nothing waits for."""

from __future__ import annotations

from temporalio import workflow

from domain.contracts.journey import InboxState, TaskRequest
from domain.contracts.journey_sales import STANDALONE_TASK, StandaloneTaskState
from domain.contracts.tasks import TaskResult
from workflows.transition import OperatorOverride
from workflows.waiting import Inbox


@workflow.defn(name=STANDALONE_TASK)
class StandaloneTask(Inbox):
    """One task for a person."""

    @workflow.init
    def __init__(self, side: StandaloneTaskState) -> None:
        super().__init__(InboxState(side.lead_id))

    @workflow.run
    async def run(self, side: StandaloneTaskState) -> str:
        """Have the task done.

        Returns:
            Its disposition, ``expired`` or ``stopped``.
        """
        request = TaskRequest(
            key=workflow.info().run_id,
            lead_id=side.lead_id,
            kind=side.kind,
            opportunity_id=side.opportunity_id,
            step=side.step,
        )
        try:
            result = await self.ask(request)
        except OperatorOverride as override:
            return override.transition.reason
        return result.disposition if isinstance(result, TaskResult) else result.code
