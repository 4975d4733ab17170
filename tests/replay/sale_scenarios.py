"""The journeys of sales and customers whose histories are kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, NoReturn

from temporalio import activity
from temporalio.client import WorkflowHandle

from domain.contracts.journey import Phase, opportunity_workflow_id
from domain.tasks.completion import Completion
from store.opportunities.opportunities import open_beside
from tests.support import customer_policies
from tests.support.personal_words import NOTE, TELL_TALE
from tests.support.workflow_world import World, says

Handle = WorkflowHandle[Any, Any]


def keeps_silent(_now: datetime) -> NoReturn:
    """A person who does nothing."""
    activity.raise_complete_async()


async def in_sale(here: World) -> tuple[Handle, int]:
    """A journey in Opportunity, under the policies that help."""
    customer_policies.team(here)
    customer_policies.helpful(here)
    lead = here.lead(**TELL_TALE, owner="rep-1")
    return await here.start(Phase.OPPORTUNITY, lead, reason="held"), lead


async def opportunity_replied(here: World) -> Handle:
    """The lead writes while its sale stands still, is paused for a while, and the opportunity is
    lost."""
    lost = says("lost", reason="price", note=NOTE)
    here.person.will("opportunity", says("help"), keeps_silent, lost)
    handle, lead = await in_sale(here)
    await here.reaches("SELECT count(*) FROM enrollment", 1)
    await handle.signal("pause")
    await handle.signal("resume")
    await here.does(lead, "reply")
    await here.reaches("SELECT exit_reason FROM enrollment", "replied")
    await here.reaches("SELECT outcome FROM opportunity", "lost")
    await here.deliver()
    return handle


async def buys_beside(here: World, lead: int) -> None:
    """An opportunity is opened beside the lead's journey, and won if the person says so."""
    now = await here.now()
    with here.database.begin() as connection:
        sale = open_beside(connection, lead_id=lead, name="Second depot", at=now)
    await here.deliver()
    await here.reaches("SELECT outcome FROM opportunity WHERE id = :id", "won", id=sale)
    await here.deliver()


async def opportunity_won_beside(here: World) -> Handle:
    """The lead buys something else while its sale goes on."""
    here.person.will("opportunity", keeps_silent, says("won", note=NOTE))
    handle, lead = await in_sale(here)
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)
    await buys_beside(here, lead)
    return handle


async def opportunity_stages_lost(here: World) -> Handle:
    """The workflow of an opportunity that is lost, and reviewed."""
    here.person.will(
        "opportunity",
        lambda _now: Completion(
            disposition="lost", reason="price", competitor="acme_tools", note=NOTE
        ),
    )
    here.person.will("loss_review", says("done", note=NOTE))
    await in_sale(here)
    await here.reaches("SELECT count(*) FROM task WHERE kind = 'loss_review' AND state = 'done'", 1)
    return sale(here)


async def opportunity_stages_returned(here: World) -> Handle:
    """The workflow of an opportunity that is warned of, helped and returned."""
    silent = [keeps_silent] * 3
    here.person.will("opportunity", *silent, says("return", reason="no_budget", note=NOTE))
    await in_sale(here)
    await here.reaches("SELECT outcome FROM opportunity", "stalled")
    return sale(here)


async def side_cadence_stopped(here: World) -> Handle:
    """Marketing's help for that sale."""
    await opportunity_stages_returned(here)
    return here.client.get_workflow_handle(f"{opportunity_workflow_id(1)}-help")


async def standalone_task(here: World) -> Handle:
    """The review of a lost opportunity."""
    await opportunity_stages_lost(here)
    workflow = here.value("SELECT workflow_id FROM task WHERE kind = 'loss_review'")
    return here.client.get_workflow_handle(workflow)


async def kept(here: World) -> tuple[Handle, int]:
    """A customer whose hand-over is done."""
    customer_policies.team(here)
    customer_policies.caring(here)
    here.person.will("hand_over", says("done", note=NOTE))
    lead = customer_policies.bought(here, **TELL_TALE)
    handle = await here.start(Phase.CUSTOMER, lead, reason="won", owner="rep-1")
    await here.reaches("SELECT count(*) FROM task WHERE state = 'done'", 2)
    return handle, lead


async def customer_churned(here: World) -> Handle:
    """A customer that is asked about more, renews once, and leaves."""
    here.person.will("upsell", says("not_now"))
    here.person.will("renewal", says("renewed"), says("lost", reason="price", note=NOTE))
    return (await kept(here))[0]


async def customer_stopped(here: World) -> Handle:
    """A customer writes, is paused for a while, and is stopped by an operator."""
    handle, lead = await kept(here)
    await here.does(lead, "reply")
    await here.reaches("SELECT count(*) FROM task WHERE kind = 'customer_question'", 1)
    await handle.signal("pause")
    await handle.signal("resume")
    await handle.signal("stop")
    return handle


def sale(here: World) -> Handle:
    """The workflow of the opportunity itself."""
    number = here.value("SELECT max(id) FROM opportunity")
    return here.client.get_workflow_handle(opportunity_workflow_id(number))


Story = Callable[[World], Awaitable[Handle]]

SKIPPING: tuple[Story, ...] = (
    opportunity_won_beside,
    opportunity_stages_lost,
    standalone_task,
    customer_churned,
    customer_stopped,
)
"""Those in which time may fly."""
WAITING: tuple[Story, ...] = (
    opportunity_replied,
    opportunity_stages_returned,
    side_cadence_stopped,
)
"""Those that have to sit through a person's silence."""
