"""Recorded histories: where they are and how a scenario becomes one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from temporalio.client import WorkflowContinuedAsNewError, WorkflowHistory

from settings import ROOT
from tests.replay.scenarios import Scenario
from tests.support.workflow_world import world

FOLDER = ROOT / "tests" / "histories"
LONGEST_SECONDS = 60.0
"""How long a scenario may take; most take less than a second."""


def path_of(name: str) -> Path:
    """The file of a scenario's history, as ``temporal workflow show --output json`` writes one."""
    return FOLDER / f"{name}.json"


def recorded() -> list[Path]:
    """All recorded histories, also those that ops added from production."""
    return sorted(FOLDER.glob("*.json"))


def read(path: Path) -> WorkflowHistory:
    """A recorded history."""
    return WorkflowHistory.from_json(path.stem, path.read_text(encoding="utf-8"))


def workflow_type(history: WorkflowHistory) -> str:
    """The workflow type whose run it is."""
    return history.events[0].workflow_execution_started_event_attributes.workflow_type.name


async def play(scenario: Scenario, make_database: Callable[[], str]) -> WorkflowHistory:
    """Play a scenario to the end of its phase and fetch that run's history."""
    async with world(make_database(), scenario.time_factor) as here:
        handle = await scenario.story(here)
        if scenario.ends:
            # Only the handle of a start lets time fly while it waits.
            with suppress(WorkflowContinuedAsNewError):
                await asyncio.wait_for(handle.result(follow_runs=False), LONGEST_SECONDS)
        run = here.client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)
        return await run.fetch_history()
