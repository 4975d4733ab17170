"""Journeys that began before today's workflows must go on under them: else a deployment wedges
every lead that is under way."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.worker import Replayer

from domain.contracts.journey import Phase
from tests.replay.changed import HastyRecycle
from tests.replay.histories import path_of, read, recorded, workflow_type
from tests.replay.scenarios import SCENARIOS
from tests.support.sandbox import workflow_runner
from workflows.registry import WORKFLOWS

LARGEST = 100_000


@pytest.mark.parametrize("path", recorded(), ids=lambda path: path.stem)
async def test_a_recorded_history_replays(path: Path) -> None:
    replayer = Replayer(workflows=WORKFLOWS, workflow_runner=workflow_runner())

    await replayer.replay_workflow(read(path))


async def test_a_workflow_that_changed_its_mind_does_not_replay() -> None:
    """Else the test above proves nothing."""
    replayer = Replayer(workflows=[HastyRecycle], workflow_runner=workflow_runner())

    with pytest.raises(workflow.NondeterminismError):
        await replayer.replay_workflow(read(path_of("recycle_timer")))


def test_every_workflow_type_has_a_recorded_history() -> None:
    """A new phase without one could be changed at will, and nobody would notice."""
    types = {workflow_type(read(path)) for path in recorded()}

    assert types == {workflow._Definition.must_from_class(one).name for one in WORKFLOWS}


def test_every_scenario_is_recorded_and_small_enough_to_review() -> None:
    for name in SCENARIOS:
        path = path_of(name)
        assert path.exists(), f"run: python -m tests.replay.record {name}"
        assert path.stat().st_size < LARGEST, path.name


def test_every_arrow_between_phases_has_a_recorded_history() -> None:
    """The transitions in the workflows' code against those that histories end with."""
    named = {
        (workflow._Definition.must_from_class(one).name, Phase[target].value)
        for one in WORKFLOWS
        for target in re.findall(
            r"Transition\(\s*Phase\.(\w+)", Path(inspect.getfile(one)).read_text(encoding="utf-8")
        )
    }
    walked = {
        (workflow_type(history), went_on.workflow_type.name)
        for history in map(read, recorded())
        for went_on in [history.events[-1].workflow_execution_continued_as_new_event_attributes]
    }

    assert len(named) > 8
    assert named - walked == set()
