"""Leads in a cadence that was paused, resumed or archived are told, some at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from domain.cadences.planner import ARCHIVED
from store.journeys.enrollment_candidates import BESIDE
from store.outbox.relay_messages import plan_anew

TOLD_AT_ONCE = 5_000
"""Leads that are told in one transaction."""

_CHANGED = text(
    """
    SELECT state.name, state.takes_out, state.told_to,
        ARRAY(SELECT id FROM cadence_version WHERE name = state.name) AS versions
    FROM cadence_state AS state WHERE told_to IS NOT NULL
    ORDER BY name LIMIT 1 FOR UPDATE SKIP LOCKED
    """
)
_WORKFLOW = f"""
    CASE WHEN enrollment.key ~ {BESIDE} THEN split_part(enrollment.key, ':', 1)
        ELSE 'lead-' || enrollment.lead_id END
"""
_IN_IT = "enrollment.ended_at IS NULL AND enrollment.cadence_version_id = ANY(:versions)"
# A touch waits by itself, once it is due; a task that is planned opens without asking.
_WAITING = text(
    f"""
    SELECT enrollment.id, {_WORKFLOW} AS workflow_id FROM enrollment
    WHERE {_IN_IT} AND enrollment.id > :after
        AND (put_off_from IS NOT NULL OR step = ANY(cast(:tasks AS text[])))
    ORDER BY enrollment.id LIMIT :most
    """
)
# Whose step is being written down at this moment is taken out at the next look.
_TAKEN_OUT = text(
    f"""
    UPDATE enrollment SET ended_at = :now, exit_reason = :archived
    WHERE id IN (SELECT id FROM enrollment WHERE {_IN_IT} LIMIT :most FOR UPDATE SKIP LOCKED)
    RETURNING {_WORKFLOW} AS workflow_id
    """
)
_SOMEBODY = text(f"SELECT EXISTS (SELECT FROM enrollment WHERE {_IN_IT})")
_TOLD_TO = text("UPDATE cadence_state SET told_to = :last WHERE name = :name")


class ChangedCadence(NamedTuple):
    """A cadence of whose change some leads are still to be told, locked: those with a higher
    enrollment than ``told_to``."""

    name: str
    takes_out: bool
    told_to: int
    versions: Sequence[int]


def changed_cadence(connection: Connection) -> ChangedCadence | None:
    """Lock one of them; None when there is none."""
    row = connection.execute(_CHANGED).first()
    return None if row is None else ChangedCadence(*row)


def replan_some(connection: Connection, changed: ChangedCadence, tasks: Sequence[str]) -> bool:
    """Have the next leads look again whether their touch may come.

    Args:
        tasks: steps of the cadence that are tasks.

    Returns:
        Whether there may be more.
    """
    values = {
        "versions": changed.versions,
        "after": changed.told_to,
        "tasks": list(tasks),
        "most": TOLD_AT_ONCE,
    }
    rows = connection.execute(_WAITING, values).all()
    plan_anew(connection, "cadence-changed", dict.fromkeys(row.workflow_id for row in rows))
    more = len(rows) == TOLD_AT_ONCE
    last = rows[-1].id if more else None
    connection.execute(_TOLD_TO, {"name": changed.name, "last": last})
    return more


def take_out_some(connection: Connection, changed: ChangedCadence, now: datetime) -> bool:
    """Have the next leads leave the cadence, and go on as its end has them.

    Args:
        now: journey time, UTC.

    Returns:
        Whether there were any.
    """
    values = {"versions": changed.versions, "most": TOLD_AT_ONCE}
    taken = connection.scalars(_TAKEN_OUT, {**values, "now": now, "archived": ARCHIVED}).all()
    plan_anew(connection, "archived", dict.fromkeys(taken))
    if not taken and not connection.scalar(_SOMEBODY, values):
        connection.execute(_TOLD_TO, {"name": changed.name, "last": None})
    return bool(taken)
