"""``/api/tasks``: the work of people, and its dispositions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from domain.access import Action, Role
from domain.inputs import ASKED, Code
from domain.refusals import Invalid
from domain.sentences import sentence
from domain.tasks.completion import Completion
from services import tasks
from services.access import found, may_see_task, team_of
from store.access.api_tokens import Caller
from store.views import task_lists
from store.views.task_lists import OpenTask, TaskDetail
from web.api.access import CurrentContext, may
from web.api.paging import PAGE, Cursor, Done, Limit, Page, page

router = APIRouter(prefix="/tasks", tags=["tasks"])
Reader = Annotated[Caller, Depends(may(Action.READ_TASKS))]
Doer = Annotated[Caller, Depends(may(Action.COMPLETE_TASKS))]
Giver = Annotated[Caller, Depends(may(Action.REASSIGN))]


class To(BaseModel):
    """Code of the rep who gets it."""

    model_config = ASKED

    to: Code


class Completed(BaseModel):
    """A disposition that was taken; the lead's journey hears of it within a second or so."""

    task_id: int
    disposition: str
    by: str


class UndoWindow(BaseModel):
    """A disposition that counts from ``release_at`` (real time) on, unless it is undone."""

    task_id: int
    disposition: str
    by: str
    release_at: datetime


@router.get("")
def list_tasks(
    context: CurrentContext,
    caller: Reader,
    *,
    of: Literal["mine", "team", "all"] | None = None,
    owner: str | None = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[OpenTask]:
    """Open tasks: hot leads, then the one due first. ``mine`` is an SDR's default; nobody else has
    tasks of their own."""
    team = team_of(caller)
    which = of or ("mine" if caller.rep else "all")
    if which == "mine" and not caller.rep:
        raise Invalid(f"A token of role {caller.role} acts for no rep: ask for team or all.", "of")
    if which == "all" and caller.role == Role.SDR:
        raise Invalid("An SDR sees the tasks of the team: ask for mine or team.", "of")
    whose = caller.rep if which == "mine" else owner
    return page(
        context,
        "tasks",
        cursor,
        limit,
        lambda connection, after, most: task_lists.open_tasks(
            connection, whose, team, after=after, limit=most
        ),
        key=lambda task: task.urgency,
    )


@router.get("/{task_id}")
def show_task(context: CurrentContext, caller: Reader, task_id: int) -> TaskDetail:
    """One task: who, why now, what to do, and what it may end with."""
    with context.database.connect() as connection:
        may_see_task(connection, caller, task_id)
        detail = task_lists.detail(connection, task_id, context.clock.now())
    return found(detail, sentence("There is no task {task}.", task=task_id))


@router.post("/{task_id}/complete")
def complete(context: CurrentContext, caller: Doer, task_id: int, body: Completion) -> Completed:
    """End a task with its disposition. One that can't be taken is refused with what happened
    instead (409) or what it lacks (422); a note is kept with the lead."""
    tasks.complete(context, caller, task_id, body)
    return Completed(task_id=task_id, disposition=body.disposition, by=caller.by)


@router.post("/{task_id}/pending-disposition", operation_id="complete_task_with_undo")
def complete_with_undo(
    context: CurrentContext, caller: Doer, task_id: int, body: Completion
) -> UndoWindow:
    """End a task with a disposition that can be undone for a few seconds. It is refused as
    ``complete`` refuses it. For users of the console; a program knows what it wants."""
    release_at = tasks.complete_with_undo(context, caller, task_id, body)
    return UndoWindow(
        task_id=task_id, disposition=body.disposition, by=caller.by, release_at=release_at
    )


@router.delete("/{task_id}/pending-disposition", operation_id="undo_disposition")
def undo(context: CurrentContext, caller: Doer, task_id: int) -> Completion:
    """Undo one's own disposition while it is pending, or put away one that was refused when it was
    to count; the answer is what was typed."""
    return tasks.undo(context, caller, task_id)


@router.post("/{task_id}/reassign", operation_id="reassign_task")
def give(context: CurrentContext, caller: Giver, task_id: int, body: To) -> Done:
    """Give the task's lead to a rep, with all its open tasks."""
    lead_id, moved = tasks.reassign(context, caller, task_id, body.to)
    what = "is" if moved else "was already"
    return Done(detail=f"lead-{lead_id} with its open tasks {what} {body.to}'s.")
