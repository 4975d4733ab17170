"""The tasks that wait for somebody, the most urgent first, and the one that is being worked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable

from markupsafe import Markup
from nicegui import ui
from nicegui.events import GenericEventArguments

from store import inbox as store
from store.inbox import Line, Pile
from store.presence import RepLine
from web.api.problems import Problem
from web.console import labels
from web.console.inbox.reassign import PICKED, Reassign
from web.console.inbox.task import TaskScreen
from web.console.inbox.typed import Typed
from web.console.inbox.undo import Undo
from web.console.parts import badge, button, link, quiet, show
from web.console.times import countdown
from web.console.visit import Visit
from web.console.words import _

SECONDS = 3.0
"""How often the page asks whether there is news."""
OPENED = (
    "(e) => { const row = e.target.closest('[data-task]');"
    " if (!row || e.ctrlKey || e.metaKey || e.shiftKey) return;"
    " e.preventDefault(); emit(Number(row.dataset.task)); }"
)
"""Tells which task of the list was opened; with a modifier key the browser opens its own page."""


class Inbox:
    """A list of tasks at the left, the screen of one at the right; on a phone one of them."""

    def __init__(
        self,
        visit: Visit,
        pile: Pile,
        reps: list[RepLine] | None,
        changed: Callable[[], Awaitable[None]],
    ) -> None:
        """Whoever may reassign gives ``reps``; ``changed`` is told when the list is another."""
        self.visit, self.pile, self._changed = visit, pile, changed
        self.lines: list[Line] = []
        self.drafts: dict[int, Typed] = {}
        self._mark: tuple[Hashable, ...] = ()
        self.reassign = None if reps is None else Reassign(visit, reps, self.refresh)
        self.frame = ui.element("div").classes("inbox")
        with self.frame:
            with ui.element("div").classes("list"):
                refusals = ui.element("div")
                self.list = show(Markup()).on("click", self._open, js_handler=OPENED)
                if self.reassign:
                    self.list.on("change", self.reassign.picked, js_handler=PICKED)
            with ui.element("div").classes("working"):
                back = button(_("All tasks"), self._back)
                back.classes("back").props("icon=arrow_back")
                self.screen = TaskScreen(visit, ui.element("div"), self.drafts, self._done)
        self.undo = Undo(visit, ui.element("div"), refusals, self._reopen)

    async def begin(self, task_id: int) -> None:
        """Show the list and the task asked for, else the most urgent one."""
        await self._load()
        await self.undo.refresh()
        if task_id:
            self.frame.classes(add="reading")
        await self._work_on(task_id or (self.lines[0].id if self.lines else 0))
        ui.timer(SECONDS, self.refresh)

    async def refresh(self) -> None:
        """Bring list, held answers and the open task up to date if anything is new; what is
        selected and typed stays."""
        if await self._news() == self._mark:
            return
        task_id, was_open = self.screen.task_id, self._is_listed(self.screen.task_id)
        with self.frame:
            await self._load()
            await self.undo.refresh()
            if not task_id and self.lines:
                await self._work_on(self.lines[0].id)
            elif was_open and not self._is_listed(task_id):
                await self.screen.open(task_id)  # Somebody else did it, or it is theirs now.
            await self._changed()

    async def _news(self) -> tuple[Hashable, ...]:
        return await self.visit.read(
            store.mark, self.pile, self.visit.who.user_id, self.screen.task_id
        )

    async def _load(self) -> None:
        self.lines = await self.visit.read(store.lines, self.pile)
        self._mark = await self._news()
        self._draw()

    def _is_listed(self, task_id: int) -> bool:
        return any(line.id == task_id for line in self.lines)

    def _draw(self) -> None:
        now = self.visit.here.clock.now()
        chosen = self.reassign.chosen if self.reassign else None
        groups: dict[str, list[Markup]] = {}
        for line in self.lines:
            group = _("Hot") if line.hot else _("Late") if line.due_at < now else _("Next")
            row = _row(line, line.id == self.screen.task_id, chosen, self.pile.owner is None)
            groups.setdefault(group, []).append(row)
        drawn = Markup().join(
            Markup('<h2 id="{}">{} {}</h2><ul aria-labelledby="{}">{}</ul>').format(
                f"group-{number}",
                group,
                quiet(len(rows)),
                f"group-{number}",
                Markup().join(rows),
            )
            for number, (group, rows) in enumerate(groups.items())
        )
        if len(self.lines) == store.MOST:
            more = _("Only the first {number} are shown.", number=store.MOST)
            drawn += Markup("<p>{}</p>").format(quiet(more))
        keys = Markup('<p class="keys">{}</p>').format(
            Markup("<kbd>j</kbd> <kbd>k</kbd> {} <kbd>Enter</kbd> {}").format(_("move"), _("open"))
        )
        self.list.set_content(drawn + keys if self.lines else _nothing())

    async def _work_on(self, task_id: int, *, focus: bool = False) -> None:
        if not task_id:
            self.screen.close()
            self.frame.classes(remove="reading")
            return
        try:
            await self.screen.open(task_id, focus=focus)
        except Problem:
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
            left = [line.id for line in self.lines]
            following = next((one for one in after if one in left), left[0] if left else 0)
            if draft := self.drafts.get(following):
                draft.disposition = ""  # Or the same key once too often would confirm it.
            await self._work_on(following, focus=True)
            await self.undo.refresh()
            await self._changed()

    async def _reopen(self, task_id: int, typed: Typed) -> None:
        self.drafts[task_id] = typed
        with self.frame.classes(add="reading"):
            await self._load()
            await self._work_on(task_id)
            await self._changed()


def _row(line: Line, here: bool, chosen: set[int] | None, owners: bool) -> Markup:
    pick = (
        Markup()
        if chosen is None
        else Markup('<input type="checkbox" data-pick="{}" aria-label="{}"{}>').format(
            line.lead_id,
            _("Choose {name}", name=line.name),
            Markup(" checked") if line.lead_id in chosen else "",
        )
    )
    kind = labels.task_kind(line.kind)
    what = f"{kind} · {line.attempt}" if line.kind == "call" and line.attempt > 1 else kind
    return Markup(
        '<li>{}<a class="entry" href="/console/tasks/{}" data-task="{}"{}>'
        '<span class="name">{}{}</span>{}<span class="quiet">{}</span></a></li>'
    ).format(
        pick,
        line.id,
        line.id,
        Markup(' aria-current="true"') if here else "",
        line.name,
        Markup(" {}").format(badge(_("Hot"), "bad")) if line.hot else "",
        countdown(line.due_at),
        " · ".join(part for part in (what, line.company, line.owner if owners else "") if part),
    )


def _nothing() -> Markup:
    return Markup('<p class="empty">{} {}</p>').format(
        _("Nothing is due. New tasks appear here by themselves."),
        link(_("Look at leads"), "/leads"),
    )
