"""A human task activity: open it, wait for the person, close it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio import exceptions, workflow
from temporalio.common import RetryPolicy

from domain.journey import Disposition, OpenedTask, TaskRequest, wait_id
from workflows import steps

WITHDRAWN = "withdrawn"
EXPIRED = "expired"
"""The disposition of a task nobody did before its deadline."""
BROKEN = "broken"

Waiting = workflow.ActivityHandle[Disposition]


@dataclass(frozen=True)
class Interrupted:
    """The task was withdrawn with so many real seconds left until its deadline."""

    seconds_left: float


async def perform(
    request: TaskRequest, interrupted: Callable[[], bool], tell: Callable[[str], None]
) -> Disposition | Interrupted:
    """Open the task and wait until a person is done, the deadline passes, or ``interrupted``.

    Returns:
        The person's disposition; one with code ``expired`` when the deadline passed; an
        :class:`Interrupted` when the work was interrupted and the task withdrawn.
    """
    opened = await steps.open_task(request)
    tell(opened.details)
    deadline = workflow.now() + timedelta(seconds=opened.deadline_seconds)
    while True:
        waiting = _start_waiting(request, opened, deadline)
        if not await _finished(waiting, interrupted):
            waiting.cancel()
            waiting.add_done_callback(_forget)
            left = (deadline - workflow.now()).total_seconds()
            closed = await steps.close_task(opened.task_id, WITHDRAWN)
            return Interrupted(max(left, 1.0)) if closed.code == WITHDRAWN else closed
        answer = await _answer(waiting)
        if answer.code == EXPIRED:
            return await steps.close_task(opened.task_id, EXPIRED)
        if answer.code != BROKEN:
            return answer
        await workflow.sleep(5, summary="Wait again for the person")


def _start_waiting(request: TaskRequest, opened: OpenedTask, deadline: datetime) -> Waiting:
    return workflow.start_activity(
        "await_disposition",
        opened.task_id,
        result_type=Disposition,
        activity_id=wait_id(opened.task_id),
        start_to_close_timeout=max(deadline - workflow.now(), timedelta(milliseconds=1)),
        retry_policy=RetryPolicy(maximum_attempts=1),
        cancellation_type=workflow.ActivityCancellationType.TRY_CANCEL,
        summary=f"Waiting for a person: {request.kind} task {opened.task_id}",
    )


async def _finished(waiting: Waiting, interrupted: Callable[[], bool]) -> bool:
    await workflow.wait_condition(lambda: waiting.done() or interrupted())
    return waiting.done()


def _forget(waiting: Waiting) -> None:
    """Look at how a withdrawn wait ended, or the event loop complains that nobody did."""
    if not waiting.cancelled():
        waiting.exception()


async def _answer(waiting: Waiting) -> Disposition:
    try:
        return await waiting
    except exceptions.ActivityError as error:
        if isinstance(error.cause, exceptions.TimeoutError):
            return Disposition(0, EXPIRED)
        if exceptions.is_cancelled_exception(error):
            raise
        # The wait itself broke (a database that was down): the task is still there to do.
        return Disposition(0, BROKEN)
