"""``starter.py recycle``, ``account`` and ``dossier`` as sales meets them at a terminal."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import text

import settings
from cli import account, recycle, tasks
from cli.errors import UserError
from domain.contracts.journey import Phase
from domain.contracts.waits import JourneyStatus
from starter import app
from tests.cli.terminal import escalated
from tests.cli.terminal import run_beside as run
from tests.support.time_zones import where_it_is_night
from tests.support.workflow_world import World


def flat(shown: str) -> str:
    """What is shown, as one line; lines that no terminal has room for are refused."""
    assert max(map(len, shown.splitlines())) <= 80
    return " ".join(shown.split())


def company(desk: World) -> int:
    """An account with a name of some length; returns its id."""
    with desk.database.begin() as connection:
        made: int = connection.execute(
            text(
                "INSERT INTO account (name, name_key, domain, owner) VALUES "
                "('Analytical Engines & Sons of London', 'analytical engines & sons of london', "
                "'engines.example', 'rep-1') RETURNING id"
            )
        ).scalar_one()
    return made


async def test_sales_sees_who_rests_and_brings_them_back(desk: World) -> None:
    lead = desk.lead(account_id=company(desk))
    await desk.start(Phase.RECYCLE, lead, reason="not_interested")
    await desk.reaches("SELECT recycled_until IS NOT NULL FROM lead", True)
    day = (settings.get().clock().now() + timedelta(days=40)).date()

    assert "interested" in flat(await run(recycle.app, "list", "--reason", "not_interested"))
    assert "Nobody is in the recycle pool for lost" in await run(
        recycle.app, "list", "--reason", "lost"
    )
    assert f"comes back on {day} (asked for)" in flat(
        await run(recycle.app, "until", str(lead), str(day))
    )
    await desk.deliver()
    await desk.reaches("SELECT cast(recycled_until AS date) FROM lead", day)
    listing = await run(recycle.app, "list")
    assert f" {day}\n" in listing
    assert "asked for" in flat(listing)
    (listed,) = json.loads(await run(recycle.app, "list", "--json"))
    assert (listed["return_on"], listed["reason"]) == (str(day), "not_interested")
    assert "Not interested 1" in flat(await run(recycle.app, "forecast"))
    (week,) = json.loads(await run(recycle.app, "forecast", "--json"))
    assert week["leads"] == 1

    assert "comes back to welcome-nurture" in await run(
        recycle.app, "return-to", str(lead), "welcome-nurture"
    )
    assert "is told to come back now" in await run(recycle.app, "reactivate", str(lead))
    await desk.deliver()
    await desk.reaches("SELECT phase FROM lead", "Nurture")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["until", "1", "next spring"], "write a day such as"),
        (["until", "1", "2020-01-01"], "choose a day after"),
        (["reactivate", "1", "nobody@x.example"], "There is no lead 'nobody"),
        (["close-out", "1"], "is not recycled: its phase is 'not started'"),
        (["return-to", "1", "nowhere"], "nowhere is not published"),
    ],
)
async def test_a_slip_changes_nothing(desk: World, arguments: list[str], sentence: str) -> None:
    desk.lead()

    with pytest.raises(UserError, match=sentence):
        await run(recycle.app, *arguments)

    assert desk.value("SELECT count(*) FROM relay_message") == 0
    assert desk.value("SELECT return_on FROM lead") is None


async def test_a_rep_holds_an_account_sees_what_is_scheduled_and_stops_it(desk: World) -> None:
    which = str(company(desk))
    night = where_it_is_night(await desk.now())
    lead = desk.lead(account_id=int(which), owner="rep-1", time_zone=night)
    await desk.start(Phase.NURTURE, lead, cadence="welcome-nurture")
    await desk.reaches("SELECT due_at IS NOT NULL FROM enrollment", True)

    set_to = flat(
        await run(
            account.app,
            "do-not-market",
            which,
            "--for-good",
            "--by",
            "rep-1",
            "--reason",
            "Lawsuit",
        )
    )
    assert "is not marketed to for good" in set_to
    assert "for good rep-1 Lawsuit" in flat(await run(account.app, "list", "--do-not-market"))
    shown = flat(await run(account.app, "show", "engines.example"))
    assert "Do not market for good by rep-1: Lawsuit" in shown
    as_json = json.loads(await run(account.app, "show", which, "--json"))
    assert (as_json["do_not_market"], as_json["people"][0]["cadence"]) == (True, "welcome-nurture")
    with pytest.raises(UserError, match="release it first"):
        await run(account.app, "play", which, "recycle-reentry")
    await run(account.app, "release", which)
    with pytest.raises(UserError, match="may be written to"):
        await run(account.app, "release", which)

    assert "email-welcome-1-che" in flat(await run(account.app, "scheduled", "--owner", "rep-1"))
    (step,) = json.loads(await run(account.app, "scheduled", which, "--json"))
    assert (step["lead_id"], step["cadence"], step["put_off"]) == (lead, "welcome-nurture", False)
    assert "1 journey is told to pause" in flat(await run(account.app, "pause", which))
    handle = desk.client.get_workflow_handle(f"lead-{lead}")
    assert (await handle.query("status", result_type=JourneyStatus)).paused
    await run(account.app, "resume", which)
    assert "1 lead goes into recycle-reentry now" in flat(
        await run(account.app, "play", which, "recycle-reentry")
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["show", "nobody"], "There is no account 'nobody'"),
        (["scheduled"], "name an account, or give --owner"),
        (
            ["do-not-market", "1", "--by", "rep-1", "--reason", "x"],
            "either --until DATE or --for-good",
        ),
        (
            ["do-not-market", "1", "--by", "x", "--reason", "x", "--for-good"],
            "Nobody has the code 'x'",
        ),
        (["pause", "1"], "has a running journey"),
    ],
)
async def test_a_slip_with_an_account_is_told(
    desk: World, arguments: list[str], sentence: str
) -> None:
    which = company(desk)

    with pytest.raises(UserError, match=sentence):
        await run(account.app, *[str(which) if one == "1" else one for one in arguments])


async def test_the_task_shows_the_history_and_the_dossier_all_of_it(desk: World) -> None:
    """Who calls without it calls cold."""
    task = await escalated(desk)
    lead = desk.value("SELECT id FROM lead")

    shown = flat(await run(tasks.app, "show", str(task)))
    assert f"0 of 0 mails opened (all of it: `dossier {lead}`)" in shown
    whole = flat(await run(app, "dossier", str(lead)))
    assert "Grade C4" in whole
    as_json = json.loads(await run(app, "dossier", str(lead), "--json"))
    assert (as_json["score"]["points"], as_json["mails"]) == (0, [])
    with pytest.raises(UserError, match="There is no lead 'nobody"):
        await run(app, "dossier", "nobody@x.example")
    day = (settings.get().clock().now() + timedelta(days=40)).date()
    await run(tasks.app, "done", str(task), "return", "--reason", "too_early", "--until", str(day))
    assert desk.value("SELECT return_on FROM lead") == day
