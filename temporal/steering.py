"""A lead's running journey, steered from outside: its state, pause, resume, stop, move."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import timedelta
from typing import Any, Literal, TypeVar

from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import FailureError
from temporalio.service import RPCError, RPCStatusCode

from domain.contracts.journey import journey_id
from domain.contracts.waits import JourneyStatus, Wait, WaitKind
from domain.refusals import Conflict, NoJourney, TemporalAway
from domain.sentences import sentence

Order = Literal["pause", "resume", "stop"]
Result = TypeVar("Result")

LONGEST_SECONDS = 4.0
"""How long people wait for one answer of Temporal; a server that hangs gives none."""


async def state_of(client: Client, lead_id: int) -> JourneyStatus | None:
    """What the journey says of itself; None when none is running.

    Raises:
        TemporalAway: Temporal did not answer.
    """
    try:
        return await _reached(lead_id, _state(_journey(client, lead_id)))
    except NoJourney:
        return None


async def order(client: Client, lead_id: int, what: Order) -> None:
    """Tell the journey to pause, to resume or to stop.

    Raises:
        NoJourney, TemporalAway
    """
    await _reached(lead_id, _journey(client, lead_id).signal(what))


async def end_at_once(
    client: Client, workflow_ids: Sequence[str], why: str, call_time: timedelta
) -> None:
    """Terminate workflows and what runs beside them: no step of theirs is taken any more.

    Args:
        workflow_ids: of journeys and sales; those that do not run are passed over. What runs
            beside one has an id that begins with it and a hyphen; one that began within the last
            seconds may not be listed yet.
        why: shown in the Temporal UI.
        call_time: how long each call may take.

    Raises:
        RPCError: Temporal did not answer, or refused.
    """
    found = list(workflow_ids)
    for workflow_id in workflow_ids:
        query = f"WorkflowId STARTS_WITH '{workflow_id}-' AND ExecutionStatus = 'Running'"
        listed = client.list_workflows(query, rpc_timeout=call_time)
        found.extend([one.id async for one in listed])
    for workflow_id in found:
        try:
            handle = client.get_workflow_handle(workflow_id)
            await handle.terminate(reason=why, rpc_timeout=call_time)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise


async def move(client: Client, lead_id: int, phase: str) -> str:
    """Move the journey to another phase now.

    Returns:
        The phase it leaves.

    Raises:
        NoJourney, TemporalAway
        Conflict: there is no such phase, or the journey can't go there.
    """
    asked = _journey(client, lead_id).execute_update("move_to", phase, result_type=str)
    try:
        left: str = await _reached(lead_id, asked)
    except WorkflowUpdateFailedError as refused:
        cause = refused.cause
        said = cause.message if isinstance(cause, FailureError) else str(cause)
        raise Conflict(said, "phase") from None
    return left


def _journey(client: Client, lead_id: int) -> WorkflowHandle[Any, Any]:
    return client.get_workflow_handle(journey_id(lead_id))


async def _state(handle: WorkflowHandle[Any, Any]) -> JourneyStatus | None:
    description = await handle.describe()
    if description.status == WorkflowExecutionStatus.FAILED:
        return JourneyStatus("", "", Wait(WaitKind.FAILED))
    if description.close_time is not None:
        return None
    status: JourneyStatus = await handle.query("status", result_type=JourneyStatus)
    return status


async def _reached(lead_id: int, asked: Awaitable[Result]) -> Result:
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            return await asked
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
        raise TemporalAway(sentence("Temporal did not answer in time: try again.")) from None
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            raise NoJourney(sentence("lead-{lead} has no running journey.", lead=lead_id)) from None
        raise TemporalAway(
            sentence("Temporal did not answer ({status}): try again.", status=error.status.name)
        ) from None
