"""``starter.py team`` as a manager at a terminal meets it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from cli import lead, team
from cli.errors import UserError
from tests.cli.terminal import escalated
from tests.cli.terminal import run_beside as run
from tests.support.workflow_world import World


async def test_the_list_shows_who_has_what_and_who_is_away(desk: World) -> None:
    await escalated(desk, country="KR")
    await run(team.app, "presence", "rep-2", "--away")
    await run(team.app, "absence", "rep-3", "--until", "+10 days", "--reason", "holiday")

    shown = await run(team.app, "list")
    found = json.loads(await run(team.app, "list", "--json"))

    assert "1 of 500" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert [one["present"] for one in found["reps"]] == [True, False, True, True]
    assert found["reps"][2]["back_at"]
    assert found["unassigned"] == 0


async def test_a_lead_that_nobody_can_take_is_shown_and_given_by_hand(desk: World) -> None:
    for code in ("rep-1", "rep-2", "rep-3", "rep-4"):
        await run(team.app, "presence", code, "--away")
    await escalated(desk, country="KR")
    lead = desk.value("SELECT id FROM lead")

    shown = await run(team.app, "unassigned")
    assert "서지우" in shown.replace(" ", "")
    assert max(map(len, shown.splitlines())) <= 80
    waiting = json.loads(await run(team.app, "unassigned", "--json"))["waiting"]
    assert [one["lead_id"] for one in waiting] == [lead]
    assert "1 lead waits" in await run(team.app, "list")
    await run(team.app, "reassign", str(lead), "--to", "rep-4")

    assert desk.value("SELECT owner FROM task") == "rep-4"
    assert "has an owner" in await run(team.app, "unassigned")


async def test_an_absence_moves_what_is_due_at_once_and_its_end_brings_leads(desk: World) -> None:
    await escalated(desk, country="KR")
    assert desk.value("SELECT owner FROM lead") == "rep-1"

    elsewhere = desk.lead(email="b@x.example", email_key="b@x.example")
    with desk.database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO meeting (lead_id, owner, starts_at, state) "
                "VALUES (:lead, 'rep-1', :starts, 'booked')"
            ),
            {"lead": elsewhere, "starts": await desk.now() + timedelta(days=1)},
        )

    said = await run(team.app, "absence", "rep-1", "--until", "+10 days")

    assert "1 task that was due meanwhile has moved" in said
    assert "1 meeting falls into that time and stays with rep-1:" in said
    assert f"meeting 1 with lead {elsewhere}" in said
    assert desk.value("SELECT owner FROM lead WHERE id <> 2") == "rep-2"
    assert "is given leads again" in await run(team.app, "absence", "rep-1", "--end")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["reassign", "1", "--to", "rep-9"], "There is no rep 'rep-9'"),
        (["reassign", "99", "--to", "rep-1"], "There is no lead 99"),
        (["reassign", "1", "--to", "rep-1", "--by", "rpe-2"], "Nobody has the code 'rpe-2'"),
        (["presence", "rep-9", "--back"], "There is no rep 'rep-9'"),
        (["absence", "rep-1"], "when the rep is back"),
        (["absence", "rep-1", "--until", "soon"], "--until soon: write a time"),
        (["absence", "rep-1", "--end"], "rep-1 is not away"),
        (["absence", "rep-1", "--from", "+2 days", "--until", "+1 day"], "before it begins"),
    ],
)
async def test_a_mistake_is_a_sentence(desk: World, arguments: list[str], sentence: str) -> None:
    desk.lead()
    with pytest.raises(UserError, match=sentence):
        await run(team.app, *arguments)


async def test_alerts_are_on_a_list_until_somebody_has_heard(desk: World) -> None:
    """A manager would learn of a broken promise from the database."""
    lead = desk.lead()
    with desk.database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO alert (key, kind, lead_id, owner, raised_at, due_at) VALUES "
                "('a', 'sla_breach', :lead, 'mgr-1', now(), now()), "
                "('b', 'hot_lead', :lead, 'rep-1', now(), now())"
            ),
            {"lead": lead},
        )

    assert "Promise broken" in await run(team.app, "alerts")
    assert "hot lead" not in await run(team.app, "alerts", "--owner", "mgr-1")
    assert "Promise broken" not in await run(team.app, "alerts", "--put-away", "1")
    with pytest.raises(UserError, match="goes by itself, when its cause is gone"):
        await run(team.app, "alerts", "--put-away", "2")


async def test_a_lead_says_why_it_is_with_whom_it_is(desk: World) -> None:
    """Whoever asks at a terminal would read the rules of today and guess."""
    await escalated(desk, country="KR")
    number = desk.value("SELECT id FROM lead")
    await run(team.app, "reassign", str(number), "--to", "rep-4", "--by", "rep-1")

    shown = await run(lead.app, "why", str(number))
    found = json.loads(await run(lead.app, "why", str(number), "--json"))["assignments"]
    nudged = await run(team.app, "nudge", str(number))

    assert "gave it to" in shown
    assert "Who was asked" not in shown
    assert [one["cause"] for one in found] == ["reassigned", "routed"]
    assert found[1]["facts"]["considered"][0]["standing"] == "chosen"
    assert nudged.strip() == "rep-4 is nudged."
