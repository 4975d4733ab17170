"""What a journey waits for, with what the database knows better than the workflow: who has a task
by now, when it is due, and when a meeting begins."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, text

from domain.contracts.waits import Wait, WaitKind
from domain.sentences import Sentence
from domain.waits import said_of


def journey_next(connection: Connection, wait: Wait) -> Sentence:
    """What a journey waits for now; a task may have another owner, and another due time, than when
    the wait for it began."""
    match wait.kind:
        case WaitKind.PERSON:
            row = connection.execute(
                text(
                    "SELECT due_at, coalesce(rep.name, task.owner) AS who "
                    "FROM task LEFT JOIN rep ON rep.code = task.owner WHERE task.id = :id"
                ),
                {"id": wait.facts["task"]},
            ).first()
            if row is not None:
                return said_of(_known(wait, row.due_at, who=row.who))
        case WaitKind.MEETING:
            starts_at = connection.scalar(
                text("SELECT starts_at FROM meeting WHERE id = :id"), {"id": wait.facts["meeting"]}
            )
            if starts_at is not None:
                return said_of(_known(wait, starts_at))
    return said_of(wait)


def _known(wait: Wait, at: datetime, **facts: str) -> Wait:
    return replace(wait, at=at.isoformat(), facts={**wait.facts, **facts})
