"""The web app and the relay are killed while events pour in."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

import pytest

from tests.support.deployment import Program, deployment, message

pytestmark = pytest.mark.xdist_group("ingest killed")

LEADS = 24
BATCHES = 40
VIEWS_IN_A_BATCH = 25
KILLS = 4


def killed_while(work: Callable[[], None], *programs: Program) -> None:
    """Do the work, and kill the programs in turn meanwhile."""
    failures: list[BaseException] = []

    def watched() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    working = threading.Thread(target=watched)
    working.start()
    for number in range(KILLS):
        time.sleep(random.uniform(0.5, 2.0))
        programs[number % len(programs)].kill()
        time.sleep(random.uniform(0.0, 0.5))
        programs[number % len(programs)].start()
    working.join()
    assert not failures, failures


def test_every_acknowledged_event_counts_once_and_every_crossing_arrives_once() -> None:
    """Points lost or doubled, leads that nobody calls, or that two tasks ask to be called."""
    with deployment() as here:
        web, worker = here.web(), here.worker()
        people = range(LEADS)
        here.send(
            [message("identify", n, traits={"email": f"user-{n}@faults.example"}) for n in people]
        )
        here.reach("leads in nurture", "SELECT count(*) FROM lead WHERE phase = 'Nurture'", LEADS)

        def pour() -> None:
            for number in range(BATCHES):
                views = [
                    message("page", random.randrange(LEADS), name="Home")
                    for _ in range(VIEWS_IN_A_BATCH)
                ]
                asks = [message("track", number, event="Asked")] if number < LEADS else []
                here.send([*views, *asks])

        killed_while(pour, web, worker)

        here.reach(
            "tasks of leads that asked",
            "SELECT count(*) FROM task WHERE kind = 'qualify' AND state = 'open'",
            LEADS,
        )
        assert here.value("SELECT count(*) FROM engagement") == BATCHES * VIEWS_IN_A_BATCH + LEADS
        assert here.value("SELECT count(*) FROM crossing") == LEADS
        assert here.value("SELECT count(*) FROM task") == LEADS
        assert here.value("SELECT count(*) FROM stage_transition WHERE phase = 'FollowUp'") == LEADS
        points = here.value("SELECT round(sum(interest)) FROM lead")
        assert points == BATCHES * VIEWS_IN_A_BATCH + 100 * LEADS
