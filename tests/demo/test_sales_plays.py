"""How the demo's sales team works over the API: a booking that is dropped would stop a lead's loop
unseen."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from sqlalchemy import Connection, Engine, insert, text

from cli.cadence import CADENCES, TEMPLATES, publish_files
from cli.tokens import make_token
from demo.people import TEMPERAMENTS, WORKS_WITHIN
from demo.sales import SalesTeam
from demo.web import WebClient, open_web
from domain.access import Role
from domain.contracts.journey import TaskRequest
from domain.contracts.tasks import TaskKind, Undone
from domain.sales.opportunities import OpportunityPolicy
from domain.tasks.completion import Completion
from domain.tasks.rules import TASKS
from settings import Clock, Settings
from store.engine import engine
from store.meetings.meetings import book_meeting
from store.published.policies import policy
from store.routing.routing import reassign
from store.tables import Lead
from store.tasks import tasks
from web.app import create_app

CLOCK = Clock(datetime.now(UTC), 1.0)
TAKEN = (CLOCK.now() + timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
NO_ANSWER = Completion(disposition="no_answer")


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """The shipped policies, and two leads of rep-1."""
    database = engine(database_url)
    publish_files(database, CADENCES, TEMPLATES)
    rows = [
        {"email": f"l{n}@x.example", "email_key": f"l{n}@x.example", "owner": "rep-1"}
        for n in (1, 2)
    ]
    with database.begin() as connection:
        connection.execute(insert(Lead).values([row | {"phase": "FollowUp"} for row in rows]))
    yield database
    database.dispose()


@pytest.fixture
def team(database: Engine, database_url: str, tmp_path: Path) -> Iterator[SalesTeam]:
    """The sales team, at a web app that listens."""
    settings = Settings(
        database_url=database_url,
        perennial_home=tmp_path,
        secret_key="a secret of the tests, 0123456789",
        email_channel="outbox",
    )
    config = uvicorn.Config(create_app(settings), port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with open_web(f"http://127.0.0.1:{port}") as http:
        web = WebClient(http, make_token(database, "demo", Role.ADMIN))
        yield SalesTeam(web, CLOCK, {}, lambda _who, _what: None)
    server.should_exit = True
    thread.join()


def call(connection: Connection, owner: str | None = None) -> int:
    """An open call task of lead 1; its id."""
    return tasks.open_task(
        connection,
        TaskRequest("run:call", 1, TaskKind.CALL),
        title="Call",
        instructions="",
        dispositions=TASKS[TaskKind.CALL].dispositions,
        opened_at=CLOCK.now(),
        due=timedelta(hours=1),
        deadline=timedelta(days=1),
        workflow_id="lead-1",
        run_id="run",
        owner=owner,
    ).id


def test_a_time_that_is_taken_becomes_a_later_free_one(database: Engine, team: SalesTeam) -> None:
    """With few reps and many leads, most bookings would be lost."""
    with database.begin() as connection:
        book_meeting(
            connection, lead_id=2, starts_at=TAKEN, minutes=30, booked_by="rep-1", at=CLOCK.now()
        )
        task = call(connection)
    assert team.complete(task, Completion(disposition="meeting_booked", at=TAKEN)) == "rep-1"
    with database.connect() as connection:
        booked = connection.execute(text("SELECT starts_at FROM meeting WHERE lead_id = 1"))
        assert booked.scalar_one() >= TAKEN + timedelta(minutes=30)


def test_a_task_that_changed_hands_is_done_by_its_new_owner(
    database: Engine, team: SalesTeam
) -> None:
    """In compressed time most leads are late, and the SLA gives them to a colleague."""
    with database.begin() as connection:
        task = call(connection)
        assert reassign(connection, [1], "rep-2", "mgr-world", CLOCK.now()) == [1]
    assert team.complete(task, NO_ANSWER) == "rep-2"
    with database.connect() as connection:
        by = connection.execute(text("SELECT completed_by FROM task")).scalar_one()
    assert by == "rep-2"


@pytest.mark.parametrize(("owner", "by"), [("", "rep-1"), ("mgr-world", "mgr-world")])
def test_what_no_rep_owns_is_given_to_one_or_done_by_its_manager(
    database: Engine, team: SalesTeam, owner: str, by: str
) -> None:
    """A lead that nobody could take, or the review of a lost opportunity, would lie there for
    good."""
    with database.begin() as connection:
        connection.execute(text("UPDATE lead SET owner = '' WHERE id = 1"))
        task = call(connection, owner)
    assert team.complete(task, NO_ANSWER) == by


def test_a_task_that_is_over_is_left_alone(database: Engine, team: SalesTeam) -> None:
    with database.begin() as connection:
        task = call(connection)
        tasks.close_task(connection, task, Undone.WITHDRAWN, CLOCK.now())
    assert team.complete(task, NO_ANSWER) == ""
    assert team.new_tasks() == []


def test_the_team_knows_every_kind_of_task() -> None:
    """One it does not know stops all people of the demo."""
    assert set(WORKS_WITHIN) == set(TASKS)


def test_the_scripts_end_with_what_the_shipped_policies_take(database: Engine) -> None:
    """A reason that is none would stop the demo in the middle."""
    with database.connect() as connection:
        reasons = policy(connection, OpportunityPolicy).loss_reasons
    for kind in TEMPERAMENTS:
        for script, task in (
            (kind.qualify, TaskKind.QUALIFY),
            (kind.calls, TaskKind.CALL),
            (kind.meetings, TaskKind.MEETING_OUTCOME),
            (kind.opportunity, TaskKind.OPPORTUNITY),
            ((kind.renewal,), TaskKind.RENEWAL),
        ):
            for disposition, *because in (outcome.split(":") for outcome in script):
                assert disposition in [*TASKS[task].dispositions, "leave"]
                if disposition == "lost":
                    assert because[0] in reasons
