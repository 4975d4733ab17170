"""The opportunity's arrows: what an opportunity would lose if one of them led nowhere."""

from __future__ import annotations

import pytest

from domain.contracts.journey import Phase
from tests.replay.sale_scenarios import buys_beside, opportunity_won_beside
from tests.support.workflow_world import Ending, World, says


async def closed(here: World) -> Ending:
    """Let the opportunity run to its outcome and the journey learn of it."""
    handle = await here.start(Phase.OPPORTUNITY, here.lead(owner="rep-1"), reason="held")
    await here.reaches("SELECT outcome <> '' FROM opportunity", True)
    await here.deliver()
    return await here.ending(handle)


async def test_a_won_opportunity_makes_a_customer(here: World) -> None:
    here.person.will("opportunity", says("advanced"), says("won"))

    ending = await closed(here)

    assert (ending.phase, ending.reason) == (Phase.CUSTOMER, "won")
    assert here.values("SELECT to_stage FROM stage_transition ORDER BY id")[:2] == [
        "sql",
        "opportunity",
    ]


@pytest.mark.parametrize(
    ("reaction", "reason"),
    [(says("lost", reason="price"), "lost"), (says("no_outcome"), "no_outcome")],
)
async def test_an_opportunity_that_is_not_won_comes_back(
    here: World, reaction: object, reason: str
) -> None:
    here.person.will("opportunity", reaction)  # type: ignore[arg-type]

    ending = await closed(here)

    assert (ending.phase, ending.reason) == (Phase.RECYCLE, reason)


async def test_a_lead_that_buys_beside_its_sale_is_a_customer_and_the_sale_goes_on(
    here: World,
) -> None:
    """Nobody would welcome it before the slow sale is over; or the slow sale would be lost."""
    handle = await opportunity_won_beside(here)
    ending = await here.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.CUSTOMER, "won")
    await here.reaches("SELECT stage FROM lead", "customer")
    assert here.values("SELECT outcome FROM opportunity ORDER BY id") == ["", "won"]
    assert here.values("SELECT count(*) FROM task WHERE state = 'open'") == [1]


async def test_a_parked_lead_that_buys_is_a_customer(here: World) -> None:
    """It would be written to in spring as one that once said no."""
    lead = here.lead(owner="rep-1")
    handle = await here.start(Phase.RECYCLE, lead, reason="lost")
    await here.reaches("SELECT phase FROM lead", "Recycle")

    here.person.will("opportunity", says("won"))
    await buys_beside(here, lead)
    ending = await here.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.CUSTOMER, "won")


async def test_what_the_owner_learned_of_budget_and_need_is_kept(here: World) -> None:
    here.person.will("opportunity", says("advanced", budget="40k", need="dispatch"), says("won"))

    await closed(here)

    assert here.value("SELECT qualification FROM opportunity") == {
        "budget": "40k",
        "need": "dispatch",
    }


async def test_a_customer_s_journey_ends_as_won(here: World) -> None:
    ending = await here.ending(await here.start(Phase.CUSTOMER, here.lead(), reason="won"))

    assert (ending.phase, ending.outcome, ending.reason) == ("", "customer", "won")
    assert here.value("SELECT stage FROM lead") == "customer"
