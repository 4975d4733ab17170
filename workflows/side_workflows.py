"""Workflows that run beside a phase or an opportunity, and outlive who started them unless they
are told to stop."""

from __future__ import annotations

import contextlib

from temporalio import exceptions, workflow

from domain.contracts.journey import EventCode, JourneyEvent
from domain.contracts.journey_sales import (
    SIDE_CADENCE,
    STANDALONE_TASK,
    SideCadenceState,
    StandaloneTaskState,
)

ENDS_MAIL = (EventCode.REPLIED, EventCode.BOOKED, EventCode.UNSUBSCRIBED, EventCode.BOUNCED)
"""What a lead may do that ends a side cadence."""


async def start(workflow_type: str, state: object, workflow_id: str, summary: str) -> None:
    """Start one.

    Raises:
        temporalio.exceptions.WorkflowAlreadyStartedError: one of this id runs.
    """
    await workflow.start_child_workflow(
        workflow_type,
        state,
        id=workflow_id,
        parent_close_policy=workflow.ParentClosePolicy.ABANDON,
        static_summary=summary,
    )


async def start_cadence(state: SideCadenceState) -> None:
    """Start a cadence, with its key as workflow id."""
    summary = f"{state.cadence} beside, lead {state.lead_id}"
    await start(SIDE_CADENCE, state, state.key, summary)


async def start_task(state: StandaloneTaskState, workflow_id: str) -> None:
    """Start a task that nothing waits for."""
    summary = f"{state.kind} task, lead {state.lead_id}"
    await start(STANDALONE_TASK, state, workflow_id, summary)


async def notify(workflow_id: str, signal: str, *events: JourneyEvent) -> None:
    """Signal one; if it has ended, there is nothing left to tell it."""
    with contextlib.suppress(exceptions.FailureError):
        await workflow.get_external_workflow_handle(workflow_id).signal(signal, args=events)
