"""Erasing a person: what runs for them in Temporal."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from temporalio.client import WorkflowExecutionStatus

from domain.contracts.journey import JOURNEY_QUEUE, JourneyState, journey_id
from store.erasure import erasure
from tests.relay.post import Post
from tests.relay.recorder import Recorder

pytestmark = pytest.mark.xdist_group("relay")


async def test_the_journey_of_somebody_who_was_erased_ends_with_all_that_runs_beside(
    post: Post,
) -> None:
    """It would go on writing to, and about, a person whom nobody may know any more."""
    lead = post.lead()
    journey = await post.recorder(lead)
    beside = await post.client.start_workflow(
        Recorder.run,
        JourneyState(lead_id=lead),
        id=f"{journey_id(lead)}-onboarding-1",
        task_queue=JOURNEY_QUEUE,
    )
    other = await post.recorder(post.lead())
    query = f"WorkflowId = '{beside.id}' AND ExecutionStatus = 'Running'"
    for _ in range(600):
        if [one async for one in post.client.list_workflows(query)]:
            break
        await asyncio.sleep(0.1)
    address = post.value("SELECT email_key FROM lead WHERE id = :lead", lead=lead)
    with post.database.begin() as connection:
        erasure.erase(
            connection,
            lead,
            address=address,
            by="admin",
            reason="",
            secret="test",
            now=datetime.now(UTC),
        )
    post.run("UPDATE lead SET first_name = 'Wilhelmina' WHERE email_key ~ '^erased'")

    while await post.relay.deliver_due():
        pass

    states = [(await one.describe()).status for one in (journey, beside, other)]
    ended, running = WorkflowExecutionStatus.TERMINATED, WorkflowExecutionStatus.RUNNING
    assert states == [ended, ended, running]
    assert post.value("SELECT first_name FROM lead WHERE id = :lead", lead=lead) == ""
    assert post.value("SELECT count(*) FROM relay_message WHERE outcome = ''") == 1
