"""What managers do about several tasks at once: give them to others, or put them off. Both say
first what would come of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from markupsafe import Markup

import services.tasks
from store.routing.presence import RepLine
from store.tasks import snoozes
from store.tasks.snoozes import Snoozed
from store.views.inbox import InboxLine
from web.console.frame import say_done
from web.console.inbox.snoozing import ask_until
from web.console.parts import button, quiet, sure
from web.console.refusals import told
from web.console.sales.give import Giving
from web.console.times import weekday_time
from web.console.visit import PageVisit
from web.console.words import _, ngettext

REACH = timedelta(days=8)
"""How far away the times are that are offered: each task has a deadline of its own."""
NAMED = 10
"""How many tasks that stay are named."""


class Bulk:
    """The bar above the list. ``chosen`` are the ids of the tasks that are ticked."""

    def __init__(
        self,
        visit: PageVisit,
        reps: Sequence[RepLine],
        changed: Callable[[], Awaitable[object] | None],
    ) -> None:
        self.visit, self._changed = visit, changed
        self.chosen: set[int] = set()
        self._lines: Mapping[int, InboxLine] = {}
        self._giving = Giving(visit, reps, self._given)
        with self._giving.acts:
            button(_("Snooze"), self._ask_until)

    def choose(self, ids: Collection[int]) -> None:
        """These are the tasks that are ticked now."""
        self.chosen = set(ids)
        self._giving.choose({self._lines[one].lead_id for one in ids if one in self._lines})

    def only(self, lines: Sequence[InboxLine]) -> None:
        """The list holds these tasks now: what has left it is not ticked any more."""
        self._lines = {line.id: line for line in lines}
        self.choose(self.chosen.intersection(self._lines))

    async def _given(self) -> None:
        self.choose(())
        done = self._changed()
        if done is not None:
            await done

    async def _ask_until(self) -> None:
        latest = self.visit.context.clock.now() + REACH
        explained = _("Tasks that are due before that, or hot, stay where they are.")
        if until := await ask_until(self.visit, latest, explained):
            await self._snooze(sorted(self.chosen), until)

    async def _snooze(self, tasks: Sequence[int], until: datetime) -> None:
        now = self.visit.context.clock.now()
        would = await self.visit.read(snoozes.snooze_all, tasks, until, now)
        can = any(one.until is not None for one in would)
        question = _("Put them off until {time}?", time=weekday_time(until))
        if not await sure(
            question if can else _("None of them can be put off until then."),
            _("Snooze") if can else "",
            danger=False,
            details=self._told(would),
        ):
            return
        done = await self.visit.act(services.tasks.snooze_several, tasks, until)
        number = sum(one.until is not None for one in done)
        # Whoever reads it may tick the next ones at once: the list is drawn anew before.
        await self._given()
        say_done(ngettext("1 task is put off.", "{number} tasks are put off.", number))

    def _told(self, would: Sequence[Snoozed]) -> Markup:
        """What each of them would do."""
        stay = [one for one in would if one.until is None]
        number = len(would) - len(stay)
        goes = ngettext(
            "1 task comes back then, by itself.",
            "{number} tasks come back then, by themselves.",
            number,
        )
        kept = ngettext("1 task stays:", "{number} tasks stay:", len(stay)) if stay else ""
        rows = [
            (self._lines[one.task_id].name if one.task_id in self._lines else "", told(one.refused))
            for one in stay[:NAMED]
        ]
        items = Markup().join(
            Markup("<li><span>{}</span> {}</li>").format(name, quiet(why)) for name, why in rows
        )
        return Markup('<p>{}</p><p>{}</p><ul class="rows">{}</ul>').format(
            goes if number else "", kept, items
        )
