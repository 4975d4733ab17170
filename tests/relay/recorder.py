"""Workflows that only hear what the relay brings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from domain.contracts.journey import (
    JOURNEY_QUEUE,
    AwaitDisposition,
    JourneyState,
    Phase,
    wait_id,
)
from domain.contracts.tasks import TaskResult
from workflows.phase import JourneyPhase

NOBODY = "nobody"
"""A task queue that no worker serves."""


@workflow.defn
class Recorder(JourneyPhase):
    """A journey that keeps every notice it is given."""

    phase = Phase.NURTURE

    @workflow.init
    def __init__(self, state: JourneyState) -> None:
        super().__init__(state)

    @workflow.run
    async def run(self, _state: JourneyState) -> list[str]:
        """Wait for an operator's stop; the answer is the codes of all notices, in order."""
        await workflow.wait_condition(lambda: self.order is not None)
        return [event.code for event in self.state.inbox]


@dataclass(frozen=True)
class Wait:
    """A wait for a task that begins at once, or when told to; on a queue that may be nobody's."""

    task_id: int
    at_once: bool = True
    queue: str = JOURNEY_QUEUE


@workflow.defn
class Waiter:
    """Waits for one task, as a phase does."""

    @workflow.init
    def __init__(self, wait: Wait) -> None:
        self.begun = wait.at_once

    @workflow.signal
    def begin(self) -> None:
        """Start to wait."""
        self.begun = True

    @workflow.run
    async def run(self, wait: Wait) -> TaskResult:
        """Wait for the person; the answer is what the person said."""
        await workflow.wait_condition(lambda: self.begun)
        answer: TaskResult = await workflow.execute_activity(
            "await_disposition",
            AwaitDisposition(wait.task_id),
            result_type=TaskResult,
            activity_id=wait_id(wait.task_id),
            task_queue=wait.queue,
            start_to_close_timeout=timedelta(minutes=10),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
        return answer
