"""What people want to do about a lead by a time of their own: tasks that no workflow waits for.

The row is all there is to one: it is in its owner's inbox from the commit on, and nothing has to
bring it anywhere. Times are journey time, UTC.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from domain.contracts.tasks import TaskKind
from domain.refusals import TaskOver
from domain.sentences import sentence
from domain.tasks.rules import TASKS
from store.outbox.outgoing import announce
from store.tables import Rep, Task

NEVER_OVER = timedelta(days=36_500)
"""How long after its time it may still be done: it has no deadline."""


def add_to_do(
    connection: Connection,
    lead_id: int,
    *,
    title: str,
    note: str,
    due_at: datetime,
    owner: str,
    now: datetime,
) -> int:
    """Keep what somebody wants to do; the id of its task.

    Args:
        owner: code of the rep or manager whose it is.
    """
    task_id: int = connection.execute(
        insert(Task)
        .values(
            key=f"to-do:{uuid.uuid4()}",
            lead_id=lead_id,
            kind=TaskKind.TO_DO,
            title=title,
            instructions=note,
            dispositions=list(TASKS[TaskKind.TO_DO].dispositions),
            owner=owner,
            state="open",
            opened_at=now,
            due_at=due_at,
            deadline_at=due_at + NEVER_OVER,
            consumed=True,
        )
        .returning(Task.id)
    ).scalar_one()
    announce(connection, "task.opened", task_id)
    return task_id


def change_to_do(
    connection: Connection,
    task_id: int,
    *,
    title: str | None = None,
    note: str | None = None,
    due_at: datetime | None = None,
) -> None:
    """Change what somebody wants to do, or when; what is left out stays.

    Raises:
        TaskOver: it is no to-do, or not open any more.
    """
    said = {"title": title, "instructions": note, "due_at": due_at}
    values: dict[str, object] = {name: value for name, value in said.items() if value is not None}
    if due_at is not None:
        values["deadline_at"] = due_at + NEVER_OVER
    changed = connection.execute(
        update(Task)
        .where(Task.id == task_id, Task.kind == TaskKind.TO_DO, Task.state == "open")
        .values(state="open", **values)
    )
    if not changed.rowcount:
        raise TaskOver(
            sentence("Task {task} is no to-do that is open, so it stays as it is.", task=task_id)
        )


def is_of_sales(connection: Connection, code: str) -> bool:
    """Whether this is the code of somebody in the team policy."""
    return connection.scalar(select(Rep.code).where(Rep.code == code, Rep.active)) is not None
