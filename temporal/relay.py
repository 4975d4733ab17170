"""The relay: brings what the database decided to Temporal, until Temporal has accepted it; and
releases the dispositions that people can't undo any more.

Runs inside every worker. Any number of relays share the work by leases
(``store.outbox.relay_queue``); messages of one workflow go in the order they were written, those of
different workflows side by side.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import psycopg2
import structlog
from psycopg2 import extensions
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHistory
from temporalio.common import TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

import tracing
from crash_points import crash_point
from domain.contracts.confirmation import CONFIRMATION_WORKFLOW, AskToConfirm
from domain.contracts.journey import (
    JOURNEY_QUEUE,
    OPPORTUNITY_WORKFLOW,
    STAGE_OF_PHASE,
    JourneyEvent,
    JourneyState,
    OpportunityState,
    Phase,
    wait_id,
)
from domain.contracts.journey_sales import (
    SIDE_MEETING,
    STANDALONE_TASK,
    SideMeetingState,
    StandaloneTaskState,
)
from domain.contracts.notifications import (
    ESCALATION_WORKFLOW,
    NOTIFY_WORKFLOW,
    EscalateAlert,
    NotifyUser,
)
from domain.contracts.rescoring import RESCORE_WORKFLOW, RescoreRequest
from domain.contracts.search_attributes import search_attributes
from domain.contracts.webhooks import WEBHOOK_WORKFLOW
from domain.contracts.written_mail import WRITTEN_MAIL_WORKFLOW, SendWrittenMail
from metrics import RELAY_DELAY, RELAY_MESSAGES
from store.erasure import erasure
from store.matching import merged_journeys
from store.matching.merged_journeys import AGAIN
from store.outbox.relay_queue import (
    LEASE_SECONDS,
    Leased,
    RelayDelivery,
    hurry,
    lease_due,
    listen,
    settle,
)
from store.tasks import pending_dispositions, tasks
from temporal.steering import end_at_once

log = structlog.get_logger()

BATCH = 50
IDLE_SECONDS = 1.0
"""How long a relay sleeps when no notification wakes it: what is due later is found by then."""
PATIENCE_SECONDS = 0.5
"""How long the rest of a batch waits for its slowest message before it is recorded."""
LISTEN_SECONDS = 60.0
"""How long one connection listens: a dead one that sends no reset would stay silent for ever."""
LONGEST_BACKOFF_SECONDS = 60.0
SHORT_BACKOFF_SECONDS = 5.0
"""For a disposition whose wait has not begun: the person's lead waits for it."""
LONGEST_CALL = timedelta(seconds=10)
LONGEST_DELIVERY_SECONDS = 15.0
"""Shorter than a lease: what takes longer is tried again, by whichever relay comes first."""
PROBE_SECONDS = 2

RUNNING = WorkflowExecutionStatus.RUNNING
UNREACHABLE = ("UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "TimeoutError")
"""Reasons of a retry that are Temporal's, not the message's: over when Temporal is back."""


class Relay:
    """Delivers relay messages until told to stop."""

    def __init__(self, engine: Engine, client: Client) -> None:
        self._engine = engine
        self._client = client
        self._stopping = asyncio.Event()
        self._in_hand: dict[asyncio.Task[RelayDelivery], Leased] = {}
        self._held_back: set[str] = set()
        self._away = False
        self._listener: extensions.connection | None = None
        self._listening_since = 0.0

    async def run(self) -> None:
        """Release and deliver until :meth:`stop`; survives a database or Temporal that is away."""
        while not self._stopping.is_set():
            try:
                await asyncio.to_thread(pending_dispositions.release_due, self._engine)
                if self._away and not await self._temporal_is_back():
                    await asyncio.sleep(IDLE_SECONDS)
                elif await self.deliver_due(PATIENCE_SECONDS) == 0:
                    await asyncio.to_thread(self._wait_for_news)
            except Exception as error:
                log.warning("relay is waiting for a server", error=type(error).__name__)
                await asyncio.sleep(IDLE_SECONDS)
        with contextlib.suppress(SQLAlchemyError):  # Then the leases run out.
            await self._settle_delivered(None)

    def stop(self) -> None:
        """Let :meth:`run` end after the batch in hand."""
        self._stopping.set()

    async def deliver_due(self, patience: float | None = None) -> int:
        """Deliver one batch of due messages, and what is left of those before.

        Args:
            patience: how many seconds to wait for the slowest; without, until all are delivered.

        Returns:
            How many it has had in hand.
        """
        if room := BATCH - len(self._in_hand):
            # Counted from before it is given: this process may freeze in between.
            expires = time.time() + LEASE_SECONDS
            for message in await asyncio.to_thread(lease_due, self._engine, room):
                self._in_hand[asyncio.create_task(self._deliver(message, expires))] = message
        in_hand = len(self._in_hand)
        await self._settle_delivered(patience)
        return in_hand

    async def _settle_delivered(self, patience: float | None) -> None:
        """Record what has been delivered after ``patience`` seconds at the most."""
        if not self._in_hand:
            return
        done, _ = await asyncio.wait(self._in_hand, timeout=patience)
        settled = [(self._in_hand.pop(one), one.result()) for one in done]
        if settled:
            crash_point("relay.delivered")
            await asyncio.to_thread(settle, self._engine, settled)
            _count(settled)
            await self._note_trouble(settled)

    async def _note_trouble(self, settled: list[tuple[Leased, RelayDelivery]]) -> None:
        """Know when Temporal is away, and hurry what waited for it as soon as it is back."""
        stuck = {message.kind for message, said in settled if said.error in UNREACHABLE}
        moved = {message.kind for message, said in settled if said.outcome != "retry"}
        self._away = bool(stuck) and not moved
        if recovered := self._held_back & moved:
            await asyncio.to_thread(hurry, self._engine, recovered, UNREACHABLE)
        self._held_back = (self._held_back - moved) | stuck

    async def _temporal_is_back(self) -> bool:
        """Whether Temporal answers again; then everything that waited for it is due."""
        try:
            self._away = not await self._client.service_client.check_health(
                timeout=timedelta(seconds=PROBE_SECONDS)
            )
        except RPCError:
            return False
        if not self._away:
            log.info("Temporal answers again")
            await asyncio.to_thread(hurry, self._engine, self._held_back, UNREACHABLE)
        return not self._away

    def _wait_for_news(self) -> None:
        """Sleep until a message is posted, at most IDLE_SECONDS."""
        try:
            listener = self._listener
            if listener is None or time.monotonic() - self._listening_since > LISTEN_SECONDS:
                listener = self._listen()
            select.select([listener], [], [], IDLE_SECONDS)
            listener.poll()
            listener.notifies.clear()
        except (psycopg2.Error, SQLAlchemyError, ValueError):
            self._listening_since = 0.0
            raise

    def _listen(self) -> extensions.connection:
        if self._listener is not None:
            self._listener.close()
        self._listener = listen(self._engine)
        self._listening_since = time.monotonic()
        return self._listener

    async def _deliver(self, message: Leased, expires: float) -> RelayDelivery:
        if time.time() > expires:
            # This process was frozen; by now another relay has the message.
            return RelayDelivery("retry", "the lease was over")
        try:
            async with asyncio.timeout(LONGEST_DELIVERY_SECONDS):
                with tracing.span(f"relay {message.kind}", parent=message.traceparent):
                    return await self._bring(message)
        except Exception as error:
            # Whatever is wrong with one message, those of other journeys must not wait for it.
            reason = error.status.name if isinstance(error, RPCError) else type(error).__name__
            log.info("relay will retry", message_id=message.id, reason=reason)
            return RelayDelivery("retry", reason, _backoff(message.attempts))

    async def _bring(self, message: Leased) -> RelayDelivery:
        ways: dict[str, Callable[[Leased], Awaitable[RelayDelivery]]] = {
            "start": partial(self._start, reuse=WorkflowIDReusePolicy.REJECT_DUPLICATE),
            "start_again": partial(self._start, reuse=WorkflowIDReusePolicy.ALLOW_DUPLICATE),
            "rescore": self._rescore,
            "webhook": self._webhook,
            "opportunity": self._opportunity,
            "side_meeting": self._side_meeting,
            "standalone_task": self._standalone_task,
            "confirm": self._mail,
            "written_mail": self._mail,
            "notify": self._notify,
            "escalation": self._escalation,
            "signal": self._signal,
            "complete_task": self._complete_task,
            "erase": self._end,
            "merge": self._end,
        }
        bring = ways.get(message.kind)
        if bring is None:
            return RelayDelivery("undeliverable", f"unknown kind {message.kind}")
        return await bring(message)

    async def _start(self, message: Leased, reuse: WorkflowIDReusePolicy) -> RelayDelivery:
        state = JourneyState(
            **{"reason": "new", "stage": STAGE_OF_PHASE[Phase(message.name)], **message.payload}
        )
        return await self._start_once(
            message,
            message.name,
            state,
            f"Journey of lead {state.lead_id}",
            id_reuse_policy=reuse,
            search_attributes=search_attributes(state),
        )

    async def _rescore(self, message: Leased) -> RelayDelivery:
        request = RescoreRequest(**message.payload)
        summary = f"Scoring run {request.run_id}: all leads by new rules"
        return await self._start_once(message, RESCORE_WORKFLOW, request, summary)

    async def _opportunity(self, message: Leased) -> RelayDelivery:
        state = OpportunityState(**message.payload)
        summary = f"Opportunity with lead {state.lead_id}"
        reuse = (
            WorkflowIDReusePolicy.ALLOW_DUPLICATE
            if message.name == AGAIN
            else WorkflowIDReusePolicy.REJECT_DUPLICATE
        )
        return await self._start_once(
            message, OPPORTUNITY_WORKFLOW, state, summary, id_reuse_policy=reuse
        )

    async def _side_meeting(self, message: Leased) -> RelayDelivery:
        state = SideMeetingState(**message.payload)
        summary = f"Meeting {state.meeting_id} of lead {state.lead_id}, beside its journey"
        # One that ended may have to be seen through again: it was set anew, or taken back.
        anew = WorkflowIDReusePolicy.ALLOW_DUPLICATE
        return await self._start_once(message, SIDE_MEETING, state, summary, id_reuse_policy=anew)

    async def _standalone_task(self, message: Leased) -> RelayDelivery:
        state = StandaloneTaskState(**message.payload)
        summary = f"{state.kind} task, lead {state.lead_id}"
        return await self._start_once(message, STANDALONE_TASK, state, summary)

    async def _mail(self, message: Leased) -> RelayDelivery:
        """Start what sends one mail outside any cadence."""
        if message.kind == "confirm":
            asked = AskToConfirm(**message.payload)
            summary = f"Ask lead {asked.lead_id} to confirm its address"
            return await self._start_once(message, CONFIRMATION_WORKFLOW, asked, summary)
        mail = SendWrittenMail(**message.payload)
        summary = f"Mail {mail.mail_id} to lead {mail.lead_id}, written by hand"
        return await self._start_once(message, WRITTEN_MAIL_WORKFLOW, mail, summary)

    async def _start_once(
        self,
        message: Leased,
        workflow: str,
        argument: object,
        summary: str,
        *,
        id_reuse_policy: WorkflowIDReusePolicy = WorkflowIDReusePolicy.REJECT_DUPLICATE,
        search_attributes: TypedSearchAttributes | None = None,
    ) -> RelayDelivery:
        """Start a workflow; one of its id that runs, or that has ended and is not to be started
        again, is this one, delivered before."""
        with contextlib.suppress(WorkflowAlreadyStartedError):
            await self._client.start_workflow(
                workflow,
                argument,
                id=message.workflow_id,
                task_queue=JOURNEY_QUEUE,
                id_reuse_policy=id_reuse_policy,
                rpc_timeout=LONGEST_CALL,
                search_attributes=search_attributes,
                static_summary=summary,
            )
        return RelayDelivery("delivered")

    async def _webhook(self, message: Leased) -> RelayDelivery:
        delivery_id = message.payload["delivery_id"]
        await self._client.start_workflow(
            WEBHOOK_WORKFLOW,
            delivery_id,
            id=message.workflow_id,
            task_queue=JOURNEY_QUEUE,
            # One that waits for its next attempt tries now.
            start_signal="send",
            rpc_timeout=LONGEST_CALL,
            static_summary=f"Webhook delivery {delivery_id}",
        )
        return RelayDelivery("delivered")

    async def _notify(self, message: Leased) -> RelayDelivery:
        request = NotifyUser(**message.payload)
        await self._client.start_workflow(
            NOTIFY_WORKFLOW,
            request,
            id=message.workflow_id,
            task_queue=JOURNEY_QUEUE,
            # One that is under way brings this, too.
            start_signal="news",
            rpc_timeout=LONGEST_CALL,
            static_summary=f"Notifications of user {request.user_id} by {request.way}",
        )
        return RelayDelivery("delivered")

    async def _escalation(self, message: Leased) -> RelayDelivery:
        request = EscalateAlert(**message.payload)
        summary = f"Alert {request.alert_id}: tell the manager if nobody reacts"
        return await self._start_once(message, ESCALATION_WORKFLOW, request, summary)

    async def _signal(self, message: Leased) -> RelayDelivery:
        try:
            await self._client.get_workflow_handle(message.workflow_id).signal(
                message.name,
                replace(JourneyEvent(**message.payload), message=message.id),
                rpc_timeout=LONGEST_CALL,
            )
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return RelayDelivery("undeliverable", "the journey has ended or never began")
            raise
        return RelayDelivery("delivered")

    async def _complete_task(self, message: Leased) -> RelayDelivery:
        """Complete the wait for a task. What our own row says is no proof that Temporal has the
        answer: whoever wrote it may have died before the report."""
        task_id = message.payload["task_id"]
        wait = await asyncio.to_thread(self._wait_of, task_id)
        handle = self._client.get_async_activity_handle(
            workflow_id=wait.workflow_id, run_id=wait.run_id, activity_id=wait_id(task_id)
        )
        try:
            await handle.complete(wait.result, rpc_timeout=LONGEST_CALL)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            return await self._without_wait(message, task_id, wait)
        await asyncio.to_thread(self._mark_consumed, task_id)
        return RelayDelivery("delivered")

    async def _end(self, message: Leased) -> RelayDelivery:
        return await (self._erase(message) if message.kind == "erase" else self._merge(message))

    async def _erase(self, message: Leased) -> RelayDelivery:
        lead_id = message.payload["lead_id"]
        running = await asyncio.to_thread(self._workflows_of, lead_id)
        await end_at_once(self._client, running, "The person was erased.", LONGEST_CALL)
        await asyncio.to_thread(self._clear_again, lead_id, message.payload["last"])
        return RelayDelivery("delivered")

    async def _merge(self, message: Leased) -> RelayDelivery:
        merge_id = message.payload["merge_id"]
        running = await asyncio.to_thread(self._ended_by_merge, merge_id)
        why = "The lead was merged into another, or is one of its own again."
        await end_at_once(self._client, running, why, LONGEST_CALL)
        crash_point("relay.merged")
        await asyncio.to_thread(self._go_on_after_merge, merge_id)
        return RelayDelivery("delivered")

    async def _without_wait(
        self, message: Leased, task_id: int, wait: tasks.TaskWait
    ) -> RelayDelivery:
        """What to do with a disposition that no activity waits for now."""
        run = self._client.get_workflow_handle(wait.workflow_id, run_id=wait.run_id)
        running = completed = False
        try:
            running = (await run.describe(rpc_timeout=LONGEST_CALL)).status == RUNNING
            history = await run.fetch_history(rpc_timeout=LONGEST_CALL)
            completed = was_completed(history, wait_id(task_id))
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
        if completed:
            # By the wait itself, or by a relay that died before it noted so.
            await asyncio.to_thread(self._mark_consumed, task_id)
            return RelayDelivery("delivered")
        if wait.consumed:
            return RelayDelivery(
                "delivered"
            )  # The journey closes the task, and takes it from there.
        if running:
            # The wait has yet to begin, or begins again; the journey looks at the row then.
            delay = min(_backoff(message.attempts), SHORT_BACKOFF_SECONDS)
            return RelayDelivery("retry", "the journey does not wait for it now", delay)
        if await asyncio.to_thread(self._mark_late, task_id):
            return RelayDelivery("undeliverable", "the journey had gone on")
        return RelayDelivery("delivered")

    def _workflows_of(self, lead_id: int) -> list[str]:
        with self._engine.connect() as connection:
            return erasure.workflows_of(connection, lead_id)

    def _clear_again(self, lead_id: int, last: bool) -> None:
        with self._engine.begin() as connection:
            erasure.clear_again(connection, lead_id, last=last)

    def _ended_by_merge(self, merge_id: int) -> list[str]:
        with self._engine.connect() as connection:
            return merged_journeys.workflows_to_end(connection, merge_id)

    def _go_on_after_merge(self, merge_id: int) -> None:
        with self._engine.begin() as connection:
            merged_journeys.go_on(connection, merge_id)

    def _wait_of(self, task_id: int) -> tasks.TaskWait:
        with self._engine.connect() as connection:
            return tasks.wait_of(connection, task_id)

    def _mark_consumed(self, task_id: int) -> None:
        with self._engine.begin() as connection:
            tasks.mark_consumed(connection, task_id)

    def _mark_late(self, task_id: int) -> bool:
        with self._engine.begin() as connection:
            return tasks.mark_late(connection, task_id)


def _count(settled: list[tuple[Leased, RelayDelivery]]) -> None:
    for message, said in settled:
        RELAY_MESSAGES.labels(message.kind, said.outcome).inc()
        if said.outcome == "delivered":
            RELAY_DELAY.observe(message.waited)


def _backoff(attempts: int) -> float:
    """Seconds until a message is tried again."""
    return min(2.0**attempts, LONGEST_BACKOFF_SECONDS)


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
