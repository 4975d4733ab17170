"""A test server that loses a workflow task fails no test; a workflow that waits for ever does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import PollWorkflowTaskQueueRequest

from domain.contracts.journey import JourneyState, Phase
from tests.support import workflow_world
from tests.support.workflow_world import WedgedServer, World

QUEUE = "nobody's"


async def test_a_task_that_is_lost_is_told_from_a_workflow_that_waits(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a fault of ours would be run again until it passes, or one of the server's would keep
    good work from landing."""
    journey = JourneyState(lead_id=1)
    here.started.append(
        await here.client.start_workflow(Phase.RECYCLE, journey, id="lost", task_queue=QUEUE)
    )
    await here.client.workflow_service.poll_workflow_task_queue(
        PollWorkflowTaskQueueRequest(
            namespace=here.client.namespace, task_queue=TaskQueue(name=QUEUE)
        )
    )

    with pytest.raises(AssertionError, match=r"^never"):
        await here.give_up("never")
    monkeypatch.setattr(workflow_world, "WORKFLOW_TASK_TIMEOUT", timedelta(seconds=-1))
    with pytest.raises(WedgedServer, match=r"^lost: never"):
        await here.give_up("never")
