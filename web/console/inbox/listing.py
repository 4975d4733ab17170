"""The tasks that wait for somebody, the most urgent first, and the one that is being worked."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup
from nicegui import ui
from nicegui.events import GenericEventArguments
from sqlalchemy import Connection

from domain.contracts.tasks import TaskKind
from domain.refusals import Refusal
from domain.tasks.completion import Completion
from store.routing.presence import RepLine
from store.views import inbox as store
from store.views.inbox import InboxLine, TaskFilter
from web.console.frame import say_no
from web.console.inbox.bulk import Bulk
from web.console.inbox.kinds import PRESSED, kinds_of, sorts
from web.console.inbox.rows import done_today, nothing, rows
from web.console.inbox.task import TaskScreen
from web.console.inbox.undo import Undo
from web.console.parts import button, quiet, show
from web.console.picks import PICKED
from web.console.times import bounds_of_today
from web.console.visit import PageVisit
from web.console.words import _

SECONDS = 3.0
"""How often the page asks whether there is news."""
OPENED = (
    "(e) => { const row = e.target.closest('[data-task]');"
    " if (!row || e.ctrlKey || e.metaKey || e.shiftKey) return;"
    " e.preventDefault(); atTask(row.dataset.task, true); emit(Number(row.dataset.task)); }"
)
"""Tells which task of the list was opened; with a modifier key the browser opens its own page."""


class InboxPage:
    """A list of tasks at the left, the screen of one at the right; on a phone one of them."""

    def __init__(
        self,
        visit: PageVisit,
        pile: TaskFilter,
        reps: list[RepLine] | None,
        changed: Callable[[], Awaitable[object]],
        *,
        late: bool = False,
        sort: str = "",
    ) -> None:
        """Whoever may reassign gives ``reps``; ``changed`` is told when the list is another;
        ``late`` keeps what is not late off it, ``sort`` what is of another sort."""
        self.visit, self._whose, self._late, self._changed = visit, pile, late, changed
        self._sort = sort if kinds_of(sort) else ""
        self._counts = _Counts({}, 0)
        self._day = bounds_of_today(visit)
        self.lines: list[InboxLine] = []
        self.drafts: dict[int, Completion] = {}
        self._mark: tuple[Hashable, ...] = ()
        self.bulk = None if reps is None else Bulk(visit, reps, self.refresh)
        self._sorts = show(Markup()).on("click", self._narrow, js_handler=PRESSED)
        self.frame = ui.element("div").classes("inbox").on("leave", self._back)
        with self.frame:
            with ui.element("div").classes("list"):
                refusals = ui.element("div")
                self.list = show(Markup()).on("click", self._open, js_handler=OPENED)
                if self.bulk:
                    self.list.on("change", self._picked, js_handler=PICKED)
            with ui.element("div").classes("working"):
                back = button(_("All tasks"), self._back)
                back.classes("back").props("icon=arrow_back")
                back.on("click", js_handler="() => toList()")
                self.screen = TaskScreen(visit, ui.element("div"), self.drafts, self._done)
        self.undo = Undo(visit, ui.element("div"), refusals, self._reopen)

    async def begin(self, task_id: int) -> None:
        """Show the list and the task asked for, else the most urgent one."""
        await self._load()
        await self.undo.refresh()
        first = self._first()
        if task_id:
            self.frame.classes(add="reading")
        try:
            await self._work_on(task_id or first)
        except Refusal as gone:
            # An address may be older than what it names: that is no reason to show no inbox.
            self.frame.classes(remove="reading")
            say_no(str(gone))
            await self._work_on(first)
        ui.timer(SECONDS, self.refresh)

    async def refresh(self) -> None:
        """Bring list, pending dispositions and the open task up to date if anything is new; what is
        selected and typed stays."""
        now = self.visit.context.clock.now()
        news = await self.visit.read(
            _news, self._pile(), self.visit.who.user_id, self.screen.task_id, now
        )
        if news == (self._mark, self.screen.mark) and self._day == bounds_of_today(self.visit):
            return
        task_id, was_open = self.screen.task_id, self._is_listed(self.screen.task_id)
        with self.frame:
            await self._load()
            await self.undo.refresh()
            if call := self._call_now():
                self.screen.calling = 0
                await self._work_on(call, focus=True)
            elif not task_id and self._first():
                await self._work_on(self._first())
            else:
                self._draw()
            if was_open and task_id == self.screen.task_id and not self._is_listed(task_id):
                await self.screen.open(task_id)  # Somebody else did it, or it is theirs now.
            await self._changed()

    def _call_now(self) -> int:
        """The call of the lead that was accepted to be called now; 0 while it is not there."""
        calls = (
            line.id
            for line in self.lines
            if (line.lead_id, line.kind) == (self.screen.calling, TaskKind.CALL)
        )
        return next(calls, 0)

    async def _load(self) -> None:
        pile, user = self._pile(), self.visit.who.user_id
        now, self._day = self.visit.context.clock.now(), bounds_of_today(self.visit)
        self.lines, self._mark, self._counts = await self.visit.read(
            _listed, pile, user, now, self._day[0]
        )
        if self.bulk:
            self.bulk.only(self.lines)

    def _first(self) -> int:
        """The task to begin with: what is put off is not opened by itself."""
        return next((line.id for line in self.lines if line.snoozed_until is None), 0)

    def _pile(self) -> TaskFilter:
        late_at = self.visit.context.clock.now() if self._late else None
        return replace(self._whose, late_at=late_at, kinds=kinds_of(self._sort))

    def _picked(self, event: GenericEventArguments) -> None:
        if self.bulk:
            self.bulk.choose([int(one) for one in event.args])

    async def _narrow(self, event: GenericEventArguments) -> None:
        """Show tasks of one sort only, from its first on."""
        self._sort = str(event.args)
        with self.frame:
            ui.run_javascript(f"inAddress('sort', {json.dumps(self._sort)})")
            await self._load()
            if self._is_listed(self.screen.task_id):
                self._draw()
            else:
                await self._work_on(self._first())

    def _is_listed(self, task_id: int) -> bool:
        return any(line.id == task_id for line in self.lines)

    def _draw(self) -> None:
        now = self.visit.context.clock.now()
        listed = rows(
            self.lines,
            now=now,
            zone=self.visit.zone,
            context=self.screen.task_id,
            picks=self.bulk is not None,
            chosen=self.bulk.chosen if self.bulk else (),
            owners=self._whose.owner is None,
        )
        if len(self.lines) == store.MOST:
            more = _("Only the first {number} are shown.", number=store.MOST)
            listed += Markup("<p>{}</p>").format(quiet(more))
        keys = Markup('<p class="keys">{}</p>').format(
            Markup("<kbd>j</kbd> <kbd>k</kbd> {} <kbd>Enter</kbd> {} <kbd>z</kbd> {}").format(
                _("move"), _("open"), _("snooze")
            )
        )
        awake = [line for line in self.lines if line.snoozed_until is None]
        done = self._counts.done
        said = Markup()
        if not awake:
            others = sum(self._counts.kinds.values())
            back_at = self.lines[0].snoozed_until if self.lines else None
            said = nothing(self._sort, done=done, others=others, back_at=back_at)
        self._sorts.set_content(sorts(self._counts.kinds, self._sort) + done_today(done))
        self.list.set_content(said + listed + (keys if self.lines else ""))

    async def _work_on(self, task_id: int, *, focus: bool = False) -> None:
        if not task_id:
            self.screen.close()
            self.frame.classes(remove="reading")
            self._draw()
            return
        try:
            await self.screen.open(task_id, focus=focus)
        except Refusal:
            self.screen.close()
            raise
        finally:
            self._draw()

    async def _open(self, event: GenericEventArguments) -> None:
        with self.frame.classes(add="reading"):
            # What is being pressed on the screen that is there already must not go away.
            if int(event.args) != self.screen.task_id:
                await self._work_on(int(event.args), focus=True)

    def _back(self) -> None:
        self.frame.classes(remove="reading")

    async def _done(self, task_id: int) -> None:
        """The next task slides in: the one that came after it, else the first."""
        ids = [line.id for line in self.lines]
        after = ids[ids.index(task_id) + 1 :] if task_id in ids else []
        # The button that was pressed goes with its task, so what follows hangs on what stays.
        with self.frame:
            await self._load()
            left = {line.id for line in self.lines if line.snoozed_until is None}
            following = next((one for one in after if one in left), self._first())
            if draft := self.drafts.get(following):
                draft.disposition = ""  # Or the same key once too often would confirm it.
            await self._work_on(following, focus=True)
            ui.run_javascript(f"atTask({following})")
            await self.undo.refresh()
            await self._changed()

    async def _reopen(self, task_id: int, typed: Completion) -> None:
        self.drafts[task_id] = typed
        with self.frame.classes(add="reading"):
            await self._load()
            await self._work_on(task_id)
            ui.run_javascript(f"atTask({task_id}, true)")
            await self._changed()


class _Counts(NamedTuple):
    """How many tasks are on the list, by kind of work and whatever it is narrowed down to, and how
    many were done since the visitor's day began."""

    kinds: Mapping[str, int]
    done: int


def _listed(
    connection: Connection, pile: TaskFilter, user_id: int, now: datetime, since: datetime
) -> tuple[list[InboxLine], tuple[Hashable, ...], _Counts]:
    # The mark first: what comes in between is told by the next one.
    everything = replace(pile, kinds=None)
    mark = store.mark(connection, everything, user_id, now)
    counts = _Counts(
        store.kinds(connection, everything, now),
        store.done_since(connection, pile, since),
    )
    return store.lines(connection, pile, now), mark, counts


def _news(
    connection: Connection, pile: TaskFilter, user_id: int, task_id: int, now: datetime
) -> tuple[tuple[Hashable, ...], tuple[Hashable, ...]]:
    everything = replace(pile, kinds=None)
    return store.mark(connection, everything, user_id, now), store.task_mark(connection, task_id)
