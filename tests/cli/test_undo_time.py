"""``starter.py`` while a colleague's disposition can still be taken back in the console."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from cli import cadence, opportunity, tasks
from cli.errors import UserError
from domain.access import Role
from domain.tasks.completion import Completion
from store.access.users import add_user
from store.opportunities import opportunities
from store.tasks import pending_dispositions
from tests.cli.terminal import run
from tests.support.opened_task import NOW, make_lead, opened

pytestmark = pytest.mark.usefixtures("rep")

JUST_DONE = "Task 1 can't be finished any more: rep-1 has just done it with"


@pytest.fixture
def database(database: Engine) -> Engine:
    """Lead 1, the policies that come with Perennial, and somebody who works in the console."""
    policies = [cadence.CADENCES / f"{name}.yaml" for name in ("scoring", "opportunity")]
    cadence.publish_files(database, cadence.CADENCES, cadence.TEMPLATES, policies)
    with database.begin() as connection:
        make_lead(connection)
        add_user(connection, "ops@perennial.example", "Ops", Role.OPS)
    return database


def test_a_task_is_not_finished_twice(database: Engine) -> None:
    """The colleague was told that it counts, and would find that another answer did."""
    with database.begin() as connection:
        task = opened(connection, "call", ["no_answer", "connected"])
        pending_dispositions.complete_with_undo(
            connection, task, Completion(disposition="no_answer"), "rep-1", NOW, user_id=1
        )

    with pytest.raises(UserError, match=f"{JUST_DONE} 'no_answer'.*note is kept with the lead"):
        run(tasks.app, "done", str(task), "connected", "--by", "rep-1", "--note", "spoke to Ada")

    with database.connect() as connection:
        state, answer = connection.execute(text("SELECT state, answer FROM task")).one()
    assert state == "open"
    assert answer["refused"][0]["note"] == "spoke to Ada"


def test_a_sale_is_not_closed_over_a_colleagues_answer(database: Engine) -> None:
    """`opportunity won` finishes the opportunity's task too."""
    with database.begin() as connection:
        sale = opportunities.open_beside(connection, lead_id=1, name="Depot", at=NOW)
        task = opened(connection, "opportunity", ["advanced", "won", "lost"])
        connection.execute(text("UPDATE task SET opportunity_id = :sale"), {"sale": sale})
        pending_dispositions.complete_with_undo(
            connection, task, Completion(disposition="advanced"), "rep-1", NOW, user_id=1
        )

    with pytest.raises(UserError, match=f"{JUST_DONE} 'advanced'"):
        run(opportunity.app, "won", str(sale), "--by", "rep-1")
