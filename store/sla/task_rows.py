"""Tasks as their rows have them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, select

from store.engine import RowGone
from store.tables import Task
from store.tables.base import columns_of


class TaskRow(NamedTuple):
    """A row of ``task``; its columns say what they hold."""

    id: int
    key: str
    lead_id: int
    opportunity_id: int | None
    meeting_id: int | None
    kind: str
    dispositions: list[str]
    owner: str
    hot: bool
    state: str
    opened_at: datetime
    due_in: str
    due_at: datetime
    deadline_at: datetime
    workflow_id: str
    run_id: str
    disposition: str
    answer: Mapping[str, Any]
    completed_by: str
    completed_at: datetime | None
    consumed: bool


TASK = columns_of(Task, TaskRow)
"""What to select, or to return, for a :class:`TaskRow`."""


def find_task(
    connection: Connection, *which: ColumnElement[bool], lock: bool = False
) -> TaskRow | None:
    """The task, or None; ``lock`` keeps others from changing it until the transaction ends."""
    query = select(*TASK).where(*which)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return None if row is None else TaskRow(*row)


def lock_task(connection: Connection, task_id: int) -> TaskRow:
    """The task with this id, which nobody else changes until the transaction ends.

    Raises:
        RowGone: there is none.
    """
    task = find_task(connection, Task.id == task_id, lock=True)
    if task is None:
        raise RowGone(f"There is no task {task_id}.")
    return task
