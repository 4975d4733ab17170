"""Enrollments by hand that were undone, in the figures: as if nobody had enrolled anybody."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from store.figures.refresh import refresh
from store.views.cadence_figures import cadence_counts
from tests.support.lead_histories import BEGIN, add_lead, add_moves

UNITS = """
    SELECT cycle, known_at, mql_at, stage, stage_since, next_cycle, next_cycle_at, outcome,
        outcome_at, outcome_reason, cadence FROM funnel_unit WHERE lead_id = :lead ORDER BY cycle
"""
MOVES = """
    SELECT funnel_move.at, from_stage, to_stage FROM funnel_move
    JOIN funnel_unit ON funnel_unit.id = unit_id WHERE lead_id = :lead ORDER BY number
"""


def facts(connection: Connection, lead: int) -> list[tuple[Any, ...]]:
    refresh(connection)
    return [
        tuple(row)
        for query in (UNITS, MOVES)
        for row in connection.execute(text(query), {"lead": lead})
    ]


def enrolled_and_undone(
    connection: Connection, lead: int, *, cycle: int, left_phase: str, left_reason: str
) -> None:
    """The lead enters a cadence by a run on day 20, which is undone on day 21."""
    connection.execute(
        text(
            """
            INSERT INTO stage_transition
                (lead_id, key, from_stage, to_stage, phase, reason, cycle, at)
            VALUES (:lead, 'run', 'recycled', 'known', 'Nurture', 'enrolled', :cycle, :entered);
            INSERT INTO cadence_version (name, version, digest, source, definition, templates)
            VALUES ('fair', 1, '', '', '{}', '{}');
            INSERT INTO enrollment (key, lead_id, cadence_version_id, cycle, started_at, ended_at,
                exit_reason)
            SELECT 'run:fair', :lead, id, :cycle, :entered, :undone, 'unenrolled'
            FROM cadence_version;
            INSERT INTO enrollment_run (cadence, selected, replaces, by, at)
            VALUES ('fair', 1, false, 'ops', :entered);
            INSERT INTO enrollment_run_lead (run_id, lead_id, state, entered_at, undone_at,
                left_phase, left_reason, left_cycle, enrollment_id)
            SELECT run.id, :lead, 'undone', :entered, :undone, :phase, :reason, 1, enrollment.id
            FROM enrollment_run AS run, enrollment
            """
        ),
        {
            "lead": lead,
            "cycle": cycle,
            "entered": BEGIN.replace(day=22),
            "undone": BEGIN.replace(day=23),
            "phase": left_phase,
            "reason": left_reason,
        },
    )


def test_a_lead_that_rests_again_is_counted_as_if_it_had_not_left(connection: Connection) -> None:
    """The wrong list would make of 5,000 resting leads as many that began again and stopped, and
    the cadence would have had 5,000 leads of which none answered."""
    lead = add_lead(connection, [(1, "known", 0), (1, "mql", 2), (1, "recycled", 9)], reason="no")
    before = facts(connection, lead)

    enrolled_and_undone(connection, lead, cycle=2, left_phase="Recycle", left_reason="no")
    add_moves(connection, lead, [(1, "recycled", 21)], reason="no")

    assert before
    assert facts(connection, lead) == before
    assert cadence_counts(connection) == {}


def test_a_lead_that_had_no_journey_is_none_of_the_funnel(connection: Connection) -> None:
    """Who was never nurtured would be counted as known and lost."""
    lead = add_lead(connection, [])

    enrolled_and_undone(connection, lead, cycle=1, left_phase="", left_reason="")
    assert facts(connection, lead) == []
    add_moves(connection, lead, [(1, "known", 21)], reason="unenrolled")

    assert facts(connection, lead) == []
