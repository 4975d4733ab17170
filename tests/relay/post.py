"""The database's side, the relay, and Temporal's side, for tests to play with."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, text
from temporalio.client import Client, WorkflowHandle
from temporalio.converter import DataConverter
from temporalio.service import RPCError
from temporalio.worker import Worker

from activities.registry import journey_activities
from activities.resources import Resources
from domain.contracts.journey import JOURNEY_QUEUE, JourneyEvent, JourneyState, Stage, journey_id
from domain.contracts.rescoring import rescore_workflow_id
from domain.email.links import LinkSigner
from embedded.temporal import EmbeddedTemporal
from mail.channels.outbox import OutboxChannel
from settings import Settings
from store.outbox.relay_messages import notify_journey
from temporal.relay import Relay
from tests.relay.recorder import Recorder, Wait, Waiter
from tests.support.sandbox import workflow_runner
from worker import workers

DELIVERED = "SELECT count(*) FILTER (WHERE outcome = 'delivered') FROM relay_message"


class Post:
    """The database's side, the relay, and Temporal's side."""

    def __init__(self, database: Engine, client: Client, server: EmbeddedTemporal) -> None:
        self.database = database
        self.client = client
        self.server = server
        self.relay = Relay(database, client)
        self.settings = Settings(
            secret_key="a secret of the tests, 0123456789", worker_concurrency=4
        )

    def hurry(self, factor: float) -> None:
        """Have ``factor`` seconds of journey time pass in each second from now on."""
        self.settings = self.settings.model_copy(
            update={"demo_time_factor": factor, "demo_time_epoch": datetime.now(UTC)}
        )

    def lead(self) -> int:
        """Make a lead; returns its id."""
        return int(
            self.value(
                "INSERT INTO lead (email, email_key) VALUES ('', gen_random_uuid()) RETURNING id"
            )
        )

    def tell(self, lead_id: int, *codes: str) -> None:
        """Queue notices for the lead's journey, each in a transaction of its own."""
        for code in codes:
            with self.database.begin() as connection:
                notify_journey(
                    connection,
                    lead_id,
                    key=f"test:{lead_id}:{code}",
                    signal="engagement",
                    event=JourneyEvent(code, cycle=1),
                )

    async def recorder(self, lead_id: int) -> WorkflowHandle[Any, Any]:
        """Start a journey that keeps what it is told."""
        return await self.client.start_workflow(
            Recorder.run,
            JourneyState(lead_id=lead_id, stage=Stage.KNOWN),
            id=journey_id(lead_id),
            task_queue=JOURNEY_QUEUE,
        )

    async def waiter(
        self, lead_id: int, *, at_once: bool = True, queue: str = JOURNEY_QUEUE
    ) -> tuple[int, WorkflowHandle[Any, Any]]:
        """Open a qualify task and start a workflow that waits for it."""
        task_id = int(
            self.value(
                "INSERT INTO task (key, lead_id, kind, title, dispositions, state, opened_at, "
                "due_at, deadline_at, workflow_id) VALUES (gen_random_uuid(), :lead, 'qualify', "
                "'', '[\"accept\"]', 'open', now(), now(), "
                "now() + interval '1 day', :workflow) RETURNING id",
                lead=lead_id,
                workflow=journey_id(lead_id),
            )
        )
        handle = await self.client.start_workflow(
            Waiter.run,
            Wait(task_id, at_once, queue),
            id=journey_id(lead_id),
            task_queue=JOURNEY_QUEUE,
        )
        self.run(
            "UPDATE task SET run_id = :run WHERE id = :id",
            run=handle.first_execution_run_id,
            id=task_id,
        )
        return task_id, handle

    @asynccontextmanager
    async def recording(self) -> AsyncIterator[None]:
        """A worker for the workflows that only record, with the real activities."""
        with ThreadPoolExecutor(4) as threads:
            async with Worker(
                self.client,
                task_queue=JOURNEY_QUEUE,
                workflows=[Recorder, Waiter],
                activities=journey_activities(self.resources()),
                activity_executor=threads,
                workflow_runner=workflow_runner(),
            ):
                yield

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """The workers as in production."""
        journeys, email, webhooks = workers(self.client, self.resources(), self.settings)
        async with journeys, email, webhooks:
            yield

    @asynccontextmanager
    async def relaying(self, relays: int = 1) -> AsyncIterator[None]:
        """Relays at work, as in as many workers."""
        those = [Relay(self.database, self.client) for _ in range(relays)]
        running = [asyncio.create_task(relay.run()) for relay in those]
        try:
            yield
        finally:
            for relay in those:
                relay.stop()
            await asyncio.gather(*running)

    def resources(self) -> Resources:
        """What activities work with."""
        outbox = OutboxChannel(self.database, self.settings.clock())
        signer = LinkSigner("test", self.settings.web_url())
        return Resources(self.database, outbox, signer, self.settings)

    def forget(self) -> None:
        """What a relay leaves that died after delivering and before it could note so."""
        self.run("UPDATE relay_message SET outcome = '', not_before = now(), delivered_at = NULL")

    async def heard(self, handle: WorkflowHandle[Any, Any]) -> list[str]:
        """The codes that reached the workflow, in order, as its history has them."""
        history = await handle.fetch_history()
        codes: list[str] = []
        for recorded in history.events:
            signal = recorded.workflow_execution_signaled_event_attributes
            if signal.signal_name == "engagement":
                (event,) = await DataConverter.default.decode(signal.input.payloads, [JourneyEvent])
                codes.append(event.code)
        return codes

    async def end_journeys(self) -> None:
        """Leave nothing running that another test's worker would pick up."""
        workflows = [
            *map(journey_id, self.values("SELECT id FROM lead")),
            *map(rescore_workflow_id, self.values("SELECT id FROM scoring_run")),
        ]
        for workflow_id in workflows:
            with contextlib.suppress(RPCError):
                await self.client.get_workflow_handle(workflow_id).terminate()

    def outcomes(self) -> list[str]:
        """What became of every message, oldest first."""
        return self.values("SELECT outcome FROM relay_message ORDER BY id")

    async def reaches(self, query: str, expected: Any, seconds: float = 60) -> None:
        """Wait until a one-value query gives what is expected."""
        seen: Any = None
        for _ in range(int(seconds * 20)):
            seen = self.value(query)
            if seen == expected:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{query} gives {seen!r}, not {expected!r}")

    def run(self, statement: str, **parameters: Any) -> None:
        """Change something in the database."""
        with self.database.begin() as connection:
            connection.execute(text(statement), parameters)

    def value(self, query: str, **parameters: Any) -> Any:
        """The one value a statement gives."""
        with self.database.begin() as connection:
            return connection.execute(text(query), parameters).scalar()

    def values(self, query: str, **parameters: Any) -> list[Any]:
        """The first column of a query."""
        with self.database.connect() as connection:
            return list(connection.execute(text(query), parameters).scalars())
