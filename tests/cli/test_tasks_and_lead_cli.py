"""``starter.py tasks`` and ``starter.py lead`` as SDRs and ops at a terminal meet them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from typer.testing import CliRunner

import settings
from cli import lead, tasks
from cli.errors import UserError
from domain.journey import Phase
from tests.workflows.conftest import here, published
from tests.workflows.harness import World

__all__ = ["here", "published"]


@pytest.fixture
async def desk(here: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A world whose addresses the command line finds in its environment."""
    url = here.database.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", here.client.service_client.config.target_host)
    settings.get.cache_clear()
    yield here
    settings.get.cache_clear()


async def run(app: Any, *arguments: str) -> str:
    """What the command prints; a refusal is raised."""
    result = await asyncio.to_thread(CliRunner().invoke, app, list(arguments))
    if isinstance(result.exception, UserError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


async def escalated(desk: World) -> int:
    """A lead in FollowUp whose qualify task is open; returns the task's id."""
    person = desk.lead(first_name="지우", last_name="서", phone="+82 10-2345-6789")
    await desk.start(Phase.FOLLOW_UP, person, reason="score_reached")
    await desk.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)
    found: int = desk.value("SELECT id FROM task")
    return found


async def test_an_sdr_sees_who_and_why_and_finishes_the_task(desk: World) -> None:
    task = await escalated(desk)

    assert "Accept or return this lead" in await run(tasks.app, "list")
    shown = await run(tasks.app, "show", str(task))
    assert "서" in shown
    assert "+82 10-2345-6789" in shown
    assert "score_reached" in shown
    await run(tasks.app, "done", str(task), "return", "--reason", "too_early", "--note", "budget")

    assert desk.value("SELECT disposition FROM task") == "return"
    assert desk.value("SELECT answer->>'note' FROM task") == "budget"
    assert desk.value("SELECT count(*) FROM relay_message WHERE kind = 'complete_task'") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["999", "accept"], "There is no task 999"),
        (["TASK", "dance"], "choose one of accept, return"),
        (["TASK", "return"], "needs a reason"),
        (["TASK", "return", "--reason", "bored"], "is no reason to return a lead"),
        (["TASK", "accept", "--at", "someday"], "write a time such as"),
    ],
)
async def test_a_slip_is_told_in_a_sentence_and_changes_nothing(
    desk: World, arguments: list[str], sentence: str
) -> None:
    task = await escalated(desk)

    with pytest.raises(UserError, match=sentence):
        await run(tasks.app, "done", *[str(task) if a == "TASK" else a for a in arguments])

    assert desk.value("SELECT state FROM task") == "open"


async def test_a_task_done_twice_is_refused_and_the_second_note_is_kept(desk: World) -> None:
    task = await escalated(desk)
    await run(tasks.app, "done", str(task), "accept")

    with pytest.raises(UserError, match=r"somebody has done it already.*note is kept"):
        await run(tasks.app, "done", str(task), "accept", "--note", "met at the fair")

    assert desk.value("SELECT answer->'refused_notes' FROM task") == ["met at the fair"]


async def test_ops_see_why_a_lead_is_where_it_is_and_can_steer_it(desk: World) -> None:
    await escalated(desk)
    person = desk.value("SELECT id FROM lead")

    shown = await run(lead.app, "show", "ada@lovelace.example")
    assert "Waiting for rep-1 to finish qualify task" in shown.replace("\n", " ")
    as_json = json.loads(await run(lead.app, "show", f"lead-{person}", "--json"))
    assert as_json["phase"] == "FollowUp"
    with pytest.raises(UserError, match="choose one of Nurture"):
        await run(lead.app, "move", str(person), "Limbo")

    await run(lead.app, "pause", str(person))
    await desk.reaches("SELECT count(*) FROM task WHERE state = 'open'", 0)
    await run(lead.app, "resume", str(person))
    await desk.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)
    assert "from FollowUp to Recycle" in await run(lead.app, "move", str(person), "Recycle")
    await desk.reaches("SELECT phase FROM lead", "Recycle")
    await run(lead.app, "stop", str(person))
    await desk.reaches("SELECT phase FROM lead", "ended")
    with pytest.raises(UserError, match="has no running journey"):
        await run(lead.app, "pause", str(person))


async def test_a_score_given_by_hand_counts_and_is_listed(desk: World) -> None:
    person = desk.lead()

    assert "45 points" in await run(lead.app, "score", str(person), "45")
    listed = json.loads(await run(lead.app, "list", "--json"))
    assert [one["score"] for one in listed] == [45]
    with pytest.raises(UserError, match=r"There is no lead 'nobody@x\.example'"):
        await run(lead.app, "show", "nobody@x.example")
