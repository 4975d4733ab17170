"""Telling a rep what is theirs now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from domain.notifications.kinds import NotificationKind
from store.notifications.raised import NewNotification, notify
from store.sla.due_times import TimedTask


@dataclass(frozen=True)
class HandOver:
    """A lead, or its tasks for a while, that is ``owner``'s now; ``by`` is who said so, '' for the
    rules."""

    assignment: int
    lead_id: int
    owner: str
    cause: str
    by: str = ""


def notify_new_owner(
    connection: Connection, what: HandOver, tasks: Sequence[TimedTask], now: datetime
) -> None:
    """Tell who has a lead now: of the tasks that waited for somebody when it was routed, else that
    it comes from a colleague. Who took it has no need to hear.

    Args:
        now: journey time, UTC.
    """
    if what.by == what.owner:
        return
    if what.cause == "routed":
        new = [
            NewNotification(
                f"task-{task.id}-{what.owner}",
                NotificationKind.NEW_TASK,
                what.owner,
                lead_id=what.lead_id,
                task_id=task.id,
            )
            for task in tasks
        ]
    else:
        key, kind = f"assignment-{what.assignment}", NotificationKind.REASSIGNED
        new = [NewNotification(key, kind, what.owner, lead_id=what.lead_id)]
    notify(connection, new, now)
