"""What people want to do about a lead by a time of their own. They are finished as every task is
(``services.tasks``)."""

from __future__ import annotations

from datetime import datetime

from domain.access import Action
from domain.refusals import Conflict, Invalid
from domain.sentences import sentence
from services.access import changes, found, may_see, may_see_task
from services.context import Context
from services.team import own_rep_only
from store.access.api_tokens import Caller
from store.tasks import to_dos
from store.views.task_lists import TaskDetail, detail


@changes(Action.COMPLETE_TASKS, "POST /leads/{lead_id}/to-dos", keep=("owner",))
def add(
    context: Context,
    caller: Caller,
    lead_id: int,
    *,
    title: str,
    due_at: datetime,
    note: str = "",
    owner: str = "",
) -> TaskDetail:
    """Keep what somebody wants to do about a lead; it is in their inbox beside the other tasks.

    Args:
        due_at: journey time, UTC.
        owner: code of the rep or manager whose it is; the caller's own when left out. An SDR gives
            nobody else any.

    Raises:
        Missing: there is no such lead for this caller.
        Invalid: it says nothing, or its time has passed.
        Forbidden: it is for another rep, and the caller an SDR.
        Conflict: nobody has this code.
    """
    now = context.clock.now()
    whose = owner or caller.rep
    with context.database.begin() as connection:
        may_see(connection, caller, lead_id)
        if not whose:
            raise Invalid(sentence("Say whose it is: you are no rep yourself."), "owner")
        own_rep_only(caller, whose)
        if not to_dos.is_of_sales(connection, whose):
            raise Conflict(sentence("There is no rep '{rep}'.", rep=whose), "owner")
        task_id = to_dos.add_to_do(
            connection,
            lead_id,
            title=_title(title),
            note=note.strip(),
            due_at=_ahead(due_at, now),
            owner=whose,
            now=now,
        )
        return found(detail(connection, task_id, now), "")


@changes(Action.COMPLETE_TASKS, "PATCH /tasks/{task_id}")
def change(
    context: Context,
    caller: Caller,
    task_id: int,
    *,
    title: str | None = None,
    note: str | None = None,
    due_at: datetime | None = None,
) -> TaskDetail:
    """Change what somebody wants to do, or put it off; what is left out stays.

    Args:
        due_at: journey time, UTC.

    Raises:
        Missing: there is no such task for this caller.
        Invalid: it says nothing, or its time has passed.
        TaskOver: it is no to-do, or not open any more.
    """
    now = context.clock.now()
    with context.database.begin() as connection:
        may_see_task(connection, caller, task_id)
        to_dos.change_to_do(
            connection,
            task_id,
            title=None if title is None else _title(title),
            note=None if note is None else note.strip(),
            due_at=None if due_at is None else _ahead(due_at, now),
        )
        return found(detail(connection, task_id, now), "")


def _title(typed: str) -> str:
    title = " ".join(typed.split())
    if not title:
        raise Invalid(sentence("Say what is to be done."), "title")
    return title


def _ahead(due_at: datetime, now: datetime) -> datetime:
    if due_at <= now:
        raise Invalid(sentence("This time has passed: choose a later one."), "due_at")
    return due_at
