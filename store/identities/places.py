"""Where leads are, and what waits for them there: plans are made in a lead's time zone and by the
business days of its country, so they are made anew when either changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, text

from store.outbox.relay_messages import plan_anew

Places = frozenset[tuple[int, str, str]]
"""Ids of leads under way, each with its time zone and its country."""

# The enrollment of a cadence that runs beside a phase begins with its workflow's id. A lead that
# sales calls waits for the hour of the call unless there is a task.
_WHO_WAITS = text(
    """
    SELECT 'lead-' || id FROM lead WHERE id = ANY(cast(:ids AS bigint[])) AND (
        phase IN ('Nurture', 'Meeting', 'Recycle') OR phase = 'FollowUp' AND NOT EXISTS (
            SELECT FROM task WHERE task.lead_id = lead.id AND task.state = 'open'
                AND task.kind <> 'to_do'))
    UNION
    SELECT split_part(key, ':', 1) FROM enrollment
    WHERE lead_id = ANY(cast(:ids AS bigint[])) AND ended_at IS NULL
        AND key ~ '^(lead|opportunity)-'
    """
)


def places(
    connection: Connection, whose: str, values: Mapping[str, object] | None = None
) -> Places:
    """Where those of some leads are that have a journey under way.

    Args:
        whose: a subquery of the ids of the leads.
        values: its parameters.
    """
    found = connection.execute(
        text(
            "SELECT id, time_zone, country FROM lead "
            f"WHERE phase NOT IN ('', 'ended') AND id IN ({whose})"
        ),
        values,
    )
    return frozenset((row.id, row.time_zone, row.country) for row in found)


def plan_moved_anew(connection: Connection, before: Places, after: Places) -> None:
    """Have all that waits for leads planned anew, sooner or later, whose place is another now."""
    plan_anew_for(connection, [lead_id for lead_id, _, _ in after - before])


def plan_anew_for(connection: Connection, moved: Sequence[int]) -> None:
    """As :func:`plan_moved_anew`, of leads of which it is known that they are elsewhere now."""
    if moved:
        plan_anew(connection, "moved", connection.execute(_WHO_WAITS, {"ids": moved}).scalars())
