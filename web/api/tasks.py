"""``/api/tasks``: the work of people, and its dispositions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from domain.access import Action, Role
from domain.inputs import ASKED, Code
from domain.sentences import sentence
from domain.tasks.completion import Completion
from store.access.api_tokens import Caller
from store.meetings.meetings import MeetingRefused
from store.routing.routing import RoutingRefused, reassign
from store.tasks import held_answers, tasks
from store.tasks.answers import TaskOver, TaskRefused
from store.views import task_lists
from store.views.task_lists import OpenTask, TaskDetail
from web.api.access import Here, Place, found, may, sees_task, team_of
from web.api.paging import PAGE, Cursor, Done, Limit, Page, page
from web.problems import Problem, invalid, refused

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


class Held(BaseModel):
    """A disposition that counts from ``release_at`` (real time) on, unless it is taken back."""

    task_id: int
    disposition: str
    by: str
    release_at: datetime


@router.get("")
def list_tasks(
    here: Place,
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
        raise invalid("of", f"A token of role {caller.role} acts for no rep: ask for team or all.")
    if which == "all" and caller.role == Role.SDR:
        raise invalid("of", "An SDR sees the tasks of the team: ask for mine or team.")
    whose = caller.rep if which == "mine" else owner
    return page(
        here,
        "tasks",
        cursor,
        limit,
        lambda connection, after, most: task_lists.open_tasks(
            connection, whose, team, after=after, limit=most
        ),
        key=lambda task: task.urgency,
    )


@router.get("/{task_id}")
def show_task(here: Place, caller: Reader, task_id: int) -> TaskDetail:
    """One task: who, why now, what to do, and what it may end with."""
    with here.database.connect() as connection:
        sees_task(connection, caller, task_id)
        detail = task_lists.detail(connection, task_id, here.clock.now())
    return found(detail, sentence("There is no task {task}.", task=task_id))


@router.post("/{task_id}/complete")
def complete(here: Place, caller: Doer, task_id: int, body: Completion) -> Completed:
    """End a task with its disposition. One that can't be taken is refused with what happened
    instead (409) or what it lacks (422), and what was typed is kept with the lead."""
    return finish(here, caller, task_id, body)


@router.post("/{task_id}/hold")
def hold(here: Place, caller: Doer, task_id: int, body: Completion) -> Held:
    """End a task with a disposition that can be taken back for a few seconds. It is refused as
    ``complete`` refuses it. For users of the console; a program knows what it wants."""
    user_id = _user(caller)
    _check_seen(here, caller, task_id)
    now = here.clock.now()
    try:
        with here.database.begin() as connection:
            release_at = held_answers.hold(
                connection, task_id, body, caller.by, now, user_id=user_id
            )
    except (TaskRefused, MeetingRefused) as refusal:
        over = isinstance(refusal, TaskOver)
        if over:
            with here.database.begin() as connection:
                tasks.keep_refused(connection, task_id, body, caller.by, now)
        raise _problem(refusal, kept=over and bool(body.note)) from None
    return Held(task_id=task_id, disposition=body.disposition, by=caller.by, release_at=release_at)


@router.delete("/{task_id}/hold", operation_id="take_back_disposition")
def take_back(here: Place, caller: Doer, task_id: int) -> Completion:
    """Take one's own disposition back while it is held, or put away one that was refused when it
    was to count; the answer is what was typed."""
    user_id = _user(caller)
    # No look at whose the lead is now: what one typed oneself is one's own.
    with here.database.begin() as connection:
        typed = held_answers.take_back(connection, task_id, user_id)
    if typed is None:
        raise refused(sentence("It is too late to take that back: the disposition counts already."))
    return typed


@router.post("/{task_id}/reassign", operation_id="reassign_task")
def give(here: Place, caller: Giver, task_id: int, body: To) -> Done:
    """Give the task's lead to a rep, with all its open tasks."""
    try:
        with here.database.begin() as connection:
            lead_id = sees_task(connection, caller, task_id)
            moved = reassign(connection, [lead_id], body.to, caller.by, here.clock.now())
    except RoutingRefused as refusal:
        raise refused(str(refusal), "to") from None
    what = "is" if moved else "was already"
    return Done(detail=f"lead-{lead_id} with its open tasks {what} {body.to}'s.")


def finish(here: Here, caller: Caller, task_id: int, body: Completion) -> Completed:
    """Take a disposition of this caller.

    Raises:
        Problem: it can't be taken.
    """
    _check_seen(here, caller, task_id)
    now = here.clock.now()
    try:
        with here.database.begin() as connection:
            held_answers.complete(connection, task_id, body, caller.by, now)
    except (TaskRefused, MeetingRefused) as refusal:
        with here.database.begin() as connection:
            tasks.keep_refused(connection, task_id, body, caller.by, now)
        raise _problem(refusal, kept=bool(body.note)) from None
    return Completed(task_id=task_id, disposition=body.disposition, by=caller.by)


def _check_seen(here: Here, caller: Caller, task_id: int) -> None:
    """Raises:
    Problem: 404; the caller may not see the task.
    """
    with here.database.connect() as connection:
        sees_task(connection, caller, task_id)


def _user(caller: Caller) -> int:
    """The user of the console behind a caller.

    Raises:
        Problem: it is a token.
    """
    if not caller.user_id:
        raise refused("A token can't hold a disposition: complete the task.")
    return caller.user_id


def _problem(refusal: TaskRefused | MeetingRefused, *, kept: bool) -> Problem:
    detail = str(refusal)
    if kept:
        detail = sentence("{refusal} Your note is kept with the lead.", refusal=detail)
    if isinstance(refusal, TaskOver):
        return refused(detail)
    if isinstance(refusal, MeetingRefused):
        return refused(detail, "at")
    return invalid(refusal.field, detail)
