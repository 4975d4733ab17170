"""How many leads stand where, kept while they come, move and go."""

from __future__ import annotations

from sqlalchemy import Connection, text

from store.figures.lead_counts import add_up
from store.views.today import leads_by_stage
from tests.support.lead_histories import add_lead

COUNTED = """
    SELECT stage, count(*) AS leads, count(*) FILTER (WHERE phase = '') AS waiting
    FROM lead WHERE phase_reason <> 'erased' GROUP BY stage
"""


def test_the_counts_are_those_of_the_leads_whatever_happens_to_them(
    connection: Connection,
) -> None:
    """Today would say that a hundred leads wait for a call, of whom sixty are customers."""
    for number in range(40):
        add_lead(connection, [], owner=f"rep-{number % 3}", stage="known")
    for change in (
        "UPDATE lead SET phase = 'Nurture' WHERE id % 2 = 0",
        "UPDATE lead SET stage = 'mql', phase = 'FollowUp' WHERE id % 3 = 0",
        "UPDATE lead SET phase_reason = 'erased', owner = '' WHERE id % 5 = 0",
        "UPDATE lead SET interest = 5, stage = stage",
        "DELETE FROM lead WHERE id % 7 = 0",
        "INSERT INTO lead (email, email_key, stage) VALUES ('x', 'x', 'sal') "
        "ON CONFLICT (email_key) DO UPDATE SET stage = 'sal'",
    ):
        connection.execute(text(change))
        rows = connection.execute(text(COUNTED)).all()
        expected = {row.stage: row.leads for row in rows}
        waiting = sum(row.waiting for row in rows)

        assert leads_by_stage(connection, None) == expected | (
            {"not started": waiting} if waiting else {}
        )

    before = leads_by_stage(connection, None)
    add_up(connection)
    add_up(connection)
    assert leads_by_stage(connection, None) == before
    assert connection.execute(text("SELECT count(*) FROM lead_count")).scalar_one() < 12
