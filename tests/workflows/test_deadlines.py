"""Deadlines nobody keeps: a person who does nothing must not hold a lead for ever.

A task that waits stops the time-skipping server's clock, so these use compressed time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from domain.contracts.journey import Phase
from tests.support import customer_policies
from tests.support.workflow_world import World, world

JOURNEY_SECONDS_PER_SECOND = 1_000_000.0


@pytest.fixture
async def hurried(published_url: str, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A world in which eleven journey days are a second, or another factor."""
    async with world(published_url, getattr(request, "param", JOURNEY_SECONDS_PER_SECOND)) as ready:
        yield ready


async def test_a_lead_no_sdr_looks_at_is_recycled_as_not_worked(hurried: World) -> None:
    ending = await hurried.ending(await hurried.start(Phase.FOLLOW_UP, hurried.lead()))

    assert (ending.phase, ending.reason) == (Phase.RECYCLE, "not_worked")
    assert hurried.values("SELECT state FROM task") == ["expired"]


async def test_an_opportunity_nobody_moves_stalls_after_its_warnings(hurried: World) -> None:
    handle = await hurried.start(Phase.OPPORTUNITY, hurried.lead(), reason="held")

    await hurried.reaches("SELECT outcome FROM opportunity", "stalled")
    await hurried.deliver()
    ending = await hurried.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.RECYCLE, "stalled")
    # The stage, the warning, and the question whether to return it.
    assert hurried.values("SELECT state FROM task") == ["expired"] * 3


async def test_a_lead_is_called_about_a_meeting_nobody_reports_on(hurried: World) -> None:
    """A lead that came would be told that it was missed, and be recycled for it."""
    customer_policies.team(hurried)
    lead = hurried.lead(owner="rep-1", stage="sal")
    meeting = await hurried.has_meeting(lead)

    ending = await hurried.ending(await hurried.start(Phase.MEETING, lead, meeting_id=meeting))
    await hurried.reaches("SELECT count(*) > 0 FROM task WHERE kind = 'call'", True)

    assert (ending.phase, ending.reason) == (Phase.FOLLOW_UP, "outcome_unknown")
    assert hurried.value("SELECT state FROM meeting") == "booked"
    assert hurried.values("SELECT state FROM task WHERE kind = 'meeting_outcome'") == (
        ["expired"] * 3
    )
    assert hurried.values("SELECT owner FROM alert ORDER BY id") == ["rep-1", "mgr-1"]
    assert hurried.values("SELECT step FROM touch WHERE step LIKE '%no-show%'") == []
    # It was judged long ago.
    assert hurried.values("SELECT id FROM task WHERE kind = 'qualify'") == []
    assert hurried.value("SELECT to_stage FROM stage_transition WHERE phase = 'FollowUp'") == "sal"


@pytest.mark.parametrize("hurried", [1_000.0], indirect=True)
async def test_a_pause_does_not_give_a_task_a_new_deadline(hurried: World) -> None:
    """Else a task that is paused again and again never expires."""
    handle = await hurried.start(Phase.FOLLOW_UP, hurried.lead())
    await hurried.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)

    for _ in range(2):
        # Some of the deadline has to pass, or nothing is left to freeze.
        await asyncio.sleep(1)
        await handle.signal("pause")
        await hurried.reaches("SELECT count(*) FROM task WHERE state = 'open'", 0)
        await handle.signal("resume")
        await hurried.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)

    spans = hurried.values("SELECT deadline_at - opened_at FROM task ORDER BY id")
    assert spans[2] < spans[1] < spans[0]
