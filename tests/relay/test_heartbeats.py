"""A thread that is stuck is as good as a worker that died: somebody else does its activity."""

from __future__ import annotations

import asyncio
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError
from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities import heartbeats
from activities.heartbeats import Heartbeats, hear_database, sign_of_life
from store.engine import engine
from tests.relay.post import Post

pytestmark = pytest.mark.xdist_group("relay")


@workflow.defn
class Asks:
    """Asks for one activity, with a heartbeat."""

    @workflow.run
    async def run(self, name: str) -> int:
        """The attempt that succeeded."""
        attempt: int = await workflow.execute_activity(
            name,
            result_type=int,
            start_to_close_timeout=timedelta(minutes=2),
            heartbeat_timeout=timedelta(seconds=3),
            retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=100)),
        )
        return attempt


@pytest.mark.parametrize(
    ("name", "attempt"), [("stuck", 2), ("slow", 1), ("asks", 1), ("reconnects", 1)]
)
async def test_only_a_stuck_thread_loses_its_activity(
    post: Post, monkeypatch: pytest.MonkeyPatch, name: str, attempt: int
) -> None:
    """One stuck thread would keep a lead's step for as long as its limit; one that works through
    a long list must keep it."""
    monkeypatch.setattr(heartbeats, "LONGEST_SILENCE_SECONDS", 3.0)
    away = engine("postgresql+psycopg2://nobody@127.0.0.1:1/nowhere")
    for database in (post.database, away):
        hear_database(database)
    over = threading.Event()

    @activity.defn
    def stuck() -> int:
        if activity.info().attempt == 1:
            over.wait(100)
        return activity.info().attempt

    @activity.defn
    def slow() -> int:
        for _ in range(10):
            over.wait(1)
            sign_of_life()
        return activity.info().attempt

    @activity.defn
    def asks() -> int:
        for _ in range(10):
            over.wait(1)
            post.value("SELECT 1")
        return activity.info().attempt

    @activity.defn
    def reconnects() -> int:
        for _ in range(10):
            over.wait(1)
            with suppress(OperationalError), away.connect():
                pytest.fail("nobody listens there")
        return activity.info().attempt

    with ThreadPoolExecutor(4) as threads:
        async with Worker(
            post.client,
            task_queue="heartbeats",
            workflows=[Asks],
            activities=[stuck, slow, asks, reconnects],
            activity_executor=threads,
            workflow_runner=UnsandboxedWorkflowRunner(),
            interceptors=[Heartbeats()],
        ):
            done = await asyncio.wait_for(
                post.client.execute_workflow(
                    Asks.run, name, id=f"asks-{uuid.uuid4()}", task_queue="heartbeats"
                ),
                60,
            )
            over.set()
    assert done == attempt
