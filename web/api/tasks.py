"""``/api/tasks``: the work of people, and its dispositions."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from domain.access import Action
from domain.contracts.tasks import Disposition, TaskKind
from domain.inputs import ASKED, Code, Instant
from domain.refusals import Invalid
from domain.sentences import sentence
from domain.tasks.completion import Completion
from mail.follow_up import FollowUpMail
from services import dialing, follow_up_mails, talk_tracks, tasks
from services.access import found, may_see_task, team_of
from services.dialing import DialAddress
from services.talk_tracks import Talk
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


class SnoozeUntil(BaseModel):
    """When it comes back (journey time)."""

    model_config = ASKED

    until: Instant


class SnoozeSeveral(SnoozeUntil):
    """When several tasks come back (journey time); ``only_check`` changes nothing."""

    tasks: list[int] = Field(min_length=1, max_length=200)
    only_check: bool = False


class SnoozedTask(BaseModel):
    """What becomes of one of them: back at ``until``, or it stays because it is ``refused``."""

    task_id: int
    until: datetime | None
    refused: str


class Snoozing(BaseModel):
    """What becomes of each task."""

    tasks: list[SnoozedTask]


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
    kind: TaskKind | None = None,
    snoozed: bool = True,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[OpenTask]:
    """Open tasks: hot leads, then the one due first. ``mine`` is an SDR's default; nobody else has
    tasks of their own. With ``snoozed=false`` those that are put off are left out."""
    team = team_of(caller)
    which = of or ("mine" if caller.rep else "all")
    if which == "mine" and not caller.rep:
        raise Invalid(f"A token of role {caller.role} acts for no rep: ask for team or all.", "of")
    if which == "all" and caller.of_one_team:
        raise Invalid("An SDR sees the tasks of the team: ask for mine or team.", "of")
    whose = caller.rep if which == "mine" else owner
    return page(
        context,
        "tasks",
        cursor,
        limit,
        lambda connection, after, most: task_lists.open_tasks(
            connection,
            whose,
            team,
            kinds=[kind] if kind else (),
            awake_at=None if snoozed else context.clock.now(),
            after=after,
            limit=most,
        ),
        key=lambda task: task.urgency,
    )


@router.post("/snooze", operation_id="snooze_tasks")
def snooze_several(context: CurrentContext, caller: Giver, body: SnoozeSeveral) -> Snoozing:
    """Put several tasks off; with ``only_check``, say what that would do. One that is late, hot or
    due before then stays."""
    act = tasks.look_at_snoozing if body.only_check else tasks.snooze_several
    done = act(context, caller, body.tasks, body.until)
    return Snoozing(tasks=[SnoozedTask(**asdict(one)) for one in done])


@router.get("/{task_id}")
def show_task(context: CurrentContext, caller: Reader, task_id: int) -> TaskDetail:
    """One task: who, why now, what to do, and what it may end with."""
    with context.database.connect() as connection:
        may_see_task(connection, caller, task_id)
        detail = task_lists.detail(connection, task_id, context.clock.now())
    return found(detail, sentence("There is no task {task}.", task=task_id))


@router.get("/{task_id}/dial", operation_id="show_dial_address")
def show_dial_address(context: CurrentContext, caller: Doer, task_id: int) -> DialAddress:
    """The signed address that opens the company's softphone with the lead's number, for a few
    minutes (docs/operations.md, *Click to dial*)."""
    return dialing.address(context, caller, task_id)


@router.get("/{task_id}/talk-track", operation_id="show_talk_track")
def show_talk(context: CurrentContext, caller: Reader, task_id: int) -> Talk:
    """What to say in the task, line by line in the lead's language, and snippets to paste, as
    content.yaml has them for its stage and persona. Times are by the lead's clock."""
    return talk_tracks.look(context, caller, task_id)


@router.get("/{task_id}/mail", operation_id="show_follow_up_mail")
def show_mail(
    context: CurrentContext, caller: Reader, task_id: int, disposition: Disposition
) -> FollowUpMail:
    """The mail that goes out when the task ends with a disposition, as the lead would get it.
    ``mail`` of the completion skips it or says it in other words."""
    return found(
        follow_up_mails.look(context, caller, task_id, disposition),
        sentence("No mail goes out after '{disposition}'.", disposition=disposition),
    )


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


@router.post("/{task_id}/snooze", operation_id="snooze_task")
def snooze(context: CurrentContext, caller: Doer, task_id: int, body: SnoozeUntil) -> Done:
    """Put a task off: it is off its owner's list until then and comes back by itself, at its
    deadline at the latest. Its clocks go on."""
    tasks.snooze(context, caller, task_id, body.until)
    return Done(detail=f"Task {task_id} comes back at {body.until.isoformat()}.")


@router.delete("/{task_id}/snooze", operation_id="bring_task_back")
def bring_back(context: CurrentContext, caller: Doer, task_id: int) -> Done:
    """Have a task that is put off back on its owner's list now."""
    was = tasks.bring_back(context, caller, task_id)
    return Done(detail=f"Task {task_id} {'is back' if was else 'was not put off'}.")
