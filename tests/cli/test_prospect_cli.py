"""``starter.py prospect``: a list that sales chose must be called, and nobody twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli import tasks
from cli.errors import UserError
from cli.groups import Commands
from cli.prospect import prospect
from domain.contracts.journey import Phase
from tests.cli.terminal import run_beside as run
from tests.support.follow_up_policies import FOLLOW_UP, OUTBOUND_RULES, publish
from tests.support.workflow_world import World, says

app = Commands()
app.command()(prospect)


def people(desk: World, *names: str) -> list[int]:
    """Leads whose journeys have not begun."""
    return [
        desk.lead(email=f"{name}@x.example", email_key=f"{name}@x.example", country="")
        for name in names
    ]


async def test_a_list_of_leads_goes_straight_to_the_rep_who_chose_it(
    desk: World, tmp_path: Path
) -> None:
    publish(desk, FOLLOW_UP + OUTBOUND_RULES)
    ada, bo, eve = people(desk, "ada", "bo", "eve")
    file = tmp_path / "list.txt"
    file.write_text(f"bo@x.example\n\nlead-{eve}\n", encoding="utf-8")

    done = await run(app, str(ada), "--file", str(file), "--owner", "rep-2", "--json")
    await desk.deliver()
    await desk.reaches("SELECT count(*) FROM lead WHERE phase = 'FollowUp'", 3)

    assert json.loads(done) == {"queued": [ada, bo, eve], "refused": []}
    assert set(desk.values("SELECT phase_reason || ' ' || owner FROM lead")) == {"outbound rep-2"}
    assert desk.value("SELECT count(*) FROM task WHERE kind = 'qualify'") == 0


async def test_who_cannot_be_called_is_named_with_the_reason_and_the_others_are(
    desk: World,
) -> None:
    ada, bo = people(desk, "ada", "bo")
    await desk.start(Phase.RECYCLE, bo, reason="lost")
    await desk.reaches("SELECT count(*) FROM lead WHERE phase = 'Recycle'", 1)

    done = await run(app, str(ada), str(bo), "nobody@x.example", exit_code=2)
    again = await run(app, str(ada), exit_code=2)

    assert "1 lead is queued" in done
    assert f"Not {bo}: It is in Recycle because of lost; move it to FollowUp" in done
    assert "Not nobody@x.example: There is no such lead" in done
    assert "about to begin" in again, "queued once"


@pytest.mark.parametrize(
    ("arguments", "says_so"),
    [
        ([], "Nobody was named"),
        (["--file", "no-such-file.txt"], "There is no file no-such-file.txt"),
        (["1", "--owner", "rep-9"], "There is no rep 'rep-9'"),
    ],
)
async def test_a_mistake_is_one_sentence_and_queues_nobody(
    desk: World, arguments: list[str], says_so: str
) -> None:
    people(desk, "ada")
    if "1" in arguments:
        arguments = [str(desk.value("SELECT id FROM lead")), *arguments[1:]]

    with pytest.raises(UserError, match=says_so):
        await run(app, *arguments)

    assert desk.value("SELECT count(*) FROM relay_message") == 0


async def test_a_rep_reads_at_the_task_what_each_disposition_leads_to(desk: World) -> None:
    publish(desk, FOLLOW_UP + OUTBOUND_RULES)
    (ada,) = people(desk, "ada")
    await run(app, str(ada), "--owner", "rep-2")
    desk.person.will("call", says("no_answer"))
    await desk.deliver()
    await desk.reaches("SELECT count(*) FROM lead WHERE phase = 'FollowUp'", 1)
    with desk.database.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO task (key, lead_id, kind, title, dispositions, owner, state, opened_at, "
            "due_at, deadline_at, workflow_id, run_id) VALUES ('k', %s, 'call', 'Call', "
            "'[\"no_answer\", \"unqualified\"]', 'rep-2', 'open', now(), now(), now(), 'w', 'r')",
            (ada,),
        )
    task = desk.value("SELECT id FROM task WHERE key = 'k'")

    shown = " ".join((await run(tasks.app, "show", str(task))).split())
    as_json = json.loads(await run(tasks.app, "show", str(task), "--json"))

    assert "no_answer: Call attempt 2 of 3, 2 business days later." in shown
    assert "The mail outbound-1-why-you goes out now" in shown
    assert as_json["leads_to"]["unqualified"] == "The lead is out for good: unqualified."
