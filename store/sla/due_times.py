"""Due times of tasks, counted anew when the owner or a calendar changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from domain.contracts.journey import EventCode, JourneyEvent, journey_id
from store.outbox.relay_messages import QueuedMessage, post_all
from store.sla.business_time import calendar_of, clocked, due_after
from store.sla.sla import opened_and_paused
from store.sla.sla_recount import recount
from store.sla.task_rows import TaskRow

_TASK = ", ".join(f"task.{name}" for name in TaskRow._fields)
_SET = text(
    """
    UPDATE task SET owner = new.owner,
        snoozed_until = CASE task.owner WHEN new.owner THEN snoozed_until END,
        due_at = least(new.due_at, task.deadline_at,
            (SELECT min(alert.due_at) FROM alert WHERE alert.lead_id = task.lead_id
                AND alert.kind = 'hot_lead' AND alert.answered_at IS NULL AND task.hot))
    FROM unnest(cast(:ids AS bigint[]), cast(:owners AS text[]), cast(:dues AS timestamptz[]))
        AS new (id, owner, due_at)
    WHERE task.id = new.id
    """
)


class TimedTask(NamedTuple):
    """An open task, and the span in which it is due: '' where somebody set the time."""

    id: int
    lead_id: int
    due_in: str


def start_anew(
    connection: Connection, tasks: Sequence[TimedTask], owner: str, now: datetime
) -> None:
    """Give open tasks to ``owner``, whose time for them begins now.

    Args:
        tasks: locked. A due time that somebody set stays.
        now: journey time, UTC.
    """
    counted = [task for task in tasks if task.due_in]
    _set(connection, [(t.id, owner, due_after(connection, t.due_in, now, owner)) for t in counted])
    connection.execute(
        text(
            "UPDATE task SET owner = :owner, snoozed_until = NULL "
            "WHERE id = ANY(cast(:ids AS bigint[]))"
        ),
        {"owner": owner, "ids": [task.id for task in tasks if not task.due_in]},
    )


def recount_due(connection: Connection, owners: Collection[str] | None, now: datetime) -> int:
    """Count the due times of open tasks and of promises anew, after the calendar of their owners
    changed.

    Journeys that wait for the time of a call are told to plan it again.

    Args:
        owners: whose tasks; None for everybody's.
        now: journey time, UTC.

    Returns:
        How many tasks are due at another time.
    """
    whose = "" if owners is None else "AND task.owner = ANY(:owners)"
    rows = connection.execute(
        text(
            f"""
            SELECT {_TASK}, greatest(opened_at, (
                SELECT max(at) FROM assignment
                WHERE assignment.lead_id = task.lead_id AND assignment.owner = task.owner
                    AND assignment.previous <> task.owner)) AS starts_at
            FROM task WHERE state = 'open' AND due_in <> '' {whose}
            ORDER BY id FOR UPDATE OF task
            """
        ),
        {"owners": sorted(owners or ())},
    ).all()
    found = [(TaskRow(*task), starts_at) for *task, starts_at in rows]
    dues = [(task.id, task.owner, _due(connection, task, since)) for task, since in found]
    before = {task.id: task.due_at for task, _ in found}
    _set(connection, [one for one in dues if one[2] != before[one[0]]])
    recount(connection, owners, now)
    _plan_calls_again(connection, owners, now)
    changed: int = connection.execute(
        text(
            "SELECT count(*) FROM task JOIN unnest(cast(:ids AS bigint[]), "
            "cast(:dues AS timestamptz[])) AS before (id, due_at) USING (id) "
            "WHERE task.due_at <> before.due_at"
        ),
        {"ids": list(before), "dues": list(before.values())},
    ).scalar_one()
    return changed


def _due(connection: Connection, task: TaskRow, starts_at: datetime) -> datetime:
    """When a task is due for its owner of now, who has it since ``starts_at``; the time in pauses
    does not count."""
    opened, pauses = opened_and_paused(connection, task)
    # A later start is when somebody else had the task before.
    start = opened if starts_at == task.opened_at else starts_at
    calendar = calendar_of(connection, task.owner)
    return clocked(task.due_in).after(start, calendar, pauses)


def _plan_calls_again(
    connection: Connection, owners: Collection[str] | None, now: datetime
) -> None:
    whose = "" if owners is None else "AND lead.owner = ANY(:owners)"
    leads = connection.execute(
        text(
            "SELECT id FROM lead WHERE phase = 'FollowUp' AND NOT EXISTS ("
            "SELECT FROM task WHERE task.lead_id = lead.id AND task.state = 'open' "
            f"AND task.kind <> 'to_do') {whose}"
        ),
        {"owners": sorted(owners or ())},
    ).scalars()
    event = asdict(JourneyEvent(EventCode.REPLAN))
    post_all(
        connection,
        [
            QueuedMessage(
                f"replan:lead-{lead_id}:{now.isoformat()}",
                journey_id(lead_id),
                "signal",
                event,
                "engagement",
            )
            for lead_id in leads
        ],
    )


def _set(connection: Connection, tasks: Sequence[tuple[int, str, datetime]]) -> None:
    if not tasks:
        return
    ids, owners, dues = zip(*tasks, strict=True)
    connection.execute(_SET, {"ids": list(ids), "owners": list(owners), "dues": list(dues)})
