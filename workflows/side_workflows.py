"""What runs beside a phase without leaving it: mails of a cadence, tasks that nothing waits for.

The phase tells them of pauses and of what the lead does; told to stop, they withdraw.
"""

from __future__ import annotations

import contextlib
from typing import Any

from temporalio import exceptions, workflow

from domain.journey import (
    BeginCadence,
    Code,
    JourneyState,
    Notice,
    TaskRequest,
    opportunity_workflow_id,
)
from domain.journey_sales import (
    CADENCE_BESIDE,
    TASK_BESIDE,
    CadenceBesideState,
    LeaveCadence,
    TaskBesideState,
)
from workflows import activity_stubs
from workflows.cadence_run import run_cadence
from workflows.phase import Journey, Redirected

Child = workflow.ChildWorkflowHandle[Any, Any]

ENDS_MAIL = (Code.REPLIED, Code.BOOKED, Code.UNSUBSCRIBED, Code.BOUNCED)
"""What a lead may do that ends a cadence beside."""


@workflow.defn(name=CADENCE_BESIDE)
class CadenceBeside(Journey):
    """One lead in one cadence, while something else is its phase."""

    @workflow.init
    def __init__(self, beside: CadenceBesideState) -> None:
        super().__init__(JourneyState(beside.lead_id, cycle=beside.cycle, cadence=beside.cadence))

    @workflow.run
    async def run(self, beside: CadenceBesideState) -> str:
        """Run the cadence until it ends, the lead answers, or it is told to stop.

        Returns:
            Why it ended, such as exhausted, replied or stopped.
        """
        enrolled = await activity_stubs.begin_cadence(
            BeginCadence(beside.lead_id, beside.key, beside.cadence, beside.cycle)
        )
        try:
            reason = (await run_cadence(self, enrolled, beside=True)).code
        except Redirected as redirected:
            reason = redirected.departure.reason
        await activity_stubs.leave_cadence(LeaveCadence(enrolled.enrollment_id, reason))
        await workflow.wait_condition(workflow.all_handlers_finished)
        self.tell(f"Ended: {reason}")
        return reason


@workflow.defn(name=TASK_BESIDE)
class TaskBeside(Journey):
    """One task for a person."""

    @workflow.init
    def __init__(self, beside: TaskBesideState) -> None:
        super().__init__(JourneyState(beside.lead_id))

    @workflow.run
    async def run(self, beside: TaskBesideState) -> str:
        """Have the task done.

        Returns:
            Its disposition, ``expired`` or ``stopped``.
        """
        request = TaskRequest(
            key=workflow.info().run_id,
            lead_id=beside.lead_id,
            kind=beside.kind,
            opportunity_id=beside.opportunity_id,
            step=beside.step,
        )
        try:
            answer = await self.ask(request)
        except Redirected as redirected:
            return redirected.departure.reason
        return answer.code


async def start_cadence(state: CadenceBesideState) -> Child:
    """Start a cadence beside; it outlives the workflow that starts it unless it is told to stop."""
    return await workflow.start_child_workflow(
        CADENCE_BESIDE,
        state,
        id=state.key,
        parent_close_policy=workflow.ParentClosePolicy.ABANDON,
        static_summary=f"{state.cadence} beside, lead {state.lead_id}",
    )


async def start_task(state: TaskBesideState, key: str) -> Child:
    """Start a task beside, with the workflow id ``key``."""
    return await workflow.start_child_workflow(
        TASK_BESIDE,
        state,
        id=key,
        parent_close_policy=workflow.ParentClosePolicy.ABANDON,
        static_summary=f"{state.kind} task, lead {state.lead_id}",
    )


async def pass_on(children: list[Child], signal: str, notice: Notice | None = None) -> None:
    """Tell those that still run what the phase was told."""
    for child in children:
        if child.done():
            continue
        # One that ends this very moment has nothing left to hear.
        with contextlib.suppress(exceptions.FailureError):
            await (child.signal(signal) if notice is None else child.signal(signal, notice))


def own_id(of: str, name: str) -> str:
    """A workflow id beside ``of`` that no other run uses: one that was told to stop may still be
    stopping.

    A downloaded history is replayed under other ids, of the workflow and of the run; when it began
    stays.
    """
    return f"{of}-{name}-{int(workflow.info().workflow_start_time.timestamp() * 1000)}"


def help_id(opportunity_id: int) -> str:
    """Workflow id of marketing's help for a sale."""
    return f"{opportunity_workflow_id(opportunity_id)}-help"
