"""``starter.py tasks`` and ``starter.py lead`` as SDRs and ops at a terminal meet them."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import text

import settings
from cli import lead, tasks
from cli.errors import UserError
from domain.checking.lint import lint_policy
from store.published.policies import publish_policy
from store.scoring.engagement import LeadActivity, record
from store.scoring.scoring import refresh_fit
from tests.cli.terminal import NO_TEMPORAL, escalated
from tests.cli.terminal import run_beside as run
from tests.support.workflow_world import World


async def test_an_sdr_sees_who_and_why_and_finishes_the_task(desk: World) -> None:
    task = await escalated(desk, phone="+82 10-2345-6789")

    assert "Accept or return this lead" in await run(tasks.app, "list")
    shown = await run(tasks.app, "show", str(task))
    assert "서" in shown
    assert "+82 10-2345-6789" in shown
    assert "Score reached" in shown
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
        (["TASK", "accept", "--by", "nobody"], "Nobody has the code 'nobody'"),
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

    with pytest.raises(UserError, match=r"rep-1 has done it on .*note is kept"):
        await run(tasks.app, "done", str(task), "accept", "--note", "met at the fair")

    assert desk.value("SELECT answer->'refused'->0->>'note' FROM task") == "met at the fair"
    assert "met at the fair" in await run(lead.app, "show", "ada@lovelace.example")


async def test_ops_see_why_a_lead_is_where_it_is_and_can_steer_it(desk: World) -> None:
    await escalated(desk)
    person = desk.value("SELECT id FROM lead")

    shown = await run(lead.app, "show", "ada@lovelace.example")
    assert "Next Waiting for Hana Lindqvist: Accept or return, due" in shown.replace("\n", " ")
    as_json = json.loads(await run(lead.app, "show", f"lead-{person}", "--json"))
    assert as_json["phase"] == "FollowUp"
    with pytest.raises(UserError, match="choose Nurture"):
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
    heading, *rows = (await run(lead.app, "list", "--csv")).splitlines()
    assert heading.startswith("id,first_name,last_name")
    assert len(rows) == len(listed)
    assert [one["score"] for one in listed] == [45]
    for nobody in ("nobody@x.example", "²", "99999999999999999999"):
        with pytest.raises(UserError, match=f"There is no lead '{nobody}'"):
            await run(lead.app, "show", nobody)
    await run(lead.app, "score", str(person), "45000000000", exit_code=2)


async def test_who_gets_no_mail_is_seen_to_get_none(desk: World) -> None:
    """Marketing would wonder why a lead hears nothing, and ops whether their order was taken."""
    person = str(desk.lead())
    assert "Mail" not in await run(lead.app, "show", person)

    await run(lead.app, "suppress", person, "--reason", "called [us]")
    shown = await run(lead.app, "show", person)
    assert "Mail none from marketing: stopped by hand" in shown
    assert "Wants no mail · operator · called [us]" in " ".join(shown.split())
    as_json = json.loads(await run(lead.app, "show", person, "--json"))
    assert (as_json["suppressed"], as_json["refused_topics"]) == ("manual", [])

    await run(lead.app, "permit", person, "--evidence", "phone")
    shown = await run(lead.app, "show", person)
    assert "Mail" not in shown
    assert "Wants mail · operator · phone" in " ".join(shown.split())


async def test_a_lead_is_shown_while_temporal_is_down(
    desk: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scores and history go on arriving; who asks for them must not be turned away."""
    person = str(desk.lead())
    monkeypatch.setenv("TEMPORAL_ADDRESS", NO_TEMPORAL)
    settings.get.cache_clear()

    shown = " ".join((await run(lead.app, "show", person)).split())
    assert f"Next not known now. Temporal at {NO_TEMPORAL} does not answer" in shown
    assert "Grade C4" in shown


async def test_the_history_says_which_link_and_how_many_points(desk: World) -> None:
    """An SDR calls about what was read; a big number must not turn into a row of #."""
    person = desk.lead()
    now = settings.get().clock().now()
    with desk.database.begin() as connection:
        record(
            connection,
            [
                LeadActivity(
                    "1", "click", now, lead_id=person, detail={"url": "https://x.example/a"}
                ),
                LeadActivity("2", "page", now, lead_id=person, detail={"path": "/pricing"}),
                LeadActivity("3", "score", now, lead_id=person, points=1500),
            ],
            now,
        )

    shown = " ".join((await run(lead.app, "show", str(person))).split())
    assert "Clicked a link · https://x.example/a ·" in shown
    assert "Read a page · /pricing" in shown
    assert "Points given by hand · +1,500 points" in shown


FADING = """\
policy: scoring
half_life: 10 days
interest:
  - {rule: clicked, on: click, points: 20, at_most: 1 per day}
  - {rule: replied, on: reply, points: 5}
fit:
  - {rule: decides, if: 'lead.title == "Owner"', points: 20}
levels: {1: 60, 2: 30, 3: 10}
letters: {A: 50, B: 20, C: 0}
matrix:
  A: [hot, mql, engaged, known]
  B: [hot, mql, engaged, known]
  C: [mql, mql, engaged, known]
  D: [engaged, engaged, known, known]
hot_within: 15 minutes
"""


def under_fading_rules(desk: World, **traits: str) -> int:
    """A lead that clicked twice in one day ten days ago, as a scanner did; returns its id."""
    person = desk.lead(**traits)
    at = settings.get().clock().now().replace(hour=12) - timedelta(days=10)
    with desk.database.begin() as connection:
        rules, problems = lint_policy(FADING, "scoring.yaml", ())
        assert rules is not None, problems
        publish_policy(connection, FADING, rules)
        record(
            connection,
            [
                LeadActivity("1", "click", at, lead_id=person),
                LeadActivity("2", "click", at + timedelta(hours=1), lead_id=person),
                LeadActivity(
                    "3", "click", at - timedelta(hours=1), lead_id=person, machine="agent"
                ),
                LeadActivity("4", "track", at, lead_id=person, name="[/bold] bought [x]"),
            ],
            at,
        )
        refresh_fit(connection, [person], at)
    return person


async def test_a_score_is_explained_line_by_line(desk: World) -> None:
    """An SDR who can't see why a lead is hot stops believing that it is."""
    person = under_fading_rules(desk, title="Owner")

    shown = await run(lead.app, "show", str(person))
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    start = next(at for at, line in enumerate(lines) if line.startswith("Grade"))
    said = " ".join(lines[start:])
    assert lines[start].startswith("Grade B3 is engaged")
    assert "20 points missing to mql. 50 points missing to hot." in said
    assert "Fit B, 20 points decides +20 Interest 3, 10 points today" in said
    assert "clicked 1 +20 +10." in said or "clicked 1 +20 +9." in said
    assert "1 over the limit, 1 by a machine" in said
    assert "[/bold] bought [x]" in said
    assert max(map(len, shown.splitlines())) <= 80

    as_json = json.loads(await run(lead.app, "show", str(person), "--json"))
    assert as_json["score"] == as_json["scoring"]["points"]
    assert (as_json["scoring"]["to_mql"], as_json["scoring"]["to_hot"]) == (20, 50)
    assert as_json["scoring"]["fit"]["rules"] == [{"rule": "decides", "points": 20}]
    (clicked,) = as_json["scoring"]["interest"]["rules"]
    assert (clicked["times"], clicked["over_cap"], clicked["machines"]) == (1, 1, 1)
    listed = " ".join((await run(lead.app, "list")).split())
    assert f"{as_json['score']} B3" in listed


async def test_a_lead_that_never_gets_there_is_said_not_to(desk: World) -> None:
    """Somebody would wait for points that mean nothing."""
    person = under_fading_rules(desk)

    shown = " ".join((await run(lead.app, "show", str(person))).split())
    assert "20 points missing to mql. As a C it never gets to hot." in shown


async def listed_tasks() -> list[str]:
    """The lines of the list of tasks, without its header."""
    return (await run(tasks.app, "list")).splitlines()[1:]


async def test_hot_leads_stand_first_with_the_minutes_that_are_left(desk: World) -> None:
    """Five minutes are gone while an SDR reads a list in order of due dates."""
    hot = await escalated(desk)
    now = settings.get().clock().now()
    with desk.database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO task (key, lead_id, kind, title, instructions, dispositions, attempt,"
                " owner, state, opened_at, due_at, deadline_at, workflow_id, run_id)"
                " SELECT 'other', lead_id, kind, 'Overdue', '', dispositions, 1, owner, 'open',"
                " opened_at, opened_at - interval '1 day', deadline_at, workflow_id, run_id"
                " FROM task"
            )
        )
        connection.execute(
            text("UPDATE task SET hot = true, due_at = :due WHERE id = :id"),
            {"due": now + timedelta(minutes=4), "id": hot},
        )
    assert re.match(rf"{hot} +HOT [34] min left", (await listed_tasks())[0])

    with desk.database.begin() as connection:
        connection.execute(
            text("UPDATE task SET due_at = :due WHERE id = :id"),
            {"due": now - timedelta(minutes=9), "id": hot},
        )
    assert re.match(rf"{hot} +HOT \d+ min late", (await listed_tasks())[0])
    assert re.search(r"score 0 \(C4\)", await run(tasks.app, "show", str(hot)))
