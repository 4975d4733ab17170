"""A box in which people find one lead by the beginnings of words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from markupsafe import escape
from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from services.access import sees_customers, team_of
from store.published.policies import PolicyMissing
from store.views.lead_search import FoundLead, LeadFilter, find_leads
from web.console.parts import button, show
from web.console.visit import PageVisit
from web.console.words import _

FOUND = 8
"""Leads offered to a search."""


async def first_found(visit: PageVisit, wanted: LeadFilter) -> list[FoundLead]:
    """The first leads that the visitor sees and wants; none while no scoring is published."""
    now, caller = visit.context.clock.now(), visit.caller
    seen = replace(wanted, team=team_of(caller), customers=sees_customers(caller))
    try:
        return await visit.read(find_leads, now, seen, limit=FOUND)
    except PolicyMissing:
        return []


class LeadSearch:
    """The box, in the place where it is made; what it finds is shown by :meth:`show_results`.

    Args:
        choose: is told which of the leads was found was meant.
    """

    results: ui.element

    def __init__(
        self, visit: PageVisit, label: str, choose: Callable[[FoundLead], Awaitable[None]]
    ) -> None:
        self._visit, self._choose = visit, choose
        self._asked = 0
        self.box = ui.input(label, on_change=self._search)
        self.box.props('outlined dense clearable debounce=250 type="search"')

    def show_results(self) -> None:
        """Make the place for what is found."""
        self.results = ui.element("div").classes("acts")

    async def _search(self, typed: ValueChangeEventArguments[str | None]) -> None:
        self._asked += 1
        asked, words = self._asked, str(typed.value or "").strip()
        found = await first_found(self._visit, LeadFilter(search=words)) if words else []
        if asked != self._asked:
            return
        self.results.clear()
        with self.results:
            for one in found:
                company = f" · {one.company}" if one.company else ""
                button(f"{one.name}{company}", partial(self._chosen, one))
            if words and not found:
                show(escape(_("No lead has these words.")), "span").classes("quiet")

    async def _chosen(self, lead: FoundLead) -> None:
        self.results.clear()
        await self._choose(lead)
