"""Pending dispositions: those that somebody can still undo. They are kept in the database for a few
seconds, then released into the normal completion: what was acknowledged counts, whichever process
dies.

Real time, by the database's clock, says when one is released. The task is completed as of the
journey time at which it was given.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Connection, Engine, Row, text

from domain.names import full_name
from domain.refusals import MeetingRefused, TaskOver, TaskRefused
from domain.sentences import read, sentence, written
from domain.tasks.completion import Completion
from store.tasks.tasks import complete_task, keep_refused

UNDO_SECONDS = 6
"""How long a disposition can be undone, in real time."""
RETRY_SECONDS = 3
BATCH = 50

log = structlog.get_logger()

_CLAIM = text(
    """
    SELECT task_id, answer, by FROM pending_disposition WHERE release_at <= clock_timestamp()
    ORDER BY release_at, task_id LIMIT 1 FOR UPDATE SKIP LOCKED
    """
)
_LATER = text(
    "UPDATE pending_disposition "
    "SET release_at = clock_timestamp() + make_interval(secs => :seconds) "
    "WHERE task_id = :task AND release_at < 'infinity'"
)


@dataclass(frozen=True)
class PendingCompletion:
    """What was entered for a pending disposition, or for one that was refused when it was released.

    ``seconds_left`` is real time; ``refused`` the sentence that says what happened instead, ''
    while it is pending.
    """

    task_id: int
    lead: str
    completion: Completion
    seconds_left: float
    refused: str


def complete_with_undo(
    connection: Connection,
    task_id: int,
    completion: Completion,
    by: str,
    now: datetime,
    *,
    user_id: int,
) -> datetime:
    """Take a disposition that can be undone; nothing that follows from it happens yet.

    Args:
        now: journey time, UTC.
        user_id: whose it is, who alone may undo it.

    Returns:
        When it is released (real time, UTC).

    Raises:
        TaskOver, TaskRefused, MeetingRefused: as :func:`store.tasks.tasks.complete_task`; and
            TaskOver when somebody's disposition is pending already.
    """
    _refuse_pending(connection, task_id)
    trial = connection.begin_nested()
    try:
        complete_task(connection, task_id, completion, by, now)
    finally:
        trial.rollback()
    release_at: datetime = connection.execute(
        text(
            """
            INSERT INTO pending_disposition (task_id, answer, user_id, by, release_at)
            VALUES (:task, cast(:answer AS jsonb), :user, :by,
                clock_timestamp() + make_interval(secs => :seconds))
            ON CONFLICT (task_id) DO UPDATE SET answer = excluded.answer, by = excluded.by,
                user_id = excluded.user_id, release_at = excluded.release_at
            RETURNING release_at
            """
        ),
        {
            "task": task_id,
            "answer": json.dumps({"entered": completion.kept(), "at": now.isoformat()}),
            "user": user_id,
            "by": by,
            "seconds": UNDO_SECONDS,
        },
    ).scalar_one()
    return release_at


def complete(
    connection: Connection, task_id: int, completion: Completion, by: str, now: datetime
) -> None:
    """Take a disposition that counts at once, as :func:`store.tasks.tasks.complete_task`.

    Raises:
        TaskOver: also when somebody's disposition is pending; the sentence says whose.
        TaskRefused, MeetingRefused: as there.
    """
    _refuse_pending(connection, task_id)
    complete_task(connection, task_id, completion, by, now)


def undo(connection: Connection, task_id: int, user_id: int) -> Completion | None:
    """Undo a pending disposition, or put away one that was refused.

    Returns:
        What was typed; None when none of this user is pending: it counts by now.
    """
    row = connection.execute(
        text(
            "DELETE FROM pending_disposition WHERE task_id = :task AND user_id = :user "
            "RETURNING answer"
        ),
        {"task": task_id, "user": user_id},
    ).first()
    return _entered(row.answer) if row else None


def pending_of(connection: Connection, user_id: int) -> list[PendingCompletion]:
    """What of a user is pending or was refused, the newest first."""
    rows = connection.execute(
        text(
            """
            SELECT task_id, pending_disposition.answer,
                pending_disposition.answer->'refused' AS refused, first_name, last_name, email,
                CASE WHEN release_at < 'infinity'
                    THEN extract(epoch FROM release_at - clock_timestamp()) ELSE 0 END AS left
            FROM pending_disposition JOIN task ON task.id = pending_disposition.task_id
            JOIN lead ON lead.id = task.lead_id
            WHERE user_id = :user ORDER BY release_at DESC, task_id DESC LIMIT 20
            """
        ),
        {"user": user_id},
    )
    return [_pending(row) for row in rows]


def release_due(database: Engine) -> int:
    """Complete the tasks whose dispositions can't be undone any more, each in a transaction of its
    own. Any number of processes may do so at once.

    One that is refused now is kept with the lead, and stays in ``pending_disposition`` with the
    sentence of the refusal until its user puts it away.

    Returns:
        How many there were.
    """
    tried = 0
    while tried < BATCH:
        task_id = 0
        try:
            with database.begin() as connection:
                row = connection.execute(_CLAIM).first()
                if row is None:
                    break
                task_id = row.task_id
                _release(connection, _Due(*row))
        except Exception as error:
            if not task_id:
                raise
            # Others must not wait because a policy is missing, or a lock.
            log.warning("a disposition is not released yet", reason=type(error).__name__)
            with database.begin() as connection:
                connection.execute(_LATER, {"task": task_id, "seconds": RETRY_SECONDS})
        tried += 1
    return tried


def _refuse_pending(connection: Connection, task_id: int) -> None:
    """Refuse what comes while a disposition is pending.

    Raises:
        TaskOver: one is; the sentence says whose.
    """
    # Whoever completes or closes the task waits here, so nobody else can come in between.
    connection.execute(text("SELECT FROM task WHERE id = :task FOR UPDATE"), {"task": task_id})
    pending = connection.execute(
        text(
            "SELECT by, answer#>>'{entered,disposition}' AS disposition FROM pending_disposition "
            "WHERE task_id = :task AND release_at < 'infinity'"
        ),
        {"task": task_id},
    ).first()
    if pending is not None:
        raise TaskOver(
            sentence(
                "Task {task} can't be finished any more: {who} has just done it with "
                "'{disposition}'.",
                task=task_id,
                who=pending.by,
                disposition=pending.disposition,
            )
        )


class _Due(NamedTuple):
    """A disposition that can't be undone any more."""

    task_id: int
    answer: Mapping[str, Any]
    by: str


def _release(connection: Connection, due: _Due) -> None:
    completion, now = _entered(due.answer), datetime.fromisoformat(due.answer["at"])
    trial = connection.begin_nested()
    try:
        complete_task(connection, due.task_id, completion, due.by, now)
        trial.commit()
    except (TaskOver, TaskRefused, MeetingRefused) as refusal:
        trial.rollback()
        keep_refused(connection, due.task_id, completion, due.by, now)
        connection.execute(
            text(
                "UPDATE pending_disposition SET release_at = 'infinity', "
                "answer = answer || jsonb_build_object('refused', cast(:why AS jsonb)) "
                "WHERE task_id = :task"
            ),
            {"why": json.dumps(written(str(refusal))), "task": due.task_id},
        )
    else:
        connection.execute(
            text("DELETE FROM pending_disposition WHERE task_id = :task"), {"task": due.task_id}
        )


def _pending(row: Row[Any]) -> PendingCompletion:
    lead = full_name(row.first_name, row.last_name) or row.email
    refused = str(read(row.refused)) if row.refused else ""
    return PendingCompletion(
        row.task_id, lead, _entered(row.answer), max(0.0, float(row.left)), refused
    )


def _entered(answer: Mapping[str, Any]) -> Completion:
    return Completion.model_validate(answer["entered"])
