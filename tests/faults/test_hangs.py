"""Processes that hang instead of dying, and packets that vanish: what a paused machine, a frozen
container and a firewall do that forgets its connections."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.faults.deployment import Deployment, deployment, message, wait_for, wake
from tests.faults.proxy import Proxy

pytestmark = pytest.mark.xdist_group("faults")

LEADS = 6
OTHERS_GO_ON = 30.0
"""Seconds that a hung worker may cost the others."""
SHUTDOWN = 5.0
TASKS = "SELECT count(*) FROM task WHERE kind = 'qualify'"
UNDELIVERED = "SELECT count(*) FROM relay_message WHERE outcome = ''"


@pytest.fixture(scope="module")
def stack() -> Iterator[Deployment]:
    """One stack and one web app for all; each test has leads and workers of its own."""
    with deployment(WORKER_SHUTDOWN_SECONDS=str(SHUTDOWN)) as running:
        running.web()
        yield running


@pytest.fixture
def here(stack: Deployment) -> Iterator[Deployment]:
    """The stack without any worker, and nothing left to do."""
    before = len(stack.programs)
    yield stack
    for worker in stack.programs[before:]:
        worker.kill()
    del stack.programs[before:]


def newcomers(here: Deployment) -> range:
    """Leads whose journeys wait in nurture."""
    first = here.value("SELECT count(*) FROM lead")
    people = range(first, first + LEADS)
    here.send(
        [message("identify", n, traits={"email": f"user-{n}@faults.example"}) for n in people]
    )
    return people


def ready(here: Deployment) -> range:
    """Leads whose journeys wait in nurture, brought there by a worker that has ended since."""
    worker = here.worker()
    people = newcomers(here)
    here.reach(
        "leads in nurture",
        "SELECT count(*) FROM lead WHERE phase = 'Nurture'",
        LEADS,
    )
    here.reach("messages", UNDELIVERED, 0)
    worker.terminate(SHUTDOWN + 10)
    return people


def ask(here: Deployment, people: range) -> None:
    """Everybody asks for a call, which hands them to sales."""
    here.send([message("track", n, event="Asked") for n in people])


def called_once(here: Deployment) -> None:
    """Everybody who asked has one task, one crossing, and one owner."""
    leads = here.value("SELECT count(*) FROM lead")
    assert here.value("SELECT count(*) FROM crossing") == leads
    assert here.value(TASKS) == leads
    assert here.value("SELECT count(*) FROM stage_transition WHERE phase = 'FollowUp'") == leads
    assert here.value("SELECT count(*) FROM assignment") == leads
    here.reach("messages", UNDELIVERED, 0, 30)


@pytest.mark.parametrize("point", ["routing.locked", "relay.leased", "relay.delivered"])
def test_a_frozen_worker_stops_nobody_else_and_doubles_nothing_when_it_wakes(
    here: Deployment, point: str
) -> None:
    """No lead of anybody's would be handed to sales until somebody kills the frozen one."""
    people = ready(here)
    frozen = here.worker(f"stop:{point}")
    ask(here, people)
    wait_for(f"freezes at {point}", frozen.is_frozen)
    here.worker()

    here.reach("tasks", TASKS, here.value("SELECT count(*) FROM lead"), OTHERS_GO_ON + 15)

    frozen.wake()
    time.sleep(3)
    called_once(here)


def test_connections_that_vanish_without_a_word_are_given_up(here: Deployment) -> None:
    """A firewall that forgets connections would stop every relay for good, and no worker would end
    when it is asked to."""
    people = ready(here)
    with Proxy(here.stack.postgres.port) as proxy:
        worker = here.worker(DATABASE_URL=here.through(proxy.port))
        wait_for("the worker connects", lambda: proxy.accepted > 2)
        time.sleep(2)
        proxy.swallow()
        ask(here, people)
        time.sleep(10)
        proxy.heal()

        here.reach("tasks", TASKS, here.value("SELECT count(*) FROM lead"), OTHERS_GO_ON + 10)
        called_once(here)

        proxy.swallow()
        time.sleep(1)
        worker.terminate(SHUTDOWN + 10)


@pytest.mark.parametrize("what", ["web", "postgres", "temporal"])
def test_what_is_acknowledged_around_a_freeze_is_kept_and_goes_on_at_once(
    here: Deployment, what: str
) -> None:
    """Events would be lost or counted twice, and people would wait long after the machine woke."""
    people = ready(here)
    here.worker()
    views = here.value("SELECT count(*) FROM engagement WHERE kind = 'page'")
    pids = [here.programs[0].pid] if what == "web" else []
    if what == "web":
        here.programs[0].freeze()
    elif what == "temporal":
        pids = here.freeze_server("temporal")
    else:
        pids = here.freeze_server("postgres")
    batch = [message("page", n, name="Home") for n in people]
    asked = [message("track", n, event="Asked") for n in people]
    try:
        acknowledged = here.send_once([*batch, *asked], timeout=15)
        assert acknowledged is (what == "temporal")
        time.sleep(15 if what == "temporal" else 0)
    finally:
        wake(pids)

    here.send([*batch, *asked])
    here.reach("tasks", TASKS, here.value("SELECT count(*) FROM lead"), 15)
    called_once(here)
    kept = here.value("SELECT count(*) FROM engagement WHERE kind = 'page'") - views
    assert kept == LEADS
