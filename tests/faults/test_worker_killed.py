"""Workers are killed again and again while fifty journeys run."""

from __future__ import annotations

import random

import pytest

from tests.faults.scenario import scenario

pytestmark = pytest.mark.xdist_group("killed")

KILLS = 9


def test_no_lead_loses_or_doubles_anything_when_its_worker_is_killed() -> None:
    """Mails lost or doubled, tasks nobody waits for, leads stuck without an error."""
    with scenario(seed=random.randrange(10**6), workers=2) as running:
        for _ in range(KILLS):
            running.pause(2.0, 5.0)
            running.kill_worker()
        running.arrive()
        assert running.kills == KILLS
