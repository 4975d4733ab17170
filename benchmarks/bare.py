"""The yardstick: a workflow that only sleeps and calls an activity that does nothing."""

from __future__ import annotations

from datetime import timedelta

from temporalio import activity, workflow

from domain.contracts.journey import EMAIL_QUEUE

BARE_WORKFLOW = "Bare"


@activity.defn
def nothing(step: int) -> int:
    """Do nothing."""
    return step


@workflow.defn(name=BARE_WORKFLOW)
class Bare:
    """As many timers and activities as a journey has touches."""

    @workflow.run
    async def run(self, steps: int, seconds: float) -> None:
        """Sleep and call, ``steps`` times; each sleep takes ``seconds``."""
        for step in range(steps):
            if step:
                await workflow.sleep(seconds)
            await workflow.execute_activity(
                nothing,
                step,
                task_queue=EMAIL_QUEUE,
                start_to_close_timeout=timedelta(seconds=30),
            )
