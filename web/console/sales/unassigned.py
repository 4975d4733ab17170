"""The leads that nobody could take: on the team's page and in the inbox."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from markupsafe import Markup
from nicegui import ui

from domain.access import Action
from services.access import team_of
from store.routing import presence
from store.routing.unassigned import how_many_wait
from store.views import team_overview
from store.views.team_overview import QueuedLead, Taker
from web.console import labels
from web.console.parts import Cell, Tone, badge, empty, link, quiet, show, table
from web.console.picks import Row, pick_table
from web.console.sales.give import Giving
from web.console.times import moment
from web.console.visit import PageVisit
from web.console.words import _, ngettext

MOST = 200
"""Leads that are shown."""
SECONDS = 5.0
"""How often the list asks whether there is news."""


class UnassignedQueue:
    """The queue as it is now: a lead that comes or goes is seen by itself, and ticks stay.

    ``given`` is called after leads were given to somebody, ``changed`` when the queue is another.
    """

    def __init__(
        self,
        visit: PageVisit,
        given: Callable[[], Awaitable[object] | None],
        changed: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self.visit, self._given, self._changed = visit, given, changed
        self._queue: list[QueuedLead] = []
        self._count = 0
        self._giving: Giving | None = None
        self._bar = ui.element("div")
        self._list = ui.element("div")

    async def begin(self) -> None:
        """Show the queue, and keep it up to date."""
        if self.visit.may(Action.REASSIGN):
            with self._bar:
                reps = await self.visit.read(presence.reps, self.visit.context.clock.now())
                self._giving = Giving(self.visit, reps, self._was_given)
        self._queue, self._count = await self._read()
        self._draw()
        ui.timer(SECONDS, self.refresh)

    async def refresh(self) -> None:
        """Draw the queue anew if it is another."""
        found = await self._read()
        if found == (self._queue, self._count):
            return
        self._queue, self._count = found
        self._draw()
        if self._changed is not None:
            await self._changed()

    async def _read(self) -> tuple[list[QueuedLead], int]:
        """The first of the queue, and how many wait in all."""
        now, team = self.visit.context.clock.now(), team_of(self.visit.caller)
        return (
            await self.visit.read(team_overview.queue, now, team, MOST),
            await self.visit.read(how_many_wait, team),
        )

    async def _was_given(self) -> None:
        await self.refresh()
        done = self._given()
        if done is not None:
            await done

    def _draw(self) -> None:
        self._list.clear()
        self._bar.set_visibility(bool(self._queue))
        shown = self._queue
        if self._giving:
            self._giving.only([one.lead.lead_id for one in shown])
        with self._list:
            if not self._queue:
                empty(_("Nobody waits: every lead in sales' hands has a rep."))
                return
            headings = (_("Lead"), _("Country"), _("Rule"), _("Waits since"), _("Who may take it"))
            caption = ngettext("1 lead waits", "{number} leads wait", self._count)
            # A lead without a rep is no team's, so an SDR may not open it.
            opens = not self.visit.caller.of_one_team
            rows = [Row(one.lead.lead_id, _named(one), _cells(one, opens)) for one in shown]
            if self._giving:
                ticked = self._giving.chosen
                pick_table(headings, rows, self._giving.choose, caption=caption, picked=ticked)
            else:
                show(table(headings, [row.cells for row in rows], caption=caption))


def _named(one: QueuedLead) -> str:
    return one.lead.name or one.lead.company or f"#{one.lead.lead_id}"


def _cells(one: QueuedLead, opens: bool) -> tuple[Cell, ...]:
    lead = one.lead
    free = [taker for taker in one.takers if not taker.why_not]
    others = [taker for taker in one.takers if taker.why_not]
    takers = Markup(" ").join(_taker(taker) for taker in [*free, *others])
    name: Cell = link(_named(one), f"/leads/{lead.lead_id}") if opens else _named(one)
    return (
        Markup('<span class="two">{}{}</span>').format(name, quiet(lead.company)),
        labels.country(lead.country),
        labels.rule(lead.rule) or quiet(_("No rule fits")),
        moment(lead.since),
        takers or quiet(_("Nobody")),
    )


def _taker(taker: Taker) -> Markup:
    words = {"": _("free"), "away": _("away"), "full": _("at the cap")}
    tone: Tone = "plain" if taker.why_not else "good"
    return badge(f"{labels.person(taker.code)}: {words[taker.why_not]}", tone)
