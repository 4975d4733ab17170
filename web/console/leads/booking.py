"""A meeting is booked from a lead's page: the rep's free times by both clocks, or another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from markupsafe import escape
from nicegui import ui

import services.meetings
from domain.refusals import Refusal
from store.routing.rep_times import LONGEST_MINUTES, free_slots
from store.views.lead_page import LeadView
from web.console.parts import button, show
from web.console.refusals import told
from web.console.slots import offer_times, some_of
from web.console.visit import PageVisit
from web.console.words import _


async def book_meeting(
    visit: PageVisit, lead: LeadView, booked: Callable[[], Awaitable[None]]
) -> None:
    """Ask for the time. What is refused is told in the dialog, and nothing typed is lost."""
    now = visit.context.clock.now()
    free = await visit.read(free_slots, lead.owner, lead.time_zone, lead.country, now)
    with ui.dialog() as dialog, ui.card().classes("ask"):
        dialog.props["aria-label"] = _("Book a meeting")
        _Booking(visit, lead, some_of(free), dialog, booked)
    dialog.on("hide", dialog.delete)
    dialog.open()


class _Booking:
    """The dialog."""

    def __init__(
        self,
        visit: PageVisit,
        lead: LeadView,
        offered: list[datetime],
        dialog: ui.dialog,
        booked: Callable[[], Awaitable[None]],
    ) -> None:
        self.visit, self.lead, self.offered = visit, lead, offered
        self.dialog, self.booked = dialog, booked
        self.at: datetime | None = None
        show(escape(_("Book a meeting")), "h2")
        self._times = ui.element("div").classes("stack")
        self._minutes = ui.number(_("Minutes"), value=30, min=1, max=LONGEST_MINUTES, precision=0)
        self._minutes.props("outlined dense")
        self._wrong = ui.element("div").props('role="alert"')
        with ui.element("div").classes("acts"):
            button(_("Cancel"), dialog.close)
            button(_("Book"), self._book, main=True)
        self._offer()

    def _offer(self) -> None:
        self._times.clear()
        with self._times:
            offer_times(
                self.visit,
                self.offered,
                self.at,
                time_zone=self.lead.time_zone,
                choose=self._choose,
                type_own=lambda at: setattr(self, "at", at),
            )

    def _choose(self, at: datetime) -> None:
        self.at = at
        self._offer()

    async def _book(self) -> None:
        if self.at is None or not self._minutes.value:
            self._tell(_("Say when the meeting begins, and how long it takes."))
            return
        minutes = int(self._minutes.value)
        try:
            await self.visit.act(services.meetings.book, self.lead.id, self.at, minutes)
        except Refusal as refusal:
            self._tell(told(str(refusal)))
            return
        self.dialog.close()
        await self.booked()

    def _tell(self, wrong: str) -> None:
        self._wrong.clear()
        with self._wrong:
            show(escape(wrong), "p").classes("wrong")
