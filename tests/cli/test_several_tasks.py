"""Several tasks at once at a terminal: what can be done is, and what can't is named."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

import starter
from cli.errors import UserError
from tests.cli.terminal import outcome
from tests.cli.test_on_record import people
from tests.support.opened_task import opened

STATES = (
    "SELECT string_agg(state || coalesce(' ' || nullif(disposition, ''), ''), ', ' ORDER BY id)"
)


@pytest.fixture
def calls(database: Engine) -> list[str]:
    """Three calls of lead 1, of which the third is over."""
    people(database)
    outcome(starter.app, "cadence", "publish", "--yes")
    with database.begin() as connection:
        made = [opened(connection, "call", ["no_answer"], number=n) for n in (1, 2, 3)]
        connection.execute(
            text(
                "UPDATE task SET owner = 'rep-1', deadline_at = now() + interval '1 day', "
                "due_at = now() + interval '5 hours', state = CASE WHEN id = :over "
                "THEN 'withdrawn' ELSE 'open' END"
            ),
            {"over": made[2]},
        )
    return [str(one) for one in made]


def states(database: Engine) -> str:
    with database.connect() as connection:
        return str(connection.scalar(text(f"{STATES} FROM task")))


def test_those_that_can_be_are_put_off_and_ended_and_the_others_are_named(
    database: Engine, calls: list[str]
) -> None:
    """Somebody ends the calls of a morning at once: one that is over would keep all from ending, or
    would be taken for ended."""
    put_off = outcome(starter.app, "tasks", "snooze", *calls, "+2 hours", exit_code=1).output
    done = outcome(starter.app, "tasks", "done", *calls, "no_answer", exit_code=1).output

    assert f"Task {calls[0]} comes back" in put_off
    assert f"Task {calls[2]} stays: Task {calls[2]} is not open any more" in " ".join(
        put_off.split()
    )
    assert "1 of 3 tasks stay as they were." in put_off
    assert f"Task {calls[1]} is done: No answer." in done
    assert f"Task {calls[2]} stays:" in done
    assert states(database) == "done no_answer, done no_answer, withdrawn"


def test_leads_of_tasks_are_given_away_after_a_look(database: Engine, calls: list[str]) -> None:
    """A manager would look up the lead of each task, and give one away twice."""
    looked = outcome(starter.app, "tasks", "reassign", *calls, "--to", "rep-2", "--check").output
    assert "rep-2 would get 1 of the leads, with 2 tasks" in looked
    given = outcome(starter.app, "tasks", "reassign", *calls, "--to", "rep-2").output
    again = outcome(starter.app, "tasks", "reassign", calls[0], "--to", "rep-2").output
    by_turns = outcome(starter.app, "tasks", "reassign", calls[0]).output

    assert given == "Lead 1 is rep-2's now.\n"
    assert again == "Lead 1 was rep-2's before.\n"
    assert by_turns.startswith("Lead 1 ")
    with pytest.raises(UserError, match="ghost"):
        outcome(starter.app, "tasks", "reassign", calls[0], "--to", "ghost")
