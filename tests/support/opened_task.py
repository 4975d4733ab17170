"""Work for a person: a task of lead 1, as its journey opens one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from domain.contracts.journey import TaskRequest
from domain.contracts.tasks import TaskKind
from store.tasks import tasks

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
"""When the task is opened."""


def make_lead(connection: Connection) -> None:
    """Make lead 1 in an empty database."""
    connection.execute(
        text("INSERT INTO lead (email, email_key) VALUES ('a@x.example', 'a@x.example')")
    )


def opened(
    connection: Connection,
    kind: str,
    dispositions: Sequence[str],
    *,
    number: int = 1,
    meeting_id: int = 0,
) -> int:
    """Open a task of lead 1, due within the hour; its id. ``number`` tells those of one kind
    apart."""
    return tasks.open_task(
        connection,
        TaskRequest(f"run:{kind}:{number}", 1, TaskKind(kind), meeting_id=meeting_id),
        title=kind,
        instructions="",
        dispositions=dispositions,
        opened_at=NOW,
        due=timedelta(hours=1),
        deadline=timedelta(days=1),
        workflow_id="lead-1",
        run_id="run",
    ).id
