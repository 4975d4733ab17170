"""The journeys of calls whose histories are kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from temporalio.client import WorkflowHandle

from domain.contracts.journey import Phase
from domain.contracts.journey_sales import OUTBOUND
from tests.support.follow_up_policies import (
    BUSY_AGAIN,
    FOLLOW_UP,
    OUTBOUND_RULES,
    publish,
    with_calls,
)
from tests.support.personal_words import NOTE, TELL_TALE
from tests.support.workflow_world import World, says, says_in

Handle = WorkflowHandle[Any, Any]


async def follow_up_busy(here: World) -> Handle:
    """A busy line is tried again soon; then nobody picks up, whatever is tried."""
    publish(
        here, with_calls("[5 minutes, 1 business day]", "spread: [morning, midday]", BUSY_AGAIN)
    )
    here.person.will("qualify", says("accept"))
    here.person.will("call", says("busy"), says("busy"), says("no_answer"))
    return await here.start(Phase.FOLLOW_UP, here.lead(**TELL_TALE), reason="score_reached")


async def follow_up_outbound(here: World) -> Handle:
    """A lead that sales chose itself, called by its own rules until no attempt is left."""
    publish(here, FOLLOW_UP + OUTBOUND_RULES)
    here.person.will("call", says("no_answer"))
    return await here.start(Phase.FOLLOW_UP, here.lead(**TELL_TALE), reason=OUTBOUND)


async def follow_up_unqualified(here: World) -> Handle:
    """A call that ends the journey."""
    here.person.will("qualify", says("accept"))
    here.person.will("call", says("connected"), says("unqualified", note=NOTE))
    return await here.start(Phase.FOLLOW_UP, here.lead(**TELL_TALE), reason="score_reached")


async def follow_up_call_back_after_pause(here: World) -> Handle:
    """The time the lead asked for passes while the journey is paused."""
    here.person.will("qualify", says("accept"))
    here.person.will("call", says_in("call_back", timedelta(days=30)), says("not_interested"))
    handle = await here.start(Phase.FOLLOW_UP, here.lead(**TELL_TALE), reason="replied")
    await here.reaches("SELECT count(*) FROM task WHERE kind = 'qualify' AND state = 'done'", 1)
    await here.environment.sleep(timedelta(days=7))
    await here.reaches("SELECT count(*) FROM task WHERE kind = 'call' AND state = 'done'", 1)
    await handle.signal("pause")
    await here.environment.sleep(timedelta(days=40))
    await handle.signal("resume")
    return handle


async def follow_up_replanned(here: World) -> Handle:
    """A calendar changed while a call was waited for."""
    publish(here, with_calls("[10 business days]"))
    here.person.will("qualify", says("accept"))
    here.person.will("call", says_in("meeting_booked", timedelta(days=3)))
    handle = await here.start(Phase.FOLLOW_UP, here.lead(**TELL_TALE), reason="score_reached")
    await here.reaches("SELECT count(*) FROM task WHERE kind = 'qualify' AND state = 'done'", 1)
    await here.environment.sleep(timedelta(days=4))
    await handle.signal("replan")
    return handle


async def follow_up_hot(here: World) -> Handle:
    """The lead shows interest right now, long before the next call is due, and books in it."""
    publish(here, with_calls("[10 business days]"))
    here.person.will("qualify", says("accept"))
    here.person.will("call", says_in("meeting_booked", timedelta(days=3)))
    lead = here.lead(**TELL_TALE, fit="A", score=59, crossed_cycle=1)
    handle = await here.start(Phase.FOLLOW_UP, lead, reason="score_reached")
    await here.reaches("SELECT count(*) FROM task WHERE kind = 'qualify' AND state = 'done'", 1)
    await here.does(lead, "click")
    return handle


CALLS: tuple[Callable[[World], Awaitable[Handle]], ...] = (
    follow_up_busy,
    follow_up_outbound,
    follow_up_unqualified,
    follow_up_call_back_after_pause,
    follow_up_replanned,
    follow_up_hot,
)
