"""The yardstick: a worker whose workflows only sleep and call an activity that does nothing.

``python -m benchmarks.bare ADDRESS FILE`` runs it, in one process per core as our worker does; a
line of the file for each step done.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

BARE_WORKFLOW = "Bare"
BARE_QUEUE = "bare"


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
                "nothing", step, start_to_close_timeout=timedelta(seconds=30)
            )


async def serve(address: str, done: Path) -> None:
    """Run the loop until told to stop."""
    file = os.open(done, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    @activity.defn
    def nothing(step: int) -> int:
        """Do nothing but say that it was done."""
        os.write(file, f"{activity.info().workflow_id}\n".encode())
        return step

    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    worker = Worker(
        await Client.connect(address),
        task_queue=BARE_QUEUE,
        workflows=[Bare],
        activities=[nothing],
        activity_executor=ThreadPoolExecutor(16),
        max_concurrent_activities=16,
        workflow_runner=SandboxedWorkflowRunner(
            restrictions=SandboxRestrictions.default.with_passthrough_modules("benchmarks")
        ),
    )
    async with worker:
        await stopped.wait()


def work(_number: int) -> int:
    """One process of it."""
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2])))
    return 0


if __name__ == "__main__":
    from settings import Settings
    from supervision import supervise

    sys.exit(supervise(work, Settings().processes(), stop_seconds=10))
