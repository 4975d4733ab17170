"""Temporal is killed and started again while fifty journeys run."""

from __future__ import annotations

import random

import pytest

from tests.faults.scenario import scenario

pytestmark = pytest.mark.xdist_group("killed")

KILLS = 4


def test_no_lead_loses_or_doubles_anything_when_temporal_is_killed() -> None:
    """Timers that never fire, signals and answers that were accepted and forgotten."""
    with scenario(seed=random.randrange(10**6)) as running:
        for _ in range(KILLS):
            running.pause(3.0, 8.0)
            running.kill_temporal()
        running.arrive()
        assert running.kills == KILLS
