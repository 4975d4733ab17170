"""``starter.py lead note|log-call|todo|contact|mail``: what people do with leads by hand."""

from __future__ import annotations

import json

import pytest

from cli import lead, tasks
from cli.errors import UserError
from domain.refusals import Refusal
from tests.cli.terminal import run_beside as run
from tests.support.workflow_world import World


async def test_what_happened_and_what_is_to_be_done_is_kept_and_a_mail_goes_out(
    desk: World,
) -> None:
    """Who works at a terminal would write it nowhere."""
    who = str(desk.lead(email="anna@acme.example", owner="rep-1"))

    await run(lead.app, "note", who, "Likes short mails", "--by", "rep-1")
    await run(lead.app, "log-call", who, "connected", "--incoming", "--text", "Asked for prices")
    due = ("--due", "+2 days", "--owner", "rep-1")
    assert "rep-1's" in await run(lead.app, "todo", who, "Send the price list", *due)
    await run(lead.app, "contact", who, "--phone", "+49 171 5550123", "--primary")
    await run(lead.app, "mail", who, "--subject", "Prices", "--text", "Here they are.")
    with pytest.raises((UserError, Refusal), match="Say how the call went"):
        await run(lead.app, "log-call", who, "won")

    shown = await run(lead.app, "show", who)
    assert "Likes short mails" in shown
    assert "from the lead · Connected · Asked for prices" in shown
    assert desk.value("SELECT phone FROM lead") == "+491715550123"
    assert desk.value("SELECT subject FROM written_mail") == "Prices"
    (task,) = json.loads(await run(tasks.app, "list", "--json"))
    assert (task["title"], task["kind"]) == ("Send the price list", "to_do")
    assert "is done: Done." in await run(tasks.app, "done", str(task["id"]), "done")
