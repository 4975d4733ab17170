"""A human task activity: open it, wait for the person, close it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from temporalio import exceptions, workflow
from temporalio.common import RetryPolicy

from domain.contracts.journey import (
    AwaitDisposition,
    CloseTask,
    OpenedTask,
    TaskRequest,
    wait_id,
)
from domain.contracts.journey_sales import EnforcePromises
from domain.contracts.tasks import TaskResult, Undone
from domain.contracts.waits import Wait
from workflows import activity_stubs

Waiting = workflow.ActivityHandle[TaskResult]


@dataclass(frozen=True)
class Interrupted:
    """The task was withdrawn with so many real seconds left until its deadline."""

    seconds_left: float


@dataclass
class SlaWatch:
    """The SLA timer beside a task: when its promises are looked at next."""

    next_look: datetime | None
    changed: Callable[[], bool]
    """Whether the promises have changed since they were looked at."""
    looked: Callable[[], None]
    """Told that they are being looked at."""

    def due(self) -> bool:
        """Whether to look now."""
        if self.next_look is None:
            return False
        return self.changed() or workflow.now() >= self.next_look

    async def look(self, task_id: int) -> None:
        """Do what the promises about a task demand now, and set the timer anew."""
        self.looked()
        found = await activity_stubs.enforce_promises(EnforcePromises(task_id))
        self.next_look = _in(found.seconds)


async def perform(
    request: TaskRequest,
    *,
    interrupted: Callable[[], bool],
    set_details: Callable[[Wait], None],
    changed: Callable[[], bool] = lambda: False,
    looked: Callable[[], None] = lambda: None,
) -> TaskResult | Interrupted:
    """Open the task and wait until a person is done, the deadline passes, or ``interrupted``.

    Its promises are looked at when they are due, and when they have ``changed``; then ``looked``
    is called. Conditions are asked often and must change nothing.

    Returns:
        What the person made of it; ``expired`` when the deadline passed; ``withdrawn`` when it was
        not wanted any more; an :class:`Interrupted`
        when the work was interrupted and the task withdrawn.
    """
    opened = await activity_stubs.open_task(request)
    if not opened.task_id:
        return TaskResult(0, Undone.WITHDRAWN)
    set_details(opened.wait)
    deadline = workflow.now() + timedelta(seconds=opened.deadline_seconds)
    watch = SlaWatch(_in(opened.watch_seconds), changed, looked)
    while True:
        waiting = _start_waiting(request, opened, deadline)
        while await _waited(waiting, interrupted, watch) == "watch":
            await watch.look(opened.task_id)
        if not waiting.done():
            waiting.cancel()
            waiting.add_done_callback(_forget)
            left = (deadline - workflow.now()).total_seconds()
            closed = await activity_stubs.close_task(CloseTask(opened.task_id, Undone.WITHDRAWN))
            withdrawn = closed.disposition == Undone.WITHDRAWN
            return Interrupted(max(left, 1.0)) if withdrawn else closed
        result = await _result(waiting)
        if result == Undone.EXPIRED:
            return await activity_stubs.close_task(CloseTask(opened.task_id, Undone.EXPIRED))
        if result is not None:
            return result
        await workflow.sleep(5, summary="Wait again for the person")


def _start_waiting(request: TaskRequest, opened: OpenedTask, deadline: datetime) -> Waiting:
    return workflow.start_activity(
        "await_disposition",
        AwaitDisposition(opened.task_id),
        result_type=TaskResult,
        activity_id=wait_id(opened.task_id),
        start_to_close_timeout=max(deadline - workflow.now(), timedelta(milliseconds=1)),
        retry_policy=RetryPolicy(maximum_attempts=1),
        cancellation_type=workflow.ActivityCancellationType.TRY_CANCEL,
        summary=f"Waiting for a person: {request.kind} task {opened.task_id}",
    )


async def _waited(
    waiting: Waiting, interrupted: Callable[[], bool], watch: SlaWatch
) -> Literal["person", "interruption", "watch"]:
    """What ended the wait."""
    left = watch.next_look - workflow.now() if watch.next_look else None
    with contextlib.suppress(TimeoutError):
        await workflow.wait_condition(
            lambda: waiting.done() or interrupted() or watch.due(),
            timeout=left,
            timeout_summary="Look at the promises about this task",
        )
    if waiting.done():
        return "person"
    return "interruption" if interrupted() else "watch"


def _in(seconds: float) -> datetime | None:
    """The instant so many real seconds from now; None for 0."""
    return workflow.now() + timedelta(seconds=seconds) if seconds else None


def _forget(waiting: Waiting) -> None:
    """Look at how a withdrawn wait ended, or the event loop complains that nobody did."""
    if not waiting.cancelled():
        waiting.exception()


async def _result(waiting: Waiting) -> TaskResult | Literal[Undone.EXPIRED] | None:
    """What the person made of it; None when the wait itself broke (a database that was down): the
    task is still there to do."""
    try:
        return await waiting
    except exceptions.ActivityError as error:
        if isinstance(error.cause, exceptions.TimeoutError):
            return Undone.EXPIRED
        if exceptions.is_cancelled_exception(error):
            raise
        return None
