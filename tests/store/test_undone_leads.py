"""A lead whose only journey was an enrollment by hand that was undone counts as one without."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, text

from store.engine import engine
from store.identities.identified_leads import start_journeys
from store.imports import lead_import
from store.routing.prospects import prospect
from store.tables import Lead
from tests.store.test_lead_import import stage
from tests.support.rows import add

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ADDRESS = "mina@acme.example"
AGAIN = [("start-again:lead-1:3", "start_again", 3)]


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """A database with such a lead, whose first start is on record."""
    database = engine(database_url)
    with database.begin() as opened:
        add(
            opened,
            Lead,
            email=ADDRESS,
            email_key=ADDRESS,
            phase="ended",
            phase_reason="unenrolled",
            cycle=2,
        )
        opened.execute(
            text(
                "INSERT INTO relay_message (key, workflow_id, kind, name, outcome) "
                "VALUES ('start:lead-1', 'lead-1', 'start', 'Nurture', 'done')"
            )
        )
        yield opened
    database.dispose()


def starts(connection: Connection) -> list[tuple[str, str, int]]:
    rows = connection.execute(
        text(
            "SELECT key, kind, cast(payload->>'cycle' AS int) AS cycle FROM relay_message "
            "WHERE outcome = ''"
        )
    )
    return [(row.key, row.kind, row.cycle) for row in rows]


def test_a_file_with_a_cadence_starts_it(connection: Connection) -> None:
    """Marketing takes a run back and imports the list with the right cadence: nothing happens."""
    stage(connection, {"email": ADDRESS})
    lead_import.merge(connection, time_zone="UTC")
    for _ in range(2):
        lead_import.queue_journeys(connection, cadence="welcome-nurture", per_second=50.0)

    assert starts(connection) == AGAIN


def test_a_form_starts_it(connection: Connection) -> None:
    """It fills in a form, and the mails it was promised never come."""
    start_journeys(connection, [1], "welcome-nurture")

    assert starts(connection) == AGAIN


def test_sales_may_call_it(connection: Connection) -> None:
    """A rep who wants to call it would hear that its journey has ended."""
    first = prospect(connection, [ADDRESS], NOW)
    second = prospect(connection, [ADDRESS], NOW)

    assert (first.queued, first.refused) == ([1], [])
    assert second.queued == []
    assert starts(connection) == AGAIN
