"""What runs beside a lead's phase: what it would do with an order that only a phase knows."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from temporalio.client import WorkflowQueryFailedError, WorkflowUpdateFailedError

from domain.contracts.journey import JOURNEY_QUEUE, Phase
from domain.contracts.journey_sales import (
    SIDE_CADENCE,
    STANDALONE_TASK,
    SideCadenceState,
    StandaloneTaskState,
)
from domain.contracts.tasks import TaskKind
from tests.support.workflow_world import World

ANSWER_SECONDS = 20


@pytest.mark.parametrize("side", [SIDE_CADENCE, STANDALONE_TASK])
async def test_an_order_to_a_phase_leaves_a_side_workflow_as_it_was(here: World, side: str) -> None:
    """An update that it took, and could not answer, would stand it still for ever."""
    lead = here.lead()
    states: dict[str, Any] = {
        SIDE_CADENCE: SideCadenceState(lead, "side", "welcome-nurture"),
        STANDALONE_TASK: StandaloneTaskState(lead, TaskKind.HAND_OVER),
    }
    handle = await here.client.start_workflow(
        side, states[side], id="side", task_queue=JOURNEY_QUEUE
    )

    async with asyncio.timeout(ANSWER_SECONDS):
        with pytest.raises(WorkflowUpdateFailedError):
            await handle.execute_update("move_to", Phase.RECYCLE)
        with pytest.raises(WorkflowQueryFailedError):
            await handle.query("status")
        await handle.signal("stop")
        assert await handle.result() == "stopped"
