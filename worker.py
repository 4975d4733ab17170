"""The worker: runs journeys, activities and the relay until it is told to stop.

Start as many as the work needs; each takes what the others leave.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

import settings as settings_module
from activities.channels.registry import channel_from
from activities.failures import DiscreetFailures
from activities.heartbeats import Heartbeats
from activities.links import link_signer
from activities.registry import email_activities, journey_activities, webhook_activities
from activities.resources import Resources
from cli.connect import addresses, reach_database, reach_temporal
from cli.errors import UserError, stderr
from domain.desk import DESK_ID, DESK_WORKFLOW, DeskState
from domain.journey import EMAIL_QUEUE, JOURNEY_QUEUE
from domain.webhooks import WEBHOOK_QUEUE
from relay import Relay
from settings import Settings
from store.engine import engine
from store.migrate import SchemaMismatch, require_current
from workflows.registry import WORKFLOWS

log = structlog.get_logger()


def workflow_runner() -> SandboxedWorkflowRunner:
    """The sandbox, with our pure modules passed through: they are imported once, not per
    workflow, and hold no state."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules("domain")
    )


def workers(
    client: Client, resources: Resources, settings: Settings
) -> tuple[Worker, Worker, Worker]:
    """One worker per task queue: journeys with everything quick, e-mail, and webhooks.

    Temporal holds the send rate over all workers of the e-mail queue.
    """
    concurrency = settings.worker_concurrency
    shutdown = timedelta(seconds=settings.worker_shutdown_seconds)
    journeys = Worker(
        client,
        task_queue=JOURNEY_QUEUE,
        workflows=WORKFLOWS,
        activities=journey_activities(resources),
        activity_executor=ThreadPoolExecutor(concurrency),
        max_concurrent_activities=concurrency,
        interceptors=[Heartbeats(), DiscreetFailures()],
        workflow_runner=workflow_runner(),
        graceful_shutdown_timeout=shutdown,
    )
    email = Worker(
        client,
        task_queue=EMAIL_QUEUE,
        activities=email_activities(resources),
        activity_executor=ThreadPoolExecutor(concurrency),
        max_concurrent_activities=concurrency,
        interceptors=[Heartbeats(), DiscreetFailures()],
        max_task_queue_activities_per_second=settings.send_rate_per_second,
        graceful_shutdown_timeout=shutdown,
    )
    webhooks = Worker(
        client,
        task_queue=WEBHOOK_QUEUE,
        activities=webhook_activities(resources),
        activity_executor=ThreadPoolExecutor(concurrency),
        max_concurrent_activities=concurrency,
        interceptors=[Heartbeats(), DiscreetFailures()],
        graceful_shutdown_timeout=shutdown,
    )
    return journeys, email, webhooks


async def start_desk(client: Client) -> None:
    """See to it that the desk runs; there is one for all workers."""
    await client.start_workflow(
        DESK_WORKFLOW,
        DeskState(),
        id=DESK_ID,
        task_queue=JOURNEY_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary="Absences, the overflow queue, due times",
    )


async def run(settings: Settings) -> None:
    """Work until SIGINT or SIGTERM, then finish what is in hand and return.

    Raises:
        UserError: a server cannot be reached.
        SchemaMismatch: the database is not at the schema this code knows.
    """
    where = addresses(settings)
    reach_database(where.database_url)
    require_current(where.database_url)
    client = await reach_temporal(settings, where.temporal_address)
    # Every activity thread may hold a connection, and a few more look up what is cached later.
    database = engine(where.database_url, pool_size=3 * settings.worker_concurrency + 4)
    resources = Resources(
        database, channel_from(settings, database), link_signer(settings), settings
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    relay = Relay(database, client)
    journeys, email, webhooks = workers(client, resources, settings)
    # Before the relay, which may have news for it.
    await start_desk(client)
    relaying = asyncio.create_task(relay.run())
    async with journeys, email, webhooks:
        log.info("worker is running", channel=resources.channel.name)
        await stop.wait()
        log.info("worker is shutting down", seconds=settings.worker_shutdown_seconds)
        relay.stop()
    await relaying
    log.info("worker has stopped")


def main() -> int:
    """Run the worker.

    Returns:
        Exit code: 0 after a clean stop, 2 when it cannot run (the reason is on stderr).
    """
    try:
        asyncio.run(run(settings_module.get()))
    except (SchemaMismatch, UserError, ValueError) as refusal:
        stderr.print(str(refusal), markup=False)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
