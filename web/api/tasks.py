"""``/api/tasks``: the work of people, and its dispositions."""

from __future__ import annotations

import re
from datetime import UTC
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.access import Action, Role
from store import tasks
from store.answers import Answer, TaskOver, TaskRefused
from store.api_tokens import Caller
from store.meetings import MeetingRefused
from store.overflow import Waiting, overflow
from store.routing import RoutingRefused, reassign
from store.tasks import OpenTask, TaskDetail
from web.api.access import Here, Place, found, may, sees_task, team_of
from web.api.paging import Done, Listing
from web.api.problems import Problem, invalid, refused

router = APIRouter(prefix="/tasks", tags=["tasks"])
Reader = Annotated[Caller, Depends(may(Action.READ_TASKS))]
Doer = Annotated[Caller, Depends(may(Action.COMPLETE_TASKS))]
Giver = Annotated[Caller, Depends(may(Action.REASSIGN))]
_OPTION = re.compile(r"--(\w+)")


class Learned(BaseModel):
    """What is known of a sale."""

    model_config = ConfigDict(extra="forbid")

    budget: str | None = None
    authority: str | None = None
    need: str | None = None
    timeline: str | None = None


class Completion(BaseModel):
    """How a task ended."""

    model_config = ConfigDict(extra="forbid")

    disposition: str
    """One of the task's dispositions."""
    at: AwareDatetime | None = None
    """For meeting_booked, call_back and rescheduled."""
    reason: str = ""
    """A code, for return and lost."""
    note: str = Field(default="", max_length=10_000)
    learned: Learned | None = None
    """With tasks of opportunities."""
    competitor: str = ""
    """With a lost sale."""


class To(BaseModel):
    """Code of the rep who gets it."""

    model_config = ConfigDict(extra="forbid")

    to: str


class Completed(BaseModel):
    """A disposition that was taken; the lead's journey hears of it within a second or so."""

    task_id: int
    disposition: str
    by: str


@router.get("")
def list_tasks(
    here: Place,
    caller: Reader,
    of: Literal["mine", "team", "all"] | None = None,
    owner: str | None = None,
) -> Listing[OpenTask]:
    """Open tasks: hot leads, then the one due first. ``mine`` is an SDR's default; nobody else has
    tasks of their own."""
    team = team_of(caller)
    which = of or ("mine" if caller.rep else "all")
    if which == "mine" and not caller.rep:
        raise invalid("of", f"A token of role {caller.role} acts for no rep: ask for team or all.")
    if which == "all" and caller.role == Role.SDR:
        raise invalid("of", "An SDR sees the tasks of the team: ask for mine or team.")
    with here.database.connect() as connection:
        items = tasks.open_tasks(connection, caller.rep if which == "mine" else owner, team)
    return Listing(items=items)


@router.get("/overflow")
def list_overflow(here: Place, caller: Reader) -> Listing[Waiting]:
    """The leads that nobody could take, the longest waiting first; for an SDR those that the team
    might have taken."""
    with here.database.connect() as connection:
        return Listing(items=overflow(connection, team_of(caller)))


@router.get("/{task_id}")
def show_task(here: Place, caller: Reader, task_id: int) -> TaskDetail:
    """One task: who, why now, what to do, and what it may end with."""
    with here.database.connect() as connection:
        sees_task(connection, caller, task_id)
        detail = tasks.detail(connection, task_id, here.clock.now())
    return found(detail, f"There is no task {task_id}.")


@router.post("/{task_id}/complete")
def complete(here: Place, caller: Doer, task_id: int, body: Completion) -> Completed:
    """End a task with its disposition. One that can't be taken is refused with what happened
    instead (409) or what it lacks (422), and what was typed is kept with the lead."""
    return finish(here, caller, task_id, body)


@router.post("/{task_id}/reassign")
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
    now = here.clock.now()
    learned = body.learned.model_dump(exclude_none=True) if body.learned else {}
    if body.competitor:
        learned["competitor"] = body.competitor
    with here.database.connect() as connection:
        sees_task(connection, caller, task_id)
    answer = Answer(
        disposition=body.disposition,
        by=caller.by,
        at=body.at.astimezone(UTC) if body.at else None,
        reason=body.reason,
        note=body.note,
        extra=learned,
    )
    try:
        with here.database.begin() as connection:
            tasks.complete_task(connection, task_id, answer, now)
    except (TaskRefused, MeetingRefused) as refusal:
        with here.database.begin() as connection:
            tasks.keep_refused(connection, task_id, answer, now)
        raise _problem(refusal, kept=bool(body.note)) from None
    return Completed(task_id=task_id, disposition=body.disposition, by=answer.by)


def _problem(refusal: Exception, *, kept: bool) -> Problem:
    # The sentences name options of the command line; a program has fields of the same names.
    sentence = _OPTION.sub(r"'\1'", str(refusal))
    detail = f"{sentence} Your note is kept with the lead." if kept else sentence
    if isinstance(refusal, TaskOver):
        return refused(detail)
    if isinstance(refusal, MeetingRefused):
        return refused(detail, "at")
    return invalid(_field(str(refusal)), detail)


def _field(sentence: str) -> str:
    """The field that a refused answer is wrong in."""
    if "cannot end with" in sentence:
        return "disposition"
    if "in the past" in sentence:
        return "at"
    named = [one for one in _OPTION.findall(sentence) if one != "note"]
    return named[0] if named else "reason"
