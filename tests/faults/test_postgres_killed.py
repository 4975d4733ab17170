"""PostgreSQL is killed and started again while fifty journeys run."""

from __future__ import annotations

import random

import pytest

from tests.faults.scenario import scenario

pytestmark = pytest.mark.xdist_group("killed")

KILLS = 5


def test_no_lead_loses_or_doubles_anything_when_postgresql_is_killed() -> None:
    """Touches in the outbox that the ledger has forgotten, or the other way round."""
    with scenario(seed=random.randrange(10**6)) as running:
        for _ in range(KILLS):
            running.pause(2.0, 7.0)
            running.kill_postgres()
        running.arrive()
        assert running.kills == KILLS
