"""How the steps that a run asks for are told apart."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from temporalio import workflow

from domain.contracts.journey import Enrolled, InboxState, Plan, RunStep
from workflows import activity_stubs, cadence_run
from workflows.waiting import Inbox


async def test_a_cadence_that_a_run_enters_twice_repeats_no_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A step would be taken for another attempt at the mail that the first time has sent."""
    asked = []

    async def run_step(request: RunStep) -> Plan:
        asked.append(request.turn)
        return Plan("exit", reason="exhausted")

    async def rest(*_: object, **__: object) -> None:
        """The step is due."""

    monkeypatch.setattr(activity_stubs, "run_step", run_step)
    monkeypatch.setattr(workflow, "now", lambda: datetime(2026, 3, 3, tzinfo=UTC))
    inbox = Inbox(InboxState(1))
    monkeypatch.setattr(inbox, "rest", rest)

    for _ in range(2):
        await cadence_run.run_cadence(inbox, Enrolled(7, [], Plan("send", step="hello")))

    assert asked == [1, 2]
