"""Above a list of the leads that a figure counts: which figure it is, how many cases and leads it
has, and what can be done about those that are ticked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from markupsafe import Markup
from nicegui import ui

import services.accounts
from domain.access import Action
from domain.figures.lists import (
    AS_OF_NOW,
    OF_A_PROMISE,
    OF_A_STEP,
    OF_THE_FUNNEL,
    CountedAs,
)
from services.figure_lists import KIND, REACHED, TOUCHES, FigureAddress, counted_behind
from store.consent.do_not_market import Play
from store.figures.lists import CasesBehind
from store.recycle.recycle_pool import PoolFilter
from store.routing import presence
from web.console import labels
from web.console.accounts.play import play_cadence
from web.console.figures.definitions import heading
from web.console.figures.dimensions import DIMENSIONS, value_name
from web.console.figures.leaks import ROWS
from web.console.figures.win_loss import days_since
from web.console.marketing.enroll import enroll_leads
from web.console.marketing.recycle_acts import reactivate
from web.console.marketing.step_results import task_end
from web.console.parts import button, quiet, show
from web.console.picks import Row, pick_table
from web.console.sales.give import Giving
from web.console.times import full_day
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

AT_REST = (CountedAs.RESTING, CountedAs.LOST, CountedAs.CLOSED_LOST)
"""Figures whose leads are reactivated; those of all others are reassigned."""
WITH_ANYBODY = (*OF_THE_FUNNEL, *OF_A_STEP, CountedAs.WAITING, CountedAs.OVERDUE)
"""Figures whose leads may be with marketing, and begin a cadence."""
TOUCH_NAMES = {
    "version": N_("Version"),
    "step": N_("Step"),
    "language": N_("Language"),
    "template": N_("Mail"),
}
"""What touches are narrowed by, beside their cadence."""


class FigureBar:
    """The sentence and the buttons as they are shown.

    Args:
        then: shows the list anew.
    """

    def __init__(
        self, visit: PageVisit, address: FigureAddress, then: Callable[[], Awaitable[None]]
    ) -> None:
        self.visit, self.address, self._then = visit, address, then
        self._giving: Giving | None = None
        self._ids: list[int] = []
        figure = CountedAs(address.figure)
        self._reassigns = figure not in AT_REST and visit.may(Action.REASSIGN)
        self._reactivates = figure in AT_REST and visit.may(Action.CHANGE_RECYCLE)
        self._enrolls = visit.may(Action.ENROLL)
        self._plays = visit.may(Action.DO_NOT_MARKET) and (
            figure in WITH_ANYBODY or figure in AT_REST
        )

    async def begin(self) -> None:
        """Show them.

        Raises:
            Invalid: there is no such figure.
        """
        visit = self.visit
        found = await visit.read(counted_behind, visit.context, visit.caller, self.address)
        show(_what(self.address), "div").classes("views")
        show(quiet(_cases(found, of_one_team=visit.caller.of_one_team)), "p")
        if self._reassigns:
            reps = await self.visit.read(presence.reps, self.visit.context.clock.now())
            self._giving = Giving(self.visit, reps, self._then)
            self._acts = self._giving.acts
        elif self._reactivates or self._plays or self._enrolls:
            with ui.element("div").classes("chosen").props('role="status"'):
                self._told = ui.label("")
                self._acts = ui.element("div").classes("acts")
            self._show()
        else:
            return
        with self._acts:
            if self._reactivates:
                button(_("Reactivate now"), self._reactivate, main=True)
            if self._plays:
                button(_("Play a cadence"), self._play)
            if self._enrolls:
                button(_("Enroll"), self._enroll)

    def table(
        self, headings: Sequence[str], rows: Sequence[Row], numbers: Sequence[int], caption: str
    ) -> bool:
        """Show rows that can be ticked; whether there is something to do about them."""
        if not (self._reassigns or self._reactivates or self._plays or self._enrolls):
            return False
        pick_table(headings, rows, self._choose, caption=caption, numbers=numbers)
        return True

    def _choose(self, ids: list[int]) -> None:
        self._ids = ids
        if self._giving is not None:
            self._giving.choose(ids)
        else:
            self._show()

    async def _reactivate(self) -> None:
        await reactivate(self.visit, PoolFilter(leads=self._ids), len(self._ids), self._done)

    async def _enroll(self) -> None:
        await enroll_leads(self.visit, self._ids)

    async def _play(self) -> None:
        async def start(cadence: str) -> Play:
            return await self.visit.act(services.accounts.play_leads, self._ids, cadence)

        if await play_cadence(self.visit, start):
            await self._done()

    async def _done(self) -> None:
        self._choose([])
        await self._then()

    def _show(self) -> None:
        number = len(self._ids)
        self._told.set_text(
            ngettext("1 lead chosen", "{number} leads chosen", number)
            if number
            else _("Choose leads to do something about them.")
        )
        self._acts.set_visibility(number > 0)


def _what(address: FigureAddress) -> Markup:
    """Which figure, of which period and of what; and the way back to all leads."""
    figure = CountedAs(address.figure)
    parts: list[str | Markup] = [Markup("<strong>{}</strong>").format(heading(figure))]
    if address.at:
        parts.append(_at(figure, address.at))
    if figure not in AS_OF_NOW and address.begins and address.ends:
        last = address.ends.fromordinal(address.ends.toordinal() - 1)
        parts.append(f"{full_day(address.begins)} – {full_day(last)}")
    if address.window:
        days = ngettext("1 day", "{number} days", address.window)
        parts.append(f"{_('Window')}: {days}")
    parts += [_of(one) for one in address.of]
    everyone = Markup('<a href="/console/leads">{} <b aria-hidden="true">×</b></a>').format(
        _("Show all leads")
    )
    return Markup("{} {}").format(Markup(" · ").join(parts), everyone)


def _at(figure: CountedAs, at: str) -> str:
    if figure == CountedAs.CLOSED_LOST:
        return days_since(at)
    if figure == CountedAs.STEP_TASK:
        return task_end(at)
    if at in ROWS:
        return _(ROWS[at])
    if figure in OF_A_PROMISE:
        return labels.promise(at)
    if figure == CountedAs.RETURNED:
        return labels.reason(at)
    return at if figure == CountedAs.GRADED else labels.stage(at)


def _of(one: str) -> str:
    name, _separator, value = one.partition(":")
    if name == KIND:
        return heading(value)
    if name == REACHED:
        return labels.stage(value)
    if name in TOUCHES:
        return f"{_(TOUCH_NAMES[name])}: {value}"
    return f"{_(DIMENSIONS[name])}: {value_name(name, value)}"


def _cases(found: CasesBehind, *, of_one_team: bool) -> str:
    """Why the list may be shorter than the figure."""
    said = [ngettext("1 case", "{number} cases", found.cases)]
    if found.imported:
        said.append(
            ngettext(
                "1 of imported history, which is nobody's lead",
                "{number} of imported history, which are nobody's leads",
                found.imported,
            )
        )
    again = found.cases - found.imported - found.leads
    if again:
        said.append(
            ngettext(
                "1 of a lead that is counted already",
                "{number} of leads that are counted already",
                again,
            )
        )
    if of_one_team:
        said.append(_("leads of other teams by now are not in the list"))
    return " · ".join(said)
