"""What Temporal tells, and that nobody waits for one that hangs."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

import code_version
from domain.access import Role
from domain.contracts.journey import JOURNEY_QUEUE
from embedded.temporal import EmbeddedTemporal
from health import temporal as health
from health.checks import Check, State
from health.watch import HealthWatch
from settings import Settings
from tests.health.conftest import frozen
from tests.web.api.conftest import Api

pytestmark = pytest.mark.xdist_group("servers that hang")

A_FEW_SECONDS = 10.0
TWO_SECONDS = 2.0


@activity.defn(name="nothing")
async def nothing() -> None:
    """Does it."""


@workflow.defn(name="Broken", sandboxed=False)
class Broken:
    """A journey whose code fails."""

    @workflow.run
    async def run(self) -> None:
        """Fails the workflow task, not the workflow."""
        raise RuntimeError("a mistake")


def settings_of(server: EmbeddedTemporal, database_url: str = "") -> Settings:
    """Settings of a deployment there."""
    return Settings(
        database_url=database_url,
        temporal_address=server.address,
        public_url="http://go.test",
        secret_key="test",
        email_channel="outbox",
    )


async def checks(server: EmbeddedTemporal) -> dict[str, Check]:
    """All checks of Temporal, by name."""
    found = await health.examine(settings_of(server), server.address)
    return {one.name: one for one in found}


def worker(client: Client, build: str, identity: str) -> Worker:
    """A worker of some version of the code."""
    return Worker(
        client,
        task_queue=JOURNEY_QUEUE,
        workflows=[Broken],
        activities=[nothing],
        build_id=build,
        identity=identity,
        workflow_runner=UnsandboxedWorkflowRunner(),
    )


async def test_two_versions_at_once_are_noticed(temporal: EmbeddedTemporal) -> None:
    """After a deployment that left one old worker, journeys stick to it or break on it, and all
    looked well."""
    assert (await checks(temporal))[f"queue_{JOURNEY_QUEUE}"].state == State.BAD
    # Of one process Temporal takes one worker of a queue only.
    first, second = [await Client.connect(temporal.address) for _ in range(2)]
    async with worker(first, "old", "one"), worker(second, "new", "two"):
        found = await checks(temporal)
        for _ in range(100):
            polling = found[f"queue_{JOURNEY_QUEUE}"].figures["workers"]
            if found["versions"].state == State.WARN and polling == 2:
                break
            await asyncio.sleep(0.1)
            found = await checks(temporal)

    assert set(found["versions"].figures["versions"]) >= {"old", "new"}
    assert "old (1)" in found["versions"].advice
    assert found[f"queue_{JOURNEY_QUEUE}"].figures["workers"] == 2


async def test_journeys_whose_code_fails_are_counted_with_examples(
    temporal: EmbeddedTemporal,
) -> None:
    """A rolled-back worker stuck ten of ten journeys; doctor was green."""
    assert (await checks(temporal))["journeys"].state == State.OK
    client = await Client.connect(temporal.address)
    async with worker(client, "any", "one"):
        handle = await client.start_workflow("Broken", id="lead-7", task_queue=JOURNEY_QUEUE)
        until = time.monotonic() + 90
        found = (await checks(temporal))["journeys"]
        while found.state == State.OK and time.monotonic() < until:
            await asyncio.sleep(1)
            found = (await checks(temporal))["journeys"]
        await handle.terminate()

    assert found.state == State.BAD
    assert found.figures == {"problems": 1, "kinds": {"Broken": 1}, "examples": ["lead-7"]}


async def test_a_temporal_that_hangs_is_told_of_in_time(
    temporal: EmbeddedTemporal, database_url: str
) -> None:
    """It takes packets and answers nothing: a paused machine. Pages show the banner, without
    waiting for it, and it goes when Temporal is back."""
    watch = HealthWatch(settings_of(temporal, database_url))
    client = await Client.connect(temporal.address)
    async with worker(client, "any", "one"):
        await stands(watch, False)
        with frozen(temporal.pid):
            begun = time.monotonic()
            assert (await checks(temporal))["temporal"].state == State.BAD
            assert time.monotonic() - begun < A_FEW_SECONDS
            await stands(watch, True)
        await stands(watch, False)


async def stands(watch: HealthWatch, still: bool) -> None:
    """Wait until the banner says so; each question is answered at once."""
    until = time.monotonic() + 30
    while True:
        begun = time.monotonic()
        said = watch.journeys_stand_still()
        assert time.monotonic() - begun < TWO_SECONDS
        if said is still:
            return
        assert time.monotonic() < until, f"the banner never said {still}"
        await asyncio.sleep(0.2)


@pytest.mark.parametrize("connected", [False, True])
async def test_who_steers_a_journey_is_answered_while_temporal_hangs(
    temporal: EmbeddedTemporal, published_url: str, tmp_path: Path, connected: bool
) -> None:
    """A button that spins for ever is pressed again, and its thread is lost to everybody."""
    api = await asyncio.to_thread(Api, settings_of(temporal, published_url), tmp_path)
    lead = api.lead("a@b.example", "rep-1")
    # The first answer of all makes the description that answers are held against.
    await api.ask(Role.ADMIN, "GET", f"/leads/{lead}/journey" if connected else "/me")
    asked = [
        ("GET", f"/leads/{lead}/journey", {}),
        ("POST", f"/leads/{lead}/pause", {}),
        ("POST", f"/leads/{lead}/resume", {}),
        ("POST", f"/leads/{lead}/stop", {}),
        ("POST", f"/leads/{lead}/move", {"phase": "Recycle"}),
    ]
    try:
        with frozen(temporal.pid):
            begun = time.monotonic()
            answers = await asyncio.gather(
                *(api.ask(Role.ADMIN, method, path, **body) for method, path, body in asked)
            )
            took = time.monotonic() - begun
    finally:
        api.database.dispose()

    assert [answer.status_code for answer in answers] == [503] * len(asked)
    assert {answer.json()["code"] for answer in answers} == {"unavailable"}
    assert took < A_FEW_SECONDS


def test_code_has_another_version_once_it_differs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two builds of one tag differ too, be it by a statement or a translation only; what Python
    keeps beside the code is no difference."""
    monkeypatch.setattr(code_version, "ROOT", tmp_path)
    monkeypatch.setenv("PERENNIAL_VERSION", "1.2")
    versions = []
    for name in ("worker.py", "store/first.sql", "domain/ko.po", "store/__pycache__/a.pyc"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("something else", encoding="utf-8")
        # Without what it remembers of this process.
        versions.append(code_version.code_version.__wrapped__())

    assert len(set(versions)) == 3
    assert versions[2] == versions[3]
    assert all(version.startswith("1.2-") for version in versions)
