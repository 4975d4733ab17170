"""The journeys of leads with several meetings, or with one that is called off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from temporalio.client import WorkflowHandle

from domain.contracts.journey import Phase
from domain.contracts.journey_sales import meeting_workflow_id
from tests.support.personal_words import TELL_TALE
from tests.support.workflow_world import World, says

Handle = WorkflowHandle[Any, Any]


async def with_another(here: World) -> tuple[Handle, int, int]:
    """A journey in Meeting whose lead has a second meeting: it, the lead, and the second."""
    lead = here.lead(**TELL_TALE, owner="rep-1")
    meeting = await here.books(lead, timedelta(days=3))
    handle = await here.start(Phase.MEETING, lead, meeting_id=meeting, reason="booked")
    await here.reaches("SELECT count(*) FROM touch WHERE state = 'sent'", 1)
    second = await here.books_elsewhere(lead, timedelta(days=2))
    await here.reaches("SELECT count(*) FROM touch WHERE state = 'sent'", 2)
    return handle, lead, second


async def meeting_cancelled_by_us(here: World) -> Handle:
    """We call the meeting off: a rep calls."""
    lead = here.lead(**TELL_TALE, owner="rep-1")
    meeting = await here.books(lead, timedelta(days=3))
    handle = await here.start(Phase.MEETING, lead, meeting_id=meeting, reason="booked")
    await here.reaches("SELECT count(*) FROM touch WHERE state = 'sent'", 1)
    await here.cancels(by="us")
    return handle


async def meeting_followed_by_another(here: World) -> Handle:
    """The lead calls the first off, and comes to the second."""
    here.person.will("meeting_outcome", says("held"))
    handle, _, second = await with_another(here)
    await here.calls_off(second - 1, by="lead")
    await here.reaches("SELECT beside FROM meeting WHERE id = :id", False, id=second)
    await here.deliver()
    return handle


async def side_meeting(here: World) -> Handle:
    """The second meeting is held beside the journey."""
    here.person.will("meeting_outcome", says("held"))
    _, lead, second = await with_another(here)
    await here.environment.sleep(timedelta(days=2, hours=1))
    await here.reaches("SELECT state FROM meeting WHERE id = :id", "held", id=second)
    return here.client.get_workflow_handle(meeting_workflow_id(lead, second))


async def side_meeting_taken_over(here: World) -> Handle:
    """The journey sees the second meeting through, for the first was called off."""
    _, lead, second = await with_another(here)
    await here.calls_off(second - 1, by="us")
    await here.reaches("SELECT beside FROM meeting WHERE id = :id", False, id=second)
    await here.deliver()
    return here.client.get_workflow_handle(meeting_workflow_id(lead, second))


MEETINGS: tuple[Callable[[World], Awaitable[Handle]], ...] = (
    meeting_cancelled_by_us,
    meeting_followed_by_another,
    side_meeting,
    side_meeting_taken_over,
)
