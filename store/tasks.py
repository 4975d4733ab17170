"""Tasks: opened for a journey, done by a person, withdrawn or expired. The row is the guard."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from domain.journey import Disposition, TaskRequest
from domain.names import full_name
from domain.policies import NEEDS_REASON, NEEDS_TIME, FollowUpPolicy
from domain.scoring.policy import ScoringPolicy
from domain.scoring.standing import standing_of
from store import meetings, opportunities
from store.policies import policy
from store.relay_messages import post
from store.scoring import points_now
from store.tables import Account, Alert, Lead, RelayMessage, Task

# Reasons travel through Temporal, where no free text may be.
_CODE = re.compile(r"[a-z0-9_]{1,40}")

HOT_WORK = ("qualify", "call")
"""The kinds of task that answer a hot lead."""
CLOSED = {
    "done": "somebody has done it already",
    "withdrawn": "it was withdrawn, because the journey no longer needs it",
    "expired": "its deadline has passed",
}


class TaskRefused(Exception):
    """A disposition that cannot be taken; the sentence says what happened instead."""


@dataclass(frozen=True)
class Answer:
    """What a person entered with a disposition.

    ``at`` is a journey time (UTC) for dispositions that need one, ``reason`` a code for those
    that need one; ``note`` stays in the database.
    """

    disposition: str
    by: str
    at: datetime | None = None
    reason: str = ""
    note: str = ""
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OpenRow:
    """A task as it was opened; times are journey time."""

    id: int
    owner: str
    due_at: datetime
    deadline_at: datetime


def open_task(
    connection: Connection,
    request: TaskRequest,
    *,
    title: str,
    instructions: str,
    dispositions: Sequence[str],
    opened_at: datetime,
    due: timedelta,
    deadline: timedelta,
    workflow_id: str,
    run_id: str,
) -> OpenRow:
    """Write the row of a task, once per ``request.key``; spans are journey time."""
    values = {
        "lead_id": request.lead_id,
        "opportunity_id": request.opportunity_id or None,
        "meeting_id": request.meeting_id or None,
        "kind": request.kind,
        "title": title,
        "instructions": instructions,
        "dispositions": list(dispositions),
        "attempt": request.attempt,
        "owner": select(Lead.owner).where(Lead.id == request.lead_id).scalar_subquery(),
        "state": "open",
        "opened_at": opened_at,
        "due_at": opened_at + due,
        "deadline_at": opened_at + deadline,
        "workflow_id": workflow_id,
        "run_id": run_id,
    }
    if request.kind in HOT_WORK and (answer_by := _alert_due(connection, request.lead_id)):
        values |= {"hot": True, "due_at": min(answer_by, opened_at + due)}
    row = connection.execute(
        insert(Task)
        .values(key=request.key, **values)
        .on_conflict_do_update(index_elements=["key"], set_={"key": request.key})
        .returning(Task.id, Task.owner, Task.due_at, Task.deadline_at)
    ).one()
    return OpenRow(row.id, row.owner, row.due_at, row.deadline_at)


def _alert_due(connection: Connection, lead_id: int) -> datetime | None:
    """By when a hot lead waits for its answer; the alert becomes its owner's."""
    # An alert that is being raised now either is seen here, or finds the task.
    connection.execute(select(Lead.id).where(Lead.id == lead_id).with_for_update(key_share=True))
    return connection.execute(
        update(Alert)
        .where(Alert.lead_id == lead_id, Alert.answered_at.is_(None))
        .values(owner=select(Lead.owner).where(Lead.id == lead_id).scalar_subquery())
        .returning(Alert.due_at)
    ).scalar()


def _answer_alerts(connection: Connection, lead_id: int, now: datetime) -> None:
    connection.execute(
        update(Alert)
        .where(Alert.lead_id == lead_id, Alert.answered_at.is_(None))
        .values(answered_at=now)
    )


def disposition_of(connection: Connection, task_id: int) -> Disposition | None:
    """Take the disposition of a task for its journey; None when no person has done it yet."""
    row = connection.execute(
        update(Task)
        .where(Task.id == task_id, Task.state == "done")
        .values(consumed=True)
        .returning(*Task.__table__.c)
    ).first()
    return None if row is None else _disposition(row)


def close_task(connection: Connection, task_id: int, state: str, now: datetime) -> Disposition:
    """Withdraw or expire an open task.

    Args:
        now: journey time, UTC.

    Returns:
        The person's disposition if one was committed first, else one with code ``state``.
    """
    row = connection.execute(
        select(*Task.__table__.c).where(Task.id == task_id).with_for_update()
    ).one()
    if row.state == "done":
        connection.execute(update(Task).where(Task.id == task_id).values(consumed=True))
        return _disposition(row)
    if row.state != "open":
        return Disposition(task_id, row.state)
    connection.execute(update(Task).where(Task.id == task_id).values(state=state))
    if row.kind in HOT_WORK:
        _answer_alerts(connection, row.lead_id, now)
    if state == "expired" and row.kind == "meeting_outcome":
        meetings.record_outcome(connection, row.meeting_id, "no_show")
    return Disposition(task_id, state)


def complete_task(connection: Connection, task_id: int, answer: Answer, now: datetime) -> None:
    """Commit a person's disposition, with what follows from it, and queue it for the journey.

    Args:
        now: journey time, UTC.

    Raises:
        TaskRefused: the task is not open, or the answer lacks what its disposition needs.
        store.meetings.MeetingRefused: the time given for a meeting will not do.
    """
    row = connection.execute(
        select(*Task.__table__.c).where(Task.id == task_id).with_for_update()
    ).first()
    if row is None:
        raise TaskRefused(f"There is no task {task_id}.")
    _check(row, answer)
    if row.kind in HOT_WORK:
        _answer_alerts(connection, row.lead_id, now)
    reason, ref = _consequences(connection, row, answer, now)
    entered = {"note": answer.note, "reason": answer.reason, **answer.extra}
    if answer.at is not None:
        entered["at"] = answer.at.isoformat()
    if ref:
        entered["ref"] = str(ref)
    entered["code_reason"] = reason
    connection.execute(
        update(Task)
        .where(Task.id == task_id)
        .values(
            state="done",
            disposition=answer.disposition,
            answer={k: v for k, v in entered.items() if v},
            completed_by=answer.by,
            completed_at=now,
        )
    )
    post(
        connection,
        key=f"task:{task_id}",
        workflow_id=row.workflow_id,
        kind="complete_task",
        payload={"task_id": task_id},
    )


def keep_refused_note(connection: Connection, task_id: int, note: str) -> bool:
    """Keep what a person typed for a task that could not take it.

    Returns:
        Whether there is such a task.
    """
    kept = connection.execute(
        text(
            "UPDATE task SET answer = jsonb_set(answer, '{refused_notes}', "
            "coalesce(answer->'refused_notes', '[]') || to_jsonb(cast(:note AS text))) "
            "WHERE id = :id"
        ),
        {"note": note, "id": task_id},
    )
    return kept.rowcount > 0


@dataclass(frozen=True)
class OpenTask:
    """A task as a list shows it; times are journey time, UTC."""

    id: int
    lead_id: int
    kind: str
    title: str
    attempt: int
    owner: str
    hot: bool
    opened_at: datetime
    due_at: datetime
    deadline_at: datetime
    dispositions: list[str]
    first_name: str
    last_name: str
    company: str

    @property
    def name(self) -> str:
        """The lead's name in the order of its script, '' if unknown."""
        return full_name(self.first_name, self.last_name)


@dataclass(frozen=True)
class TaskDetail(OpenTask):
    """A task with all that the person who works it wants to know."""

    state: str
    instructions: str
    disposition: str
    late: bool
    title_of_lead: str
    email: str
    phone: str
    time_zone: str
    phase_reason: str
    score: int
    grade: str
    cycle: int


_OPEN = (
    select(
        Task.id,
        Task.lead_id,
        Task.kind,
        Task.title,
        Task.attempt,
        Task.owner,
        Task.hot,
        Task.opened_at,
        Task.due_at,
        Task.deadline_at,
        Task.dispositions,
        Lead.first_name,
        Lead.last_name,
        func.coalesce(Account.name, "").label("company"),
    )
    .join(Lead, Lead.id == Task.lead_id)
    .outerjoin(Account, Account.id == Lead.account_id)
)


def open_tasks(connection: Connection, owner: str | None = None) -> list[OpenTask]:
    """The open tasks of ``owner``, or everybody's: hot leads, then the one due first."""
    query = _OPEN.where(Task.state == "open").order_by(Task.hot.desc(), Task.due_at, Task.id)
    if owner is not None:
        query = query.where(Task.owner == owner)
    return [OpenTask(**row._mapping) for row in connection.execute(query)]


def detail(connection: Connection, task_id: int, now: datetime) -> TaskDetail | None:
    """A task with its lead as they are at ``now`` (journey time, UTC), or None."""
    row = connection.execute(
        _OPEN.add_columns(
            Task.state,
            Task.instructions,
            Task.disposition,
            Task.late,
            Lead.title.label("title_of_lead"),
            Lead.email,
            Lead.phone,
            Lead.time_zone,
            Lead.phase_reason,
            Lead.fit,
            Lead.interest,
            Lead.interest_as_of,
            Lead.cycle,
        ).where(Task.id == task_id)
    ).first()
    if row is None:
        return None
    rules = policy(connection, ScoringPolicy, "scoring")
    values = dict(row._mapping)
    for name in ("fit", "interest", "interest_as_of"):
        del values[name]
    points = points_now(rules, row, now)
    grade = standing_of(rules, row.fit, points).grade
    return TaskDetail(**values, score=points, grade=grade)


@dataclass(frozen=True)
class Wait:
    """Which run waits for a task, and what it is to be told."""

    workflow_id: str
    run_id: str
    consumed: bool
    disposition: Disposition


def wait_of(connection: Connection, task_id: int) -> Wait:
    """The wait for a done task."""
    row = connection.execute(select(*Task.__table__.c).where(Task.id == task_id)).one()
    return Wait(row.workflow_id, row.run_id, row.consumed, _disposition(row))


def delivery(connection: Connection, task_id: int) -> str:
    """Whether the journey has a done task's disposition: ``delivered``, ``undeliverable`` (it had
    gone on), or '' while the relay has not brought it yet."""
    outcome: str | None = connection.execute(
        select(RelayMessage.outcome).where(RelayMessage.key == f"task:{task_id}")
    ).scalar()
    return outcome or ""


def mark_late(connection: Connection, task_id: int) -> bool:
    """Note that a disposition came when the journey had gone on.

    Returns:
        Whether it had; False when the journey did take the disposition.
    """
    late = update(Task).where(Task.id == task_id, Task.consumed.is_(False)).values(late=True)
    return connection.execute(late.returning(Task.id)).first() is not None


def _check(row: Row[Any], answer: Answer) -> None:
    if row.state != "open":
        raise TaskRefused(f"Task {row.id} is not open: {CLOSED[row.state]}.")
    if answer.disposition not in row.dispositions:
        raise TaskRefused(
            f"Task {row.id} cannot end with '{answer.disposition}'; "
            f"choose one of {', '.join(row.dispositions)}."
        )
    if answer.disposition in NEEDS_TIME and answer.at is None:
        raise TaskRefused(f"'{answer.disposition}' needs a time: say when with --at.")
    if answer.disposition in NEEDS_REASON and not answer.reason:
        raise TaskRefused(f"'{answer.disposition}' needs a reason: give its code with --reason.")
    if answer.at is not None and answer.disposition not in NEEDS_TIME:
        raise TaskRefused(f"'{answer.disposition}' takes no time: leave --at out.")
    if answer.extra and row.kind != "opportunity":
        raise TaskRefused(
            "Budget, authority, need and timeline are recorded with opportunity tasks only: "
            "leave --learned out, or put it into --note."
        )
    if answer.reason and not _CODE.fullmatch(answer.reason):
        raise TaskRefused(
            f"'{answer.reason}' is no reason code: use lower-case letters, digits and _, such as "
            "price or no_budget, and put the rest into --note."
        )


def _consequences(
    connection: Connection, row: Row[Any], answer: Answer, now: datetime
) -> tuple[str, int]:
    """Write what the disposition decides besides the task; the reason code and row id that the
    journey needs."""
    reason, ref = answer.reason, 0
    if answer.disposition in ("meeting_booked", "rescheduled") and answer.at is not None:
        ref = meetings.book_meeting(
            connection,
            lead_id=row.lead_id,
            starts_at=answer.at,
            minutes=30,
            booked_by=row.owner or answer.by,
            at=now,
            notify=False,
        )
    elif answer.disposition == "call_back" and answer.at is not None and answer.at <= now:
        raise TaskRefused("The time to call back lies in the past; choose a later one.")
    elif answer.disposition == "return":
        returns = policy(connection, FollowUpPolicy, "follow-up").returns
        if answer.reason not in returns:
            raise TaskRefused(
                f"'{answer.reason}' is no reason to return a lead; "
                f"choose one of {', '.join(returns)}."
            )
        reason = f"{returns[answer.reason]}:{answer.reason}"
    elif row.kind == "meeting_outcome":
        outcome = "held" if answer.disposition == "not_a_fit" else answer.disposition
        meetings.record_outcome(connection, row.meeting_id, outcome)
    elif row.kind == "opportunity" and answer.extra:
        opportunities.record_qualification(connection, row.opportunity_id, answer.extra)
    return reason, ref


def _disposition(row: Row[Any]) -> Disposition:
    return Disposition(
        row.id,
        row.disposition,
        row.answer.get("code_reason", ""),
        int(row.answer.get("ref", 0)),
    )
