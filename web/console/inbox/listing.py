"""The tasks that wait for somebody, the most urgent first, and the one that is being worked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import replace

from markupsafe import Markup
from nicegui import ui
from nicegui.events import GenericEventArguments
from sqlalchemy import Connection

from domain.contracts.tasks import TaskKind
from domain.refusals import Refusal
from domain.tasks.completion import Completion
from domain.tasks.wording import title_of
from store.routing.presence import RepLine
from store.views import inbox as store
from store.views.inbox import InboxLine, TaskFilter
from web.console import labels
from web.console.frame import say_no
from web.console.inbox.task import TaskScreen
from web.console.inbox.undo import Undo
from web.console.parts import badge, button, link, piece, quiet, show
from web.console.picks import PICKED
from web.console.refusals import worded
from web.console.sales.give import Giving
from web.console.times import countdown
from web.console.visit import PageVisit
from web.console.words import _

WRITTEN = (TaskKind.CADENCE, TaskKind.HAND_OVER, TaskKind.TO_DO)
"""Kinds of task that say what is to be done only with their title, which marketing wrote."""
SECONDS = 3.0
"""How often the page asks whether there is news."""
OPENED = (
    "(e) => { const row = e.target.closest('[data-task]');"
    " if (!row || e.ctrlKey || e.metaKey || e.shiftKey) return;"
    " e.preventDefault(); atTask(row.dataset.task, true); emit(Number(row.dataset.task)); }"
)
"""Tells which task of the list was opened; with a modifier key the browser opens its own page."""

_GROUPS = piece(
    """
    {% for group, lines in groups.items() %}
    <h2 id="group-{{ loop.index }}">{{ group }} <span class="quiet">{{ lines | length }}</span></h2>
    <ul aria-labelledby="group-{{ loop.index }}">
    {% for line in lines %}
    <li>
    {% if picks %}
    <input type="checkbox" data-pick="{{ line.lead_id }}" aria-label="{{ choose(line.name) }}"
    {% if line.lead_id in chosen %} checked{% endif %}>
    {% endif %}
    <a class="entry" href="/console/tasks/{{ line.id }}" data-task="{{ line.id }}"
    {% if line.id == context %} aria-current="true"{% endif %}>
    <span class="name">{{ line.name }}{% if line.hot %} {{ hot }}{% endif %}</span>
    {{ countdown(line.due_at) }}
    <span class="quiet">{{ what(line, owners) }}</span>
    </a></li>
    {% endfor %}
    </ul>
    {% endfor %}
    """
)


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
    ) -> None:
        """Whoever may reassign gives ``reps``; ``changed`` is told when the list is another;
        ``late`` keeps what is not late off it."""
        self.visit, self._whose, self._late, self._changed = visit, pile, late, changed
        self.lines: list[InboxLine] = []
        self.drafts: dict[int, Completion] = {}
        self._mark: tuple[Hashable, ...] = ()
        self.giving = None if reps is None else Giving(visit, reps, self.refresh)
        self.frame = ui.element("div").classes("inbox").on("leave", self._back)
        with self.frame:
            with ui.element("div").classes("list"):
                refusals = ui.element("div")
                self.list = show(Markup()).on("click", self._open, js_handler=OPENED)
                if self.giving:
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
        first = self.lines[0].id if self.lines else 0
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
        news = await self.visit.read(
            _news, self._pile(), self.visit.who.user_id, self.screen.task_id
        )
        if news == (self._mark, self.screen.mark):
            return
        task_id, was_open = self.screen.task_id, self._is_listed(self.screen.task_id)
        with self.frame:
            await self._load()
            await self.undo.refresh()
            if call := self._call_now():
                self.screen.calling = 0
                await self._work_on(call, focus=True)
            elif not task_id and self.lines:
                await self._work_on(self.lines[0].id)
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
        self.lines, self._mark = await self.visit.read(_listed, pile, user)
        if self.giving:
            self.giving.only({line.lead_id for line in self.lines})

    def _pile(self) -> TaskFilter:
        late_at = self.visit.context.clock.now() if self._late else None
        return replace(self._whose, late_at=late_at)

    def _picked(self, event: GenericEventArguments) -> None:
        if self.giving:
            self.giving.choose([int(one) for one in event.args])

    def _is_listed(self, task_id: int) -> bool:
        return any(line.id == task_id for line in self.lines)

    def _draw(self) -> None:
        now = self.visit.context.clock.now()
        groups: dict[str, list[InboxLine]] = {}
        for line in self.lines:
            group = _("Hot") if line.hot else _("Late") if line.due_at < now else _("Next")
            groups.setdefault(group, []).append(line)
        drawn = _GROUPS(
            groups=groups,
            context=self.screen.task_id,
            picks=self.giving is not None,
            chosen=self.giving.chosen if self.giving else (),
            owners=self._whose.owner is None,
            hot=badge(_("Hot"), "bad"),
            choose=_choose,
            countdown=countdown,
            what=_what,
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
            left = [line.id for line in self.lines]
            following = next((one for one in after if one in left), left[0] if left else 0)
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


def _listed(
    connection: Connection, pile: TaskFilter, user_id: int
) -> tuple[list[InboxLine], tuple[Hashable, ...]]:
    # The mark first: what comes in between is told by the next one.
    mark = store.mark(connection, pile, user_id)
    return store.lines(connection, pile), mark


def _news(
    connection: Connection, pile: TaskFilter, user_id: int, task_id: int
) -> tuple[tuple[Hashable, ...], tuple[Hashable, ...]]:
    return store.mark(connection, pile, user_id), store.task_mark(connection, task_id)


def _what(line: InboxLine, owners: bool) -> str:
    """What is to be done, where, and, in a list of several people's work, by whom."""
    what = labels.task_kind(line.kind)
    if line.kind == TaskKind.CALL and line.attempt > 1:
        what = f"{what} · {line.attempt}"
    elif line.kind in WRITTEN:
        what = worded(title_of(line.kind, line.attempt, line.facts, line.title))
    owner = labels.person(line.owner) if owners else ""
    came = labels.came_by(line.came, line.came_from)
    return " · ".join(part for part in (what, line.company, owner, came) if part)


def _choose(name: str) -> str:
    return _("Choose {name}", name=name)


def _nothing() -> Markup:
    return Markup('<p class="empty">{} {}</p>').format(
        _("Nothing is due. New tasks appear here by themselves."),
        link(_("Look at leads"), "/leads"),
    )
