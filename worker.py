"""The worker: runs journeys, activities and the relay until it is told to stop, in one process for
each core.

Start as many as the work needs; each takes what the others leave.
"""

from __future__ import annotations

import gc

# What is imported stays: to look through it for garbage again and again costs up to a fifth of
# the start.
gc.disable()

import asyncio
import faulthandler
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError
from temporalio.worker import Interceptor, UnsandboxedWorkflowRunner, Worker

import settings as settings_module
import tracing
from activities.busy_calendars import BusyCalendars
from activities.cadence_changes import CadenceChanges
from activities.enrollment_runs import EnrollmentRuns
from activities.failing import CountsFailing
from activities.failures import DiscreetFailures
from activities.fresh_figures import FreshFigures
from activities.fresh_segments import FreshSegments
from activities.heartbeats import Heartbeats, hear_database
from activities.registry import email_activities, journey_activities, webhook_activities
from activities.resources import Resources
from activities.sender_guard import SenderGuard
from code_version import code_version
from crash_points import crash_point
from domain.contracts.journey import EMAIL_QUEUE, JOURNEY_QUEUE
from domain.contracts.sales_sweep import SALES_SWEEP, SALES_SWEEP_ID, SalesSweepState
from domain.contracts.webhooks import WEBHOOK_QUEUE
from domain.not_ready import NotReady
from logs import keep_values_out_of_logs
from mail.channels.registry import channel_from
from mail.links import link_signer
from metrics import Merged, MetricsRefused, free_address
from metrics import serve as serve_metrics
from runtime import addresses, once_database_answers
from settings import Settings
from store.engine import engine
from store.migrate import require_current
from store.scoring.event_months import kept_beyond
from supervision import STOP_SIGNALS, supervise
from temporal.connect import reach_temporal
from temporal.relay import Relay
from temporal.schedules import see_to_daily_figures
from temporal.telemetry import serve_sdk_metrics
from workflows.registry import WORKFLOWS

gc.enable()

LAST_SECONDS = 5.0
"""What a worker that finishes its touches in time may still take to end."""

BEAT_SECONDS = 5.0
"""Between two marks of the beat file."""
LATE_BEAT_SECONDS = 20.0
"""A process that was silent for so long is frozen or hangs."""
BEATS_APART = timedelta(seconds=2)
"""At least; without it the client keeps heartbeats back until 80% of their time-out are over."""
UNTIL_OTHERS_MAY = timedelta(seconds=5)
"""How long a journey waits for the worker that has it in memory."""

log = structlog.get_logger()


def interceptors(resources: Resources) -> list[Interceptor]:
    """What every activity goes through, the outermost first."""
    return [Heartbeats(), CountsFailing(resources.engine), DiscreetFailures()]


def workers(
    client: Client, resources: Resources, settings: Settings
) -> tuple[Worker, Worker, Worker]:
    """One worker per task queue: journeys with everything quick, e-mail that has to wait, and
    webhooks."""
    concurrency = settings.worker_concurrency
    worker = partial(
        Worker,
        client,
        max_concurrent_activities=concurrency,
        interceptors=interceptors(resources),
        max_heartbeat_throttle_interval=BEATS_APART,
        build_id=code_version(),
        graceful_shutdown_timeout=timedelta(seconds=settings.worker_shutdown_seconds),
    )
    journeys = worker(
        task_queue=JOURNEY_QUEUE,
        workflows=WORKFLOWS,
        activities=journey_activities(resources),
        # Steps within workflow tasks take no thread from the other activities.
        max_concurrent_local_activities=concurrency,
        activity_executor=ThreadPoolExecutor(2 * concurrency),
        sticky_queue_schedule_to_start_timeout=UNTIL_OTHERS_MAY,
        # Tests run them in the sandbox: there it is seen to that they are deterministic.
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    email = worker(
        task_queue=EMAIL_QUEUE,
        activities=email_activities(resources),
        activity_executor=ThreadPoolExecutor(concurrency),
        max_task_queue_activities_per_second=settings.send_rate_per_second,
    )
    webhooks = worker(
        task_queue=WEBHOOK_QUEUE,
        activities=webhook_activities(resources),
        activity_executor=ThreadPoolExecutor(concurrency),
    )
    return journeys, email, webhooks


async def start_sales_sweep(client: Client) -> None:
    """See to it that the sales sweep runs; there is one for all workers."""
    await client.start_workflow(
        SALES_SWEEP,
        SalesSweepState(),
        id=SALES_SWEEP_ID,
        task_queue=JOURNEY_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary="Absences, the unassigned queue, due times",
    )


async def run(settings: Settings, stopping: Stopping) -> None:
    """Work until told to stop, then finish what is in hand and return.

    A server that is away is waited for, at the start too.

    Raises:
        Unreachable: it is not said where the servers are.
        SchemaMismatch: the database is not at the schema this code knows.
    """
    where = addresses(settings)
    once_database_answers(where.database_url, partial(require_current, where.database_url))
    # Every activity thread may hold a connection of one of two kinds, and a few more look up what
    # is cached later.
    database = engine(where.database_url, pool_size=3 * settings.worker_concurrency // 2 + 2)
    once_database_answers(where.database_url, partial(_warn_of_kept_events, database, settings))
    client = await reach_temporal(settings, where.temporal_address, seconds=None)
    resources = Resources(
        database, channel_from(settings, database), link_signer(settings), settings
    )
    hear_database(database)
    hear_database(resources.statements)
    relay = Relay(database, client)
    # Before the relay, which may have news for it.
    await _see_to(partial(start_sales_sweep, client))
    await _see_to(partial(see_to_daily_figures, client, settings))
    told = stopping.listen()
    crash_point("worker.connected")
    ours = workers(client, resources, settings)
    running = [asyncio.create_task(one.run()) for one in ours]
    relaying = asyncio.create_task(relay.run())
    log.info("worker is running", channel=resources.channel.name)
    crash_point("worker.started")
    beside = [
        asyncio.create_task(beat(settings.worker_beat_file)),
        asyncio.create_task(BusyCalendars(resources).run()),
        asyncio.create_task(FreshFigures(resources).run()),
        asyncio.create_task(FreshSegments(resources).run()),
        asyncio.create_task(SenderGuard(resources).run()),
        asyncio.create_task(EnrollmentRuns(resources).run()),
        asyncio.create_task(CadenceChanges(resources).run()),
    ]
    await asyncio.wait([told, *running], return_when=asyncio.FIRST_COMPLETED)
    log.info("worker is shutting down", seconds=settings.worker_shutdown_seconds)
    relay.stop()
    await asyncio.gather(*(one.shutdown() for one in ours))
    await asyncio.gather(relaying, *running)
    for task in beside:
        task.cancel()
    log.info("worker has stopped")


def _warn_of_kept_events(database: Engine, settings: Settings) -> None:
    """No reason to stop: policies are published long before a worker starts again."""
    with database.connect() as connection:
        kept = kept_beyond(connection, settings.event_retention_months)
    if kept:
        log.warning(
            "events are kept for longer than EVENT_RETENTION_MONTHS: policies need them",
            setting=settings.event_retention_months,
            months=kept,
        )


async def beat(file: Path | None) -> None:
    """Touch the file for as long as this process gets on: who finds it old looks at a worker that
    is frozen or hangs, whatever the other workers do."""
    while file is not None:
        with suppress(OSError):  # A full disk for a moment is no reason to be silent for ever.
            await asyncio.to_thread(file.touch)
        await asyncio.sleep(BEAT_SECONDS)


async def _see_to(start: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            return await start()
        except RPCError as error:
            log.warning("worker is waiting for Temporal", reason=error.status.name)
            await asyncio.sleep(1)


class Stopping:
    """SIGTERM and Ctrl-C, heard by a thread of their own, whatever the rest of the process does.

    Make it before any other thread: they must not take the signals. From the first signal on the
    process has so many ``seconds`` to end by itself; then it is ended, with a line on stderr for
    each thread that says where it hung.
    """

    def __init__(self, seconds: float) -> None:
        self.told = False
        """Whether the process was told to stop."""
        self._seconds = seconds
        self._tell: Callable[[], object] | None = None
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        threading.Thread(target=self._wait, name="signals", daemon=True).start()

    def listen(self) -> asyncio.Future[None]:
        """A future of the running loop that is done when the process is told to stop. Until this
        is called nothing is in hand, and a signal ends the process at once."""
        loop = asyncio.get_running_loop()
        told: asyncio.Future[None] = loop.create_future()
        self._tell = lambda: loop.call_soon_threadsafe(told.set_result, None)
        return told

    def nothing_in_hand(self) -> None:
        """Have a signal end the process at once again, until :meth:`listen` is called."""
        self._tell = None

    def _wait(self) -> None:
        signal.sigwait(STOP_SIGNALS)
        self.told = True
        if self._tell is None:
            os._exit(0)
        faulthandler.dump_traceback_later(self._seconds, exit=True)
        self._tell()


def main() -> int:
    """Run the worker.

    Returns:
        Exit code: 0 after a clean stop, 2 when it cannot run (the reason is on stderr).
    """
    keep_values_out_of_logs()
    try:
        settings = settings_module.get()
        keep_values_out_of_logs(settings.log_format)
        processes = settings.processes()
    except NotReady as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 2
    if processes == 1:
        return work(settings)
    parts = [_part(settings, number, processes) for number in range(processes)]
    others = {
        part.metrics_address: str(number)
        for number, part in enumerate(parts)
        if number and part.metrics_address
    }
    gc.freeze()
    return supervise(
        lambda number: work(parts[number], str(number), {} if number else others),
        processes,
        stop_seconds=settings.worker_shutdown_seconds + 2 * LAST_SECONDS,
        look=lambda: _beat_for_all(settings.worker_beat_file, parts),
    )


def _part(settings: Settings, number: int, processes: int) -> Settings:
    """The settings of one of several processes: they share what the worker may do at once, and the
    first serves the metrics of all."""
    file, metrics = settings.worker_beat_file, settings.metrics_address
    return settings.model_copy(
        update={
            "worker_concurrency": max(2, -(-settings.worker_concurrency // processes)),
            "metrics_address": free_address() if metrics and number else metrics,
            "worker_beat_file": file and file.with_name(f"{file.name}.{number}"),
        }
    )


def _beat_for_all(file: Path | None, parts: list[Settings]) -> None:
    """Touch the worker's beat file while all its processes touch theirs."""
    beats = [part.worker_beat_file for part in parts if part.worker_beat_file]
    with suppress(OSError):  # One that has just begun has none yet.
        if file and min(beat.stat().st_mtime for beat in beats) > time.time() - LATE_BEAT_SECONDS:
            file.touch()


def _serve_metrics(address: str, process: str, others: Mapping[str, str]) -> None:
    """The first process serves those of all, and a worker without figures of the others goes on."""
    if not address:
        return
    try:
        serve_metrics(address, Merged(process, {serve_sdk_metrics(): process} | dict(others)))
    except MetricsRefused:
        if process in ("", "0"):
            raise
        log.warning("metrics of a process are missing", process=process)


def work(settings: Settings, process: str = "", others: Mapping[str, str] | None = None) -> int:
    """Run one process of the worker until it is told to stop; its exit code, as of :func:`main`.

    Args:
        process: its number; '' when it is the only one.
        others: where the metrics of the others are read (``host:port``) → their numbers.
    """
    stopping = Stopping(settings.worker_shutdown_seconds + LAST_SECONDS)
    try:
        _serve_metrics(settings.metrics_address, process, others or {})
        tracing.start("perennial-worker", settings.otel_exporter_otlp_endpoint)
        while not stopping.told:
            try:
                asyncio.run(run(settings, stopping))
            except RuntimeError as error:
                # The SDK looks at the namespace once more before it polls, and gives up.
                if not str(error).startswith("Worker validation failed"):
                    raise
                stopping.nothing_in_hand()
                log.warning("worker is waiting for Temporal", reason="it went away again")
    except (NotReady, ValueError) as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 2
    finally:
        tracing.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
