"""A deployment as in production, in small: a real Temporal server, a database, worker and relay."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, text
from temporalio.api.enums.v1 import BatchOperationState
from temporalio.api.workflowservice.v1 import ListBatchOperationsRequest
from temporalio.client import Client
from temporalio.service import RPCError

from activities.resources import Resources
from domain.contracts.journey import Phase, journey_id
from domain.contracts.search_attributes import SEARCH_ATTRIBUTES
from domain.contracts.waits import JourneyStatus
from domain.email.links import LinkSigner
from domain.waits import said_of
from embedded.temporal import EmbeddedTemporal, temporal_program
from mail.channels.outbox import OutboxChannel
from settings import Settings
from store.engine import engine
from store.outbox.relay_messages import post
from store.scoring.engagement import record_engagement
from temporal.relay import Relay
from tests.support.folders import server_folder
from tests.support.time_zones import where_it_is_night
from tests.support.waiting import LONGEST_SECONDS
from worker import workers

LEAD_IDS = itertools.count(1)
"""The tests share a server, and a journey's id follows from its lead's."""


@pytest.fixture(scope="module")
def temporal() -> Iterator[EmbeddedTemporal]:
    """A Temporal server on free ports, gone after the module."""
    folder = server_folder()
    anywhere = {"temporal": 0, "ui": 0, "metrics": 0}
    server = EmbeddedTemporal(folder / "temporal.db", folder / "logs", SEARCH_ATTRIBUTES, anywhere)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@dataclass
class Deployment:
    """A running worker and relay, and the hands of ops on them."""

    client: Client
    database: Engine
    settings: Settings
    address: str
    journeys: set[str] = field(default_factory=set)
    """Those of this test: the server remembers those of others."""

    def lead(self, **columns: Any) -> int:
        """Make a lead; returns its id."""
        number = next(LEAD_IDS)
        values = {
            "id": number,
            "email": f"ada.{number}@lovelace.example",
            "email_key": f"ada.{number}@lovelace.example",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "country": "GB",
            # Mail waits for the morning there, on whichever day tests run.
            "time_zone": where_it_is_night(datetime.now(UTC)),
        } | columns
        names = ", ".join(values)
        places = ", ".join(f":{name}" for name in values)
        with self.database.begin() as connection:
            connection.execute(text(f"INSERT INTO lead ({names}) VALUES ({places})"), values)
        return number

    def start(self, lead_id: int, phase: Phase = Phase.NURTURE, **payload: str) -> None:
        """Start a journey as the import does, through the relay."""
        self.journeys.add(journey_id(lead_id))
        with self.database.begin() as connection:
            post(
                connection,
                key=f"start:{lead_id}",
                workflow_id=journey_id(lead_id),
                kind="start",
                name=phase,
                payload={"lead_id": lead_id, "cadence": "welcome-nurture"} | payload,
            )

    def does(self, lead_id: int, kind: str) -> None:
        """Record something the lead does."""
        with self.database.begin() as connection:
            record_engagement(
                connection,
                lead_id=lead_id,
                kind=kind,
                at=datetime.now(UTC),
                key=f"test:{lead_id}:{kind}",
            )

    async def until(self, what: str, condition: Callable[[], Awaitable[bool]]) -> None:
        """Wait for ``condition``; fail saying ``what`` never came."""
        deadline = time.monotonic() + LONGEST_SECONDS
        while not await condition():
            assert time.monotonic() < deadline, f"waited {LONGEST_SECONDS} s for {what}"
            await asyncio.sleep(0.1)

    async def listed(self, query: str, *expected: int) -> None:
        """Wait until the list filter ``query`` finds exactly these leads."""
        wanted = {journey_id(lead) for lead in expected}

        async def found() -> bool:
            listed = {one.id async for one in self.client.list_workflows(query)}
            return listed & self.journeys == wanted

        await self.until(f"{sorted(wanted)} under {query}", found)

    async def waits_for(self, lead_id: int) -> str:
        """What the journey says that it waits for; '' before it has begun."""
        handle = self.client.get_workflow_handle(journey_id(lead_id))
        try:
            status: JourneyStatus = await handle.query("status", result_type=JourneyStatus)
        except RPCError:
            # Not begun yet, or between two phases.
            return ""
        return said_of(status.wait)

    async def waits(self, lead_id: int, words: str) -> None:
        """Wait until the sentence about what the journey waits for contains ``words``."""

        async def waiting() -> bool:
            return words in await self.waits_for(lead_id)

        await self.until(f"'{words}'", waiting)

    async def batches_done(self) -> None:
        """Wait until a command over many journeys has reached them all: one that still runs would
        also catch those that are started next."""

        async def done() -> bool:
            request = ListBatchOperationsRequest(namespace=self.client.namespace)
            listed = await self.client.workflow_service.list_batch_operations(request)
            return all(
                one.state != BatchOperationState.BATCH_OPERATION_STATE_RUNNING
                for one in listed.operation_info
            )

        await self.until("the end of a batch", done)

    async def cli(self, *arguments: str) -> str:
        """Run the ``temporal`` program as ops do; returns its output.

        Raises:
            AssertionError: it failed.
        """
        environment = os.environ | {"TEMPORAL_ADDRESS": self.address}
        done = await asyncio.to_thread(
            subprocess.run,
            [str(temporal_program()), *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
async def deployment(temporal: EmbeddedTemporal, published_url: str) -> AsyncIterator[Deployment]:
    """A worker and a relay on a database with the tests' cadences and no leads."""
    settings = Settings(
        database_url=published_url,
        temporal_address=temporal.address,
        secret_key="a secret of the tests, 0123456789",
        email_channel="outbox",
    )
    database = engine(published_url)
    client = await Client.connect(temporal.address)
    resources = Resources(
        database,
        OutboxChannel(database, settings.clock()),
        LinkSigner("test", settings.web_url()),
        settings,
    )
    relay = Relay(database, client)
    journeys, email, webhooks = workers(client, resources, settings)
    relaying = asyncio.create_task(relay.run())
    async with journeys, email, webhooks:
        yield Deployment(client, database, settings, temporal.address)
        relay.stop()
        await relaying
        running = [one async for one in client.list_workflows("ExecutionStatus = 'Running'")]
        for one in running:
            with suppress(RPCError):
                await client.get_workflow_handle(one.id).terminate("the test is over")
    database.dispose()
