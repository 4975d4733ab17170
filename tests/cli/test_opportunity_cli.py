"""``starter.py opportunity`` as a seller at a terminal meets it."""

from __future__ import annotations

import json

import pytest

from cli import opportunity
from cli.errors import UserError
from tests.cli.terminal import run_beside as run
from tests.support import customer_policies
from tests.support.workflow_world import World


async def opened(desk: World) -> int:
    """An opportunity opened at the terminal, whose task is there; returns its id."""
    customer_policies.helpful(desk)
    lead = desk.lead(owner="rep-1")
    await run(opportunity.app, "open", f"lead-{lead}", "--name", "Second depot")
    await desk.deliver()
    await desk.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)
    made: int = desk.value("SELECT id FROM opportunity")
    return made


async def test_a_seller_opens_a_sale_and_sees_what_is_missing(desk: World) -> None:
    """Nobody would ask for the budget that nobody knows is unknown."""
    number = await opened(desk)
    moved = await run(opportunity.app, "advance", str(number), "--learned", "budget=40k")
    assert moved.startswith(f"opportunity-{number}: on to proposal.")
    await desk.deliver()
    await desk.reaches("SELECT stage FROM opportunity", "proposal")

    (listed,) = json.loads(await run(opportunity.app, "list", "--open", "--json"))
    shown = await run(opportunity.app, "show", str(number))

    assert (listed["stage"], listed["missing"]) == ("proposal", ["authority", "need", "timeline"])
    assert "Second depot" in shown
    assert "40k" in shown
    assert "authority, need, timeline" in shown
    await desk.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)
    assert desk.value("SELECT facts->>'stage' FROM task WHERE state = 'open'") == "proposal"


async def test_a_lost_sale_is_closed_with_its_reason_and_competitor(desk: World) -> None:
    number = await opened(desk)

    with pytest.raises(UserError, match="choose one of price, no_budget"):
        await run(opportunity.app, "lost", str(number), "--reason", "weather")
    await run(
        opportunity.app, "lost", str(number), "--reason", "price", "--competitor", "acme_tools"
    )
    await desk.deliver()
    await desk.reaches("SELECT outcome FROM opportunity", "lost")

    shown = json.loads(await run(opportunity.app, "show", str(number), "--json"))
    assert (shown["outcome_reason"], shown["competitor"]) == ("price", "acme_tools")
    with pytest.raises(UserError, match=r"was closed on .*: lost"):
        await run(opportunity.app, "won", str(number))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["open", "nobody@x.example"], "There is no lead 'nobody@x.example'"),
        (["show", "999"], "There is no opportunity 999"),
        (["won", "999"], "There is no opportunity 999"),
    ],
)
async def test_what_there_is_not_is_said(desk: World, arguments: list[str], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        await run(opportunity.app, *arguments)
