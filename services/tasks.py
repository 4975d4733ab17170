"""Tasks: finished with a disposition, at once or with a few seconds to undo it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from domain.access import Action
from domain.refusals import Conflict, MeetingRefused, TaskOver, TaskRefused
from domain.sentences import sentence
from domain.tasks.completion import Completion
from services.access import authorise, changes, may_see_task
from services.context import Context
from services.follow_up_mails import check_decided
from store.access.api_tokens import Caller
from store.routing.routing import reassign as hand_over
from store.tasks import pending_dispositions, snoozes, tasks
from store.tasks.snoozes import Snoozed


@changes(Action.COMPLETE_TASKS, "POST /tasks/{task_id}/complete", keep=("disposition",))
def complete(context: Context, caller: Caller, task_id: int, completion: Completion) -> None:
    """Finish a task; the lead's journey hears of it within a second or so.

    Raises:
        TaskOver, TaskRefused, MeetingRefused: it can't be; what was typed is kept with the lead.
    """
    finish(context, caller, task_id, completion)


def finish(context: Context, caller: Caller, task_id: int, completion: Completion) -> None:
    """The same within another act, which is on record for both."""
    now = context.clock.now()
    try:
        with context.database.begin() as connection:
            may_see_task(connection, caller, task_id)
            check_decided(connection, context.settings, task_id, completion)
            pending_dispositions.complete(connection, task_id, completion, caller.by, now)
    except (TaskOver, TaskRefused, MeetingRefused) as refusal:
        if completion.note or isinstance(refusal, TaskOver):
            _keep(context, caller, task_id, completion, refusal)
        raise


@changes(Action.COMPLETE_TASKS, "POST /tasks/{task_id}/pending-disposition", keep=("disposition",))
def complete_with_undo(
    context: Context, caller: Caller, task_id: int, completion: Completion
) -> datetime:
    """Finish a task with a disposition that can be undone for a few seconds.

    Returns:
        From when on it counts (real time, UTC).

    Raises:
        TaskOver, TaskRefused, MeetingRefused: as :func:`complete`; what was typed is kept with the
            lead when the task is over, and else stays where it was typed.
    """
    try:
        with context.database.begin() as connection:
            may_see_task(connection, caller, task_id)
            user_id = _user(caller)
            check_decided(connection, context.settings, task_id, completion)
            now = context.clock.now()
            return pending_dispositions.complete_with_undo(
                connection, task_id, completion, caller.by, now, user_id=user_id
            )
    except TaskOver as over:
        _keep(context, caller, task_id, completion, over)
        raise


@changes(Action.COMPLETE_TASKS, "DELETE /tasks/{task_id}/pending-disposition")
def undo(context: Context, caller: Caller, task_id: int) -> Completion:
    """Undo one's own disposition while it is pending, or put away one that was refused when it was
    to count.

    Returns:
        What was typed.

    Raises:
        Conflict: it counts already.
    """
    user_id = _user(caller)
    # No look at whose the lead is now: what one typed oneself is one's own.
    with context.database.begin() as connection:
        typed = pending_dispositions.undo(connection, task_id, user_id)
    if typed is None:
        raise Conflict(
            sentence("It is too late to take that back: the disposition counts already.")
        )
    return typed


@changes(Action.REASSIGN, "POST /tasks/{task_id}/reassign", keep=("to",))
def reassign(context: Context, caller: Caller, task_id: int, to: str) -> tuple[int, bool]:
    """Give the task's lead to a rep, with all its open tasks.

    Returns:
        The lead, and whether it was another's before.

    Raises:
        Conflict: the rep can't take it.
    """
    with context.database.begin() as connection:
        lead_id = may_see_task(connection, caller, task_id)
        moved = hand_over(connection, [lead_id], to, caller.by, context.clock.now())
    return lead_id, bool(moved)


@changes(Action.COMPLETE_TASKS, "POST /tasks/{task_id}/snooze", keep=("until",))
def snooze(context: Context, caller: Caller, task_id: int, until: datetime) -> None:
    """Put a task off: it is off its owner's list until then, and comes back by itself.

    Args:
        until: journey time, UTC; not beyond the task's deadline.

    Raises:
        TaskOver: it is not open any more.
        TaskRefused: the time will not do.
    """
    with context.database.begin() as connection:
        may_see_task(connection, caller, task_id)
        snoozes.snooze(connection, task_id, until, context.clock.now())


@changes(Action.COMPLETE_TASKS, "DELETE /tasks/{task_id}/snooze")
def bring_back(context: Context, caller: Caller, task_id: int) -> bool:
    """Have a task that is put off back on its owner's list now.

    Returns:
        Whether it was put off.
    """
    with context.database.begin() as connection:
        may_see_task(connection, caller, task_id)
        return snoozes.bring_back(connection, task_id)


@changes(Action.REASSIGN, "POST /tasks/snooze", keep=("tasks", "until"))
def snooze_several(
    context: Context, caller: Caller, tasks: Sequence[int], until: datetime
) -> list[Snoozed]:
    """Put off those of several tasks that can be; the others stay, each with the reason.

    Args:
        until: journey time, UTC.
    """
    with context.database.begin() as connection:
        return _snoozed(context, connection, caller, tasks, until)


def look_at_snoozing(
    context: Context, caller: Caller, tasks: Sequence[int], until: datetime
) -> list[Snoozed]:
    """What :func:`snooze_several` would do; nothing is changed."""
    authorise(caller, Action.REASSIGN)
    with context.database.connect() as connection:
        return _snoozed(context, connection, caller, tasks, until)


def _snoozed(
    context: Context,
    connection: Connection,
    caller: Caller,
    task_ids: Sequence[int],
    until: datetime,
) -> list[Snoozed]:
    for task_id in task_ids:
        may_see_task(connection, caller, task_id)
    return snoozes.snooze_all(connection, task_ids, until, context.clock.now())


def _keep(
    context: Context,
    caller: Caller,
    task_id: int,
    completion: Completion,
    refusal: TaskOver | TaskRefused | MeetingRefused,
) -> None:
    """Keep with the lead what was typed, and say so."""
    with context.database.begin() as connection:
        tasks.keep_refused(connection, task_id, completion, caller.by, context.clock.now())
    if completion.note:
        refusal.saying(sentence("{refusal} Your note is kept with the lead.", refusal=str(refusal)))


def _user(caller: Caller) -> int:
    """The user of the console behind a caller.

    Raises:
        Conflict: it is a token, or the command line.
    """
    if not caller.user_id:
        raise Conflict("A token can't undo a disposition: complete the task.")
    return caller.user_id
