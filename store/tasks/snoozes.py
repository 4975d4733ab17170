"""Tasks that are put off for a while: off the list of who works them, and back by themselves. The
deadline goes on meanwhile, and no task is put off beyond it. Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from domain.contracts.tasks import TaskKind
from domain.refusals import TaskOver, TaskRefused
from domain.sentences import sentence
from store.sla.sla import ACCEPTANCE, AFTER_ACCEPTANCE

LATEST = """least(task.due_at, task.deadline_at, (
    SELECT min(clock.due_at) FROM sla_clock AS clock
    WHERE clock.lead_id = task.lead_id AND clock.state = 'running' AND clock.ended_at IS NULL
        AND (clock.task_id = task.id AND clock.promise = ANY(:acceptance)
            OR task.kind = :call AND clock.promise = ANY(:after_acceptance))))"""
"""The deadline of a task: what its owner is measured by. It wants :data:`PROMISES`."""
PROMISES = {
    "acceptance": list(ACCEPTANCE),
    "after_acceptance": list(AFTER_ACCEPTANCE),
    "call": TaskKind.CALL,
}


@dataclass(frozen=True)
class Snoozed:
    """What becomes of a task that is to be put off: until when it is off the list, or why it stays
    (a sentence, '' for a task that is put off)."""

    task_id: int
    until: datetime | None
    refused: str = ""


def latest_snooze(connection: Connection, task_id: int) -> datetime | None:
    """Until when an open task may be put off at most; None when there is no such task."""
    latest: datetime | None = connection.execute(
        text(f"SELECT {LATEST} FROM task WHERE id = :task AND state = 'open'"),
        {"task": task_id, **PROMISES},
    ).scalar()
    return latest


def snooze(connection: Connection, task_id: int, until: datetime, now: datetime) -> None:
    """Put an open task off until a time.

    Raises:
        TaskOver: it is not open any more.
        TaskRefused: the time lies in the past or beyond the deadline, or the lead is hot.
    """
    # Whoever completes or closes it waits here.
    row = connection.execute(
        text(
            f"""
            SELECT state, hot, {LATEST} AS latest, EXISTS (
                SELECT FROM pending_disposition AS pending
                WHERE pending.task_id = task.id AND pending.release_at < 'infinity') AS pending
            FROM task WHERE id = :task FOR UPDATE OF task
            """
        ),
        {"task": task_id, **PROMISES},
    ).first()
    if row is None or row.state != "open" or row.pending:
        raise TaskOver(
            sentence("Task {task} is not open any more: there is nothing to put off.", task=task_id)
        )
    if row.hot:
        raise TaskRefused(
            sentence("This lead shows interest right now: its task can't be put off."), "until"
        )
    if row.latest <= now:
        raise TaskRefused(
            sentence(
                "It was due on {at:%Y-%m-%d at %H:%M} UTC: do it now, or give it to somebody else.",
                at=row.latest,
            ),
            "until",
        )
    if until <= now:
        raise TaskRefused(sentence("The time to come back lies in the past."), "until")
    if until > row.latest:
        raise TaskRefused(
            sentence(
                "It is due on {at:%Y-%m-%d at %H:%M} UTC: choose a time before that.",
                at=row.latest,
            ),
            "until",
        )
    connection.execute(
        text("UPDATE task SET snoozed_until = :until WHERE id = :task"),
        {"until": until, "task": task_id},
    )


def snooze_all(
    connection: Connection, task_ids: Sequence[int], until: datetime, now: datetime
) -> list[Snoozed]:
    """Put off those of some tasks that can be; the others stay, each with the reason."""
    done = []
    for task_id in sorted(set(task_ids)):
        try:
            snooze(connection, task_id, until, now)
        except (TaskOver, TaskRefused) as refusal:
            done.append(Snoozed(task_id, None, str(refusal)))
        else:
            done.append(Snoozed(task_id, until))
    return done


def bring_back(connection: Connection, task_id: int) -> bool:
    """Have a task that is put off back on the list.

    Returns:
        Whether it was.
    """
    found = connection.execute(
        text(
            "UPDATE task SET snoozed_until = NULL "
            "WHERE id = :task AND state = 'open' AND snoozed_until IS NOT NULL RETURNING id"
        ),
        {"task": task_id},
    )
    return found.first() is not None
