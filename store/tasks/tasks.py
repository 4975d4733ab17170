"""Tasks: opened for a journey, done by a person, withdrawn or expired. The row is the guard."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, text, update
from sqlalchemy.dialects.postgresql import insert

from domain.contracts.journey import TaskRequest
from domain.contracts.tasks import Disposition, TaskKind, TaskResult, Undone
from domain.notifications.kinds import NotificationKind
from domain.refusals import TaskRefused
from domain.sentences import sentence
from domain.tasks.completion import Completion
from domain.tasks.rules import TASKS
from domain.tasks.wording import Facts
from domain.time.business_time import BusinessCalendar
from domain.time.spans import Duration
from store.notifications.raised import NewNotification, notify
from store.outbox.outgoing import announce
from store.outbox.relay_messages import post
from store.routing.nudges import end_nudges
from store.sla import sla
from store.sla.business_time import calendar_of, clocked
from store.sla.hot_leads import hand_alert_over
from store.sla.task_rows import TASK, TaskRow, find_task, lock_task
from store.tables import Alert, Lead, RelayMessage, Task
from store.tasks import sla_breaches
from store.tasks.answers import check, consequences


@dataclass(frozen=True)
class OpenRow:
    """A task as it was opened; times are journey time."""

    id: int
    owner: str
    due_at: datetime
    deadline_at: datetime
    look_at: datetime | None
    """When a promise about it is to be looked at; None when there is none."""


def open_task(
    connection: Connection,
    request: TaskRequest,
    *,
    dispositions: Sequence[str],
    opened_at: datetime,
    due: Duration,
    deadline: Duration,
    workflow_id: str,
    run_id: str,
    title: str = "",
    instructions: str = "",
    facts: Facts | None = None,
    owner: str | None = None,
) -> OpenRow:
    """Write the row of a task, once per ``request.key``, and start what its opening promises.

    It is for the lead's owner, or for the person with the code ``owner``. Its ``facts`` are what
    ``domain/tasks/wording.py`` makes sentences of; title and instructions are marketing's own.
    Business time is counted in the calendar of the owner's team; a ``timedelta`` is journey time.
    One that a pause withdrew is opened with the time that was left.
    """
    if owner is None:
        owner = connection.execute(
            select(Lead.owner).where(Lead.id == request.lead_id)
        ).scalar_one()
    calendar = calendar_of(connection, owner)
    values: dict[str, Any] = {
        "lead_id": request.lead_id,
        "opportunity_id": request.opportunity_id or None,
        "meeting_id": request.meeting_id or None,
        "enrollment_id": request.enrollment_id or None,
        "step": request.step,
        "kind": request.kind,
        "title": title,
        "instructions": instructions,
        "facts": dict(facts or {}),
        "dispositions": list(dispositions),
        "attempt": request.attempt,
        "owner": owner,
        "state": "open",
        "opened_at": opened_at,
        "due_in": "" if isinstance(due, timedelta) else str(due),
        "due_at": _after(due, opened_at, calendar),
        "deadline_at": _after(deadline, opened_at, calendar),
        "workflow_id": workflow_id,
        "run_id": run_id,
    }
    if TASKS[request.kind].answers_hot_lead and (
        answer_by := _alert_due(connection, request.lead_id, owner)
    ):
        values |= {"hot": True, "due_at": min(answer_by, values["due_at"])}
    opened = connection.execute(
        insert(Task)
        .values(key=request.key, **values)
        .on_conflict_do_update(index_elements=["key"], set_={"key": request.key})
        .returning(*TASK)
    ).one()
    row = TaskRow(*opened)
    announce(connection, "task.opened", row.id)
    _notify(connection, row)
    sla.task_opened(connection, row, opened_at)
    if request.seconds_left:
        _leave_pauses_out(connection, row)
    sla.align_due_times(connection, [row.lead_id])
    look_at = sla_breaches.next_look(connection, row.id, opened_at)
    due_at = connection.execute(select(Task.due_at).where(Task.id == row.id)).scalar_one()
    return OpenRow(row.id, row.owner, due_at, row.deadline_at, look_at)


def _notify(connection: Connection, task: TaskRow) -> None:
    """Tell the owner; of a hot lead the alert has told."""
    if task.owner and not task.hot:
        key = f"task-{task.id}-{task.owner}"
        new = NewNotification(
            key, NotificationKind.NEW_TASK, task.owner, lead_id=task.lead_id, task_id=task.id
        )
        notify(connection, [new], task.opened_at)


def _after(span: Duration, start: datetime, calendar: BusinessCalendar) -> datetime:
    if isinstance(span, timedelta):
        return start + span
    return clocked(span).after(start, calendar)


def _leave_pauses_out(connection: Connection, task: TaskRow) -> None:
    """Count the due time of a task anew that was withdrawn by pauses: their time does not count."""
    opened, pauses = sla.opened_and_paused(connection, task)
    if pauses and task.due_in:
        due = clocked(task.due_in).after(opened, calendar_of(connection, task.owner), pauses)
        connection.execute(update(Task).where(Task.id == task.id).values(due_at=due))


def _alert_due(connection: Connection, lead_id: int, owner: str) -> datetime | None:
    """By when a hot lead waits for its answer from ``owner``; None for one that is not hot."""
    # An alert that is being raised now either is seen here, or finds the task.
    connection.execute(select(Lead.id).where(Lead.id == lead_id).with_for_update(key_share=True))
    return hand_alert_over(connection, lead_id, owner)


def _answer_alerts(connection: Connection, lead_id: int, now: datetime) -> None:
    connection.execute(
        update(Alert)
        .where(
            Alert.lead_id == lead_id,
            Alert.kind.in_(("hot_lead", "hot_unanswered")),
            Alert.answered_at.is_(None),
        )
        .values(answered_at=now)
    )


def result_of(connection: Connection, task_id: int) -> TaskResult | None:
    """How a person ended a task; None when no person has done it yet.

    Reading it is not taking it: the journey has it when Temporal does, see :func:`mark_consumed`.
    """
    row = find_task(connection, Task.id == task_id, Task.state == "done")
    return None if row is None else _result(row)


def close_task(connection: Connection, task_id: int, state: Undone, now: datetime) -> TaskResult:
    """Withdraw or expire an open task.

    Args:
        now: journey time, UTC.

    Returns:
        What the person made of it if that was committed first, else ``state``.
    """
    row = lock_task(connection, task_id)
    if row.state == "done":
        connection.execute(update(Task).where(Task.id == task_id).values(consumed=True))
        return _result(row)
    if row.state != "open":
        return TaskResult(task_id, Undone(row.state))
    connection.execute(update(Task).where(Task.id == task_id).values(state=state, completed_at=now))
    sla.task_closed(connection, row, state, now)
    if TASKS[TaskKind(row.kind)].answers_hot_lead:
        _answer_alerts(connection, row.lead_id, now)
    return TaskResult(task_id, state)


def complete_task(
    connection: Connection, task_id: int, completion: Completion, by: str, now: datetime
) -> None:
    """Commit a person's disposition, with what follows from it, and queue it for the journey.

    Args:
        by: who completes it: the code of a rep, or a name.
        now: journey time, UTC.

    Raises:
        TaskOver: the task is not open any more, or not for ``by``.
        TaskRefused: the completion lacks what its disposition needs.
        MeetingRefused: the time given for a meeting will not do.
    """
    row = find_task(connection, Task.id == task_id, lock=True)
    if row is None:
        raise TaskRefused(sentence("There is no task {task}.", task=task_id))
    check(connection, row, completion, by, now)
    if TASKS[TaskKind(row.kind)].answers_hot_lead:
        _answer_alerts(connection, row.lead_id, now)
    end_nudges(connection, row.lead_id, now)
    reason, ref = consequences(connection, row, completion, by, now)
    sla.task_answered(connection, row, completion.disposition, by, now)
    told = {"code_reason": reason, "ref": ref}
    connection.execute(
        update(Task)
        .where(Task.id == task_id)
        .values(
            state="done",
            disposition=completion.disposition,
            answer=completion.kept() | {name: value for name, value in told.items() if value},
            completed_by=by,
            completed_at=now,
        )
    )
    announce(connection, "task.completed", task_id)
    if not row.workflow_id:
        return  # A to-do: nobody waits for it.
    post(
        connection,
        key=f"task:{task_id}",
        workflow_id=row.workflow_id,
        kind="complete_task",
        payload={"task_id": task_id},
    )


def keep_refused(
    connection: Connection, task_id: int, completion: Completion, by: str, now: datetime
) -> bool:
    """Keep what a person typed for a task that could not take it; it is in the lead's history.

    Args:
        now: journey time, UTC.

    Returns:
        Whether there is such a task.
    """
    typed = completion.kept() | {"by": by, "refused_at": now.isoformat()}
    kept = connection.execute(
        text(
            "UPDATE task SET answer = jsonb_set(answer, '{refused}', "
            "coalesce(answer->'refused', '[]') || cast(:typed AS jsonb)) WHERE id = :id"
        ),
        {"typed": json.dumps([typed]), "id": task_id},
    )
    return kept.rowcount > 0


@dataclass(frozen=True)
class TaskWait:
    """Which run waits for a task, and what it is to be told."""

    workflow_id: str
    run_id: str
    consumed: bool
    result: TaskResult


def wait_of(connection: Connection, task_id: int) -> TaskWait:
    """The wait for a done task."""
    row = TaskRow(*connection.execute(select(*TASK).where(Task.id == task_id)).one())
    return TaskWait(row.workflow_id, row.run_id, row.consumed, _result(row))


def delivery(connection: Connection, task_id: int) -> str:
    """Whether the journey has a done task's disposition: ``delivered``, ``undeliverable`` (it had
    gone on), or '' while the relay has not brought it yet."""
    outcome: str | None = connection.execute(
        select(RelayMessage.outcome).where(RelayMessage.key == f"task:{task_id}")
    ).scalar()
    return outcome or ""


def mark_consumed(connection: Connection, task_id: int) -> None:
    """Note that the journey has the disposition."""
    connection.execute(update(Task).where(Task.id == task_id).values(consumed=True))


def mark_late(connection: Connection, task_id: int) -> bool:
    """Note that a disposition came when the journey had gone on.

    Returns:
        Whether it had; False when the journey did take the disposition.
    """
    late = update(Task).where(Task.id == task_id, Task.consumed.is_(False)).values(late=True)
    return connection.execute(late.returning(Task.id)).first() is not None


def _result(row: TaskRow) -> TaskResult:
    return TaskResult(
        row.id,
        Disposition(row.disposition),
        row.answer.get("code_reason", ""),
        row.answer.get("ref", 0),
    )
