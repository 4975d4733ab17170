"""How the demo's sales team answers: a booking that is dropped would stop a lead's loop unseen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, insert, text

from cli.cadence import CADENCES, TEMPLATES, publish_files
from demo.people import TEMPERAMENTS, WORKS_WITHIN
from demo.players import enter
from domain.checking.policies import DISPOSITIONS
from domain.contracts.journey import TaskRequest
from domain.sales.opportunities import OpportunityPolicy
from settings import Clock
from store.engine import engine
from store.meetings.meetings import book_meeting
from store.published.policies import policy
from store.routing.routing import reassign
from store.tables import Lead
from store.tasks import tasks
from store.tasks.answers import Answer

CLOCK = Clock(datetime.now(UTC), 1.0)
TAKEN = (CLOCK.now() + timedelta(days=3)).replace(minute=0, second=0, microsecond=0)


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


def call(connection: Connection) -> int:
    """An open call task of lead 1; its id."""
    return tasks.open_task(
        connection,
        TaskRequest("run:call", 1, "call"),
        title="Call",
        instructions="",
        dispositions=DISPOSITIONS["call"],
        opened_at=CLOCK.now(),
        due=timedelta(hours=1),
        deadline=timedelta(days=1),
        workflow_id="lead-1",
        run_id="run",
    ).id


def test_a_time_that_is_taken_becomes_the_next_free_one(database: Engine) -> None:
    """With few reps and many leads, most bookings would be lost."""
    with database.begin() as connection:
        book_meeting(
            connection, lead_id=2, starts_at=TAKEN, minutes=30, booked_by="rep-1", at=CLOCK.now()
        )
        task = call(connection)
    assert enter(database, CLOCK, task, Answer("meeting_booked", "rep-1", at=TAKEN))
    with database.connect() as connection:
        booked = connection.execute(text("SELECT starts_at FROM meeting WHERE lead_id = 1"))
        assert booked.scalar_one() >= TAKEN + timedelta(minutes=30)


def test_a_task_that_changed_hands_is_done_by_its_new_owner(database: Engine) -> None:
    """In compressed time most leads are late, and the SLA gives them to a colleague."""
    with database.begin() as connection:
        task = call(connection)
        assert reassign(connection, [1], "rep-2", "mgr-world", CLOCK.now()) == [1]
    assert enter(database, CLOCK, task, Answer("no_answer", "rep-1"))
    with database.connect() as connection:
        by = connection.execute(text("SELECT completed_by FROM task")).scalar_one()
    assert by == "rep-2"


def test_a_task_that_is_over_is_left_alone(database: Engine) -> None:
    with database.begin() as connection:
        task = call(connection)
        tasks.close_task(connection, task, "withdrawn", CLOCK.now())
    assert not enter(database, CLOCK, task, Answer("no_answer", "rep-1"))


def test_the_team_knows_every_kind_of_task() -> None:
    """One it does not know stops all people of the demo."""
    assert set(WORKS_WITHIN) == set(DISPOSITIONS)


def test_the_scripts_end_with_what_the_shipped_policies_take(database: Engine) -> None:
    """A reason that is none would stop the demo in the middle."""
    with database.connect() as connection:
        reasons = policy(connection, OpportunityPolicy).loss_reasons
    for kind in TEMPERAMENTS:
        for script, task in (
            (kind.qualify, "qualify"),
            (kind.calls, "call"),
            (kind.meetings, "meeting_outcome"),
            (kind.sale, "opportunity"),
            ((kind.renewal,), "renewal"),
        ):
            for disposition, *because in (outcome.split(":") for outcome in script):
                assert disposition in [*DISPOSITIONS[task], "leave"]
                if disposition == "lost":
                    assert because[0] in reasons
