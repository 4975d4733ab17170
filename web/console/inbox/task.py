"""One task, one screen: in the inbox, and alone at ``/console/tasks/{task_id}``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, tzinfo
from functools import partial

from markupsafe import Markup, escape
from nicegui import ui
from sqlalchemy import Connection

import services.tasks
from domain.access import Action
from domain.contracts.tasks import Disposition, TaskKind
from domain.tasks.completion import Completion
from services.access import found, may_see_task
from services.talk_tracks import Talk
from services.talk_tracks import talk as talk_of
from store.access.api_tokens import Caller
from store.health import kept_for_journey
from store.routing.busy_calendars import CalendarState, calendar_state
from store.views import inbox
from store.views.inbox import TaskView
from web.console import labels
from web.console.busy_calendars import caution
from web.console.frame import say_done
from web.console.inbox.at_hand import ask_for_phone, put_off
from web.console.inbox.dispositions import Dispositions
from web.console.inbox.facts import (
    dossier_parts,
    instructions,
    script,
    snippets,
    who,
    why_now,
)
from web.console.inbox.snoozing import ask_until
from web.console.inbox.typed import note_of
from web.console.pages import console_page
from web.console.parts import button, section, show
from web.console.times import exact, weekday_time
from web.console.visit import PageVisit
from web.console.words import N_, _
from web.console.workflow_links import workflow_link

KEPT = N_("The answer is kept; the journey takes it as soon as it runs again.")


class TaskScreen:
    """The screen of one task after the other, inside an element.

    ``drafts`` keeps what was typed for each; ``done`` is told of a task whose disposition is
    pending.
    """

    def __init__(
        self,
        visit: PageVisit,
        inside: ui.element,
        drafts: dict[int, Completion],
        done: Callable[[int], Awaitable[None]],
    ) -> None:
        self.visit, self.inside, self.drafts = visit, inside, drafts
        self.task_id = 0
        self.mark: tuple[Hashable, ...] = ()
        self.calling = 0
        """The lead that is being called: its call comes onto the list in a moment."""
        self._done = done

    async def open(self, task_id: int, *, focus: bool = False) -> None:
        """Show a task.

        Args:
            focus: whether the keyboard goes there, for who hears the page.

        Raises:
            Refusal: there is none that the visitor may see.
        """
        now = self.visit.context.clock.now()
        view, self.mark, talk, own = await self.visit.read(
            _seen,
            self.visit.caller,
            task_id,
            now,
            self.visit.context.real_now(),
            reader=self.visit.zone,
            language=self.visit.language,
        )
        kept = None
        if view.task.state == "done":
            kept = await self.visit.read(kept_for_journey, view.workflow_id)
        self.task_id = task_id
        self.inside.clear()
        with self.inside, ui.element("article").classes("task"):
            self._build(view, talk, now, doubt=caution(own), kept=kept is not None)
        if focus:
            ui.run_javascript(
                f"getHtmlElement({self.inside.id})?.querySelector('h2')?.focus();"
                "window.scrollTo({top: 0})"
            )

    async def _again(self) -> None:
        await self.open(self.task_id)

    def close(self) -> None:
        """Show nothing."""
        self.task_id, self.mark = 0, ()
        self.inside.clear()

    def _build(self, view: TaskView, talk: Talk, now: datetime, *, doubt: str, kept: bool) -> None:
        show(who(view, now, self.visit.context.settings.dial_url), "header")
        if view.task.state == "open" and self.visit.may(Action.COMPLETE_TASKS):
            self._snoozing(view, now)
        with ui.element("div").classes("columns"):
            with ui.element("div"):
                if said := _over(view):
                    show(escape(said), "p").classes("over").props('role="status"')
                if kept:
                    show(escape(_(KEPT)), "p").classes("over")
                calls, judges = (
                    view.task.kind == kind for kind in (TaskKind.CALL, TaskKind.QUALIFY)
                )
                if calls and not view.task.phone and not said and self.visit.may(Action.EDIT_LEADS):
                    with section(_("No phone number is known")):
                        ask_for_phone(self.visit, view.task.lead_id, self._again)
                said_first = script(talk)
                if to_do := said_first or instructions(view):
                    with section(_("What to say") if said_first else _("What to do")):
                        show(to_do + (snippets(talk) if said_first else ""))
                if not said and self.visit.may(Action.COMPLETE_TASKS):
                    with section(_("Is it one for you?") if judges else _("How did it go?")):
                        self._dispositions(view, talk, doubt)
                    if view.task.kind == TaskKind.TO_DO:
                        with section(_("Not now?")):
                            put_off(self.visit, view.task, self._again)
            with ui.element("div"):
                with section(_("Why now")):
                    show(why_now(view))
                    if view.workflow_id and self.visit.may(Action.READ_SYSTEM):
                        name, settings = view.workflow_id, self.visit.context.settings
                        said = _("Workflow {name}", name=name)
                        show(workflow_link(settings, said, name, view.run_id), "p")
                with ui.element("section").classes("part dossier"):
                    show(
                        Markup("<h2>{}</h2>{}").format(
                            _("Dossier"),
                            Markup().join(
                                Markup("<h3>{}</h3>{}").format(title, rows)
                                for title, rows in dossier_parts(view)
                            ),
                        )
                    )

    def _snoozing(self, view: TaskView, now: datetime) -> None:
        """The way to put the task off, or to have it back."""
        task, latest = view.task, view.latest_snooze
        back_at = min(task.snoozed_until, task.due_at) if task.snoozed_until else now
        with ui.element("div").classes("put-off"):
            if back_at > now and not task.hot:
                show(
                    escape(_("Snoozed: it comes back {time}.", time=weekday_time(back_at))), "span"
                )
                button(_("Bring back now"), partial(self._bring_back, task.id), key="z")
            elif latest is not None and latest > now and not view.pending_by:
                button(_("Snooze"), partial(self._snooze, task.id, latest), key="z")

    async def _snooze(self, task_id: int, latest: datetime) -> None:
        explained = _("Not beyond its deadline, {time}.", time=weekday_time(latest))
        until = await ask_until(self.visit, latest, explained)
        if until is None:
            return
        await self.visit.act(services.tasks.snooze, task_id, until)
        say_done(_("It comes back {time}, by itself.", time=weekday_time(until)))
        await self._done(task_id)

    async def _bring_back(self, task_id: int) -> None:
        await self.visit.act(services.tasks.bring_back, task_id)
        await self.open(task_id)

    def _dispositions(self, view: TaskView, talk: Talk, doubt: str) -> None:
        task_id = view.task.id
        typed = self.drafts.setdefault(task_id, Completion(disposition="", until=view.later))

        async def confirm(completion: Completion) -> None:
            if completion.disposition == Disposition.ACCEPT_AND_CALL:
                # Nothing is left to take back once the phone rings.
                await self.visit.act(services.tasks.complete, task_id, completion)
                self.calling = view.task.lead_id
            else:
                await self.visit.act(services.tasks.complete_with_undo, task_id, completion)
            self.drafts.pop(task_id, None)
            ui.run_javascript(f"sessionStorage.removeItem('{note_of(task_id)}')")
            await self._done(task_id)

        snippets = [(one.name, one.text) for one in talk.snippets]
        Dispositions(self.visit, view, typed, confirm, snippets, doubt=doubt)


def _seen(
    connection: Connection,
    caller: Caller,
    task_id: int,
    now: datetime,
    real_now: datetime,
    *,
    reader: tzinfo,
    language: str,
) -> tuple[TaskView, tuple[Hashable, ...], Talk, CalendarState | None]:
    may_see_task(connection, caller, task_id)
    mark = inbox.task_mark(connection, task_id)
    view = found(inbox.view(connection, task_id, now), f"There is no task {task_id}.")
    talk = talk_of(connection, view, now, reader=reader, language=language)
    own = calendar_state(connection, view.slots_of, real_now) if view.slots else None
    return view, mark, talk, own


def _over(view: TaskView) -> str:
    """Why the task can't be done any more; '' when it can."""
    if view.pending_by:
        return _("{who} has just done it.", who=labels.person(view.pending_by))
    match view.task.state:
        case "done":
            return _(
                "{who} has done it on {when}: {disposition}.",
                who=labels.person(view.done_by) or _("Somebody"),
                when=exact(view.done_at) if view.done_at else "–",
                disposition=labels.disposition(view.task.disposition),
            )
        case "withdrawn":
            return _("It was withdrawn: the journey no longer needs it.")
        case "expired":
            return _("Its deadline has passed, and the journey went on without an answer.")
    return ""


@console_page("/tasks/{task_id}", Action.READ_TASKS, N_("Task"))
async def task(visit: PageVisit, task_id: int) -> None:
    """One task alone; what comes after it is in the inbox."""

    async def done(_task_id: int) -> None:
        ui.navigate.to("/inbox")

    await TaskScreen(visit, ui.element("div"), {}, done).open(task_id)
