"""The relay: brings what the database decided to Temporal, until Temporal has accepted it; and
releases the answers of people that can't be taken back any more.

Runs inside every worker. Any number of relays share the work (SKIP LOCKED); messages of one
workflow go in the order they were written, those of different workflows side by side.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal

import psycopg2
import structlog
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT
from sqlalchemy import Engine, text
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHistory
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.journey import (
    JOURNEY_QUEUE,
    OPPORTUNITY_WORKFLOW,
    STAGE_OF_PHASE,
    JourneyState,
    Notice,
    OpportunityState,
    Phase,
    wait_id,
)
from domain.rescoring import RESCORE_WORKFLOW, RescoreRequest
from domain.webhooks import WEBHOOK_WORKFLOW
from store import erasure, held_answers, relay_messages, tasks
from workflows.journey import search_attributes
from workflows.steering import end_at_once

log = structlog.get_logger()

BATCH = 50
IDLE_SECONDS = 1.0
"""How long a relay sleeps when no notification wakes it: what is due later is found by then."""
LONGEST_BACKOFF_SECONDS = 60
LONGEST_CALL = timedelta(seconds=10)
"""One slow message must not hold up the batch it is delivered with."""

# The oldest message of each workflow that is due; a younger one waits for it.
_CLAIM = text(
    """
    SELECT id, workflow_id, kind, name, payload, attempts FROM relay_message AS message
    WHERE outcome = '' AND not_before <= now()
        AND NOT EXISTS (
            SELECT 1 FROM relay_message AS older
            WHERE older.workflow_id = message.workflow_id AND older.outcome = ''
                AND older.id < message.id
        )
    ORDER BY id LIMIT :batch
    FOR UPDATE SKIP LOCKED
    """
)
_DONE = text(
    "UPDATE relay_message SET outcome = :outcome, error = :error, attempts = attempts + 1, "
    "delivered_at = now() WHERE id = :id"
)
_LATER = text(
    "UPDATE relay_message SET attempts = attempts + 1, error = :error, "
    "not_before = now() + make_interval(secs => :delay) WHERE id = :id"
)


@dataclass(frozen=True)
class Delivery:
    """What became of one message."""

    outcome: Literal["delivered", "undeliverable", "retry"]
    error: str = ""


class Relay:
    """Delivers relay messages until told to stop."""

    def __init__(self, engine: Engine, client: Client) -> None:
        self._engine = engine
        self._client = client
        self._stopping = asyncio.Event()
        self._listener: Any = None

    async def run(self) -> None:
        """Release and deliver until :meth:`stop`; survives a database or Temporal that is away."""
        while not self._stopping.is_set():
            try:
                await asyncio.to_thread(held_answers.release_due, self._engine)
                if await self.deliver_due() == 0:
                    await asyncio.to_thread(self._wait_for_news)
            except Exception as error:
                log.warning("relay is waiting for a server", error=type(error).__name__)
                await asyncio.sleep(IDLE_SECONDS)

    def stop(self) -> None:
        """Let :meth:`run` end after the batch in hand."""
        self._stopping.set()

    async def deliver_due(self) -> int:
        """Deliver one batch of due messages.

        Returns:
            How many it looked at.
        """
        connection = await asyncio.to_thread(self._engine.connect)
        try:
            rows = await asyncio.to_thread(
                lambda: connection.execute(_CLAIM, {"batch": BATCH}).all()
            )
            deliveries = await asyncio.gather(*(self._deliver(row) for row in rows))
            await asyncio.to_thread(self._record, connection, rows, deliveries)
            return len(rows)
        finally:
            await asyncio.to_thread(connection.close)

    def _record(self, connection: Any, rows: Any, deliveries: list[Delivery]) -> None:
        for row, delivery in zip(rows, deliveries, strict=True):
            if delivery.outcome == "retry":
                delay = min(2**row.attempts, LONGEST_BACKOFF_SECONDS)
                connection.execute(_LATER, {"id": row.id, "error": delivery.error, "delay": delay})
            else:
                connection.execute(
                    _DONE,
                    {"id": row.id, "outcome": delivery.outcome, "error": delivery.error},
                )
        connection.commit()

    def _wait_for_news(self) -> None:
        """Sleep until a message is posted, at most IDLE_SECONDS."""
        try:
            if self._listener is None:
                pooled = self._engine.raw_connection()
                self._listener = pooled.driver_connection
                pooled.detach()
                self._listener.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
                self._listener.cursor().execute(f"LISTEN {relay_messages.CHANNEL}")
            select.select([self._listener], [], [], IDLE_SECONDS)
            self._listener.poll()
            self._listener.notifies.clear()
        except psycopg2.Error:
            self._listener = None
            raise

    async def _deliver(self, row: Any) -> Delivery:
        try:
            match row.kind:
                case "start":
                    return await self._start(row, WorkflowIDReusePolicy.REJECT_DUPLICATE)
                case "start_again":
                    return await self._start(row, WorkflowIDReusePolicy.ALLOW_DUPLICATE)
                case "rescore":
                    return await self._rescore(row)
                case "webhook":
                    return await self._webhook(row)
                case "opportunity":
                    return await self._opportunity(row)
                case "signal":
                    return await self._signal(row)
                case "complete_task":
                    return await self._complete_task(row)
                case "erase":
                    return await self._erase(row)
                case kind:
                    return Delivery("undeliverable", f"unknown kind {kind}")
        except Exception as error:
            # Whatever is wrong with one message, those of other journeys must not wait for it.
            reason = error.status.name if isinstance(error, RPCError) else type(error).__name__
            log.info("relay will retry", message_id=row.id, reason=reason)
            return Delivery("retry", reason)

    async def _start(self, row: Any, reuse: WorkflowIDReusePolicy) -> Delivery:
        state = JourneyState(
            **{"reason": "new", "stage": STAGE_OF_PHASE[Phase(row.name)], **row.payload}
        )
        with contextlib.suppress(WorkflowAlreadyStartedError):
            await self._client.start_workflow(
                row.name,
                state,
                id=row.workflow_id,
                task_queue=JOURNEY_QUEUE,
                id_reuse_policy=reuse,
                rpc_timeout=LONGEST_CALL,
                search_attributes=search_attributes(state),
                static_summary=f"Journey of lead {state.lead_id}",
            )
        return Delivery("delivered")

    async def _rescore(self, row: Any) -> Delivery:
        run_id = row.payload["run_id"]
        with contextlib.suppress(WorkflowAlreadyStartedError):
            await self._client.start_workflow(
                RESCORE_WORKFLOW,
                RescoreRequest(run_id),
                id=row.workflow_id,
                task_queue=JOURNEY_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                rpc_timeout=LONGEST_CALL,
                static_summary=f"Scoring run {run_id}: all leads by new rules",
            )
        return Delivery("delivered")

    async def _webhook(self, row: Any) -> Delivery:
        delivery_id = row.payload["delivery_id"]
        await self._client.start_workflow(
            WEBHOOK_WORKFLOW,
            delivery_id,
            id=row.workflow_id,
            task_queue=JOURNEY_QUEUE,
            # One that waits for its next attempt tries now.
            start_signal="send",
            rpc_timeout=LONGEST_CALL,
            static_summary=f"Webhook delivery {delivery_id}",
        )
        return Delivery("delivered")

    async def _opportunity(self, row: Any) -> Delivery:
        state = OpportunityState(**row.payload)
        with contextlib.suppress(WorkflowAlreadyStartedError):
            await self._client.start_workflow(
                OPPORTUNITY_WORKFLOW,
                state,
                id=row.workflow_id,
                task_queue=JOURNEY_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                rpc_timeout=LONGEST_CALL,
                static_summary=f"Sale to lead {state.lead_id}",
            )
        return Delivery("delivered")

    async def _signal(self, row: Any) -> Delivery:
        try:
            await self._client.get_workflow_handle(row.workflow_id).signal(
                row.name,
                replace(Notice(**row.payload), message=row.id),
                rpc_timeout=LONGEST_CALL,
            )
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return Delivery("undeliverable", "the journey has ended or never began")
            raise
        return Delivery("delivered")

    async def _complete_task(self, row: Any) -> Delivery:
        task_id = row.payload["task_id"]
        wait = await asyncio.to_thread(self._wait_of, task_id)
        if wait.consumed:
            return Delivery("delivered")
        handle = self._client.get_async_activity_handle(
            workflow_id=wait.workflow_id, run_id=wait.run_id, activity_id=wait_id(task_id)
        )
        try:
            await handle.complete(wait.disposition, rpc_timeout=LONGEST_CALL)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            return await self._without_wait(task_id, wait)
        return Delivery("delivered")

    async def _erase(self, row: Any) -> Delivery:
        lead_id = row.payload["lead_id"]
        running = await asyncio.to_thread(self._workflows_of, lead_id)
        await end_at_once(self._client, running, "The person was erased.", LONGEST_CALL)
        await asyncio.to_thread(self._clear_again, lead_id, row.payload["last"])
        return Delivery("delivered")

    async def _without_wait(self, task_id: int, wait: tasks.Wait) -> Delivery:
        """What to do with a disposition that no activity waits for now."""
        run = self._client.get_workflow_handle(wait.workflow_id, run_id=wait.run_id)
        running = completed = False
        try:
            running = (await run.describe()).status == WorkflowExecutionStatus.RUNNING
            completed = was_completed(await run.fetch_history(), wait_id(task_id))
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
        if completed:
            return Delivery("delivered")  # By a relay that died before it noted so.
        if running:
            # The wait has yet to begin, or begins again; the journey looks at the row then.
            return Delivery("retry", "the journey does not wait for it now")
        if await asyncio.to_thread(self._mark_late, task_id):
            return Delivery("undeliverable", "the journey had gone on")
        return Delivery("delivered")

    def _workflows_of(self, lead_id: int) -> list[str]:
        with self._engine.connect() as connection:
            return erasure.workflows_of(connection, lead_id)

    def _clear_again(self, lead_id: int, last: bool) -> None:
        with self._engine.begin() as connection:
            erasure.clear_again(connection, lead_id, last=last)

    def _wait_of(self, task_id: int) -> tasks.Wait:
        with self._engine.connect() as connection:
            return tasks.wait_of(connection, task_id)

    def _mark_late(self, task_id: int) -> bool:
        with self._engine.begin() as connection:
            return tasks.mark_late(connection, task_id)


def was_completed(history: WorkflowHistory, activity_id: str) -> bool:
    """Whether the activity with this id has been completed in the run of ``history``."""
    waits = {
        event.event_id
        for event in history.events
        if event.activity_task_scheduled_event_attributes.activity_id == activity_id
    }
    return any(
        event.activity_task_completed_event_attributes.scheduled_event_id in waits
        for event in history.events
    )
