"""A meeting is booked or moved: the rep's free times by both clocks, or another; or called off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from markupsafe import escape
from nicegui import ui

from domain.refusals import Refusal
from services.meeting_mails import MeetingChange
from store.meetings.meeting_rows import MeetingWords
from store.routing.busy_calendars import calendar_state
from store.routing.rep_times import LONGEST_MINUTES, free_slots
from web.console.busy_calendars import caution
from web.console.meeting_mail import WordsToLead, tell
from web.console.parts import button, show
from web.console.refusals import told
from web.console.slots import offer_times, some_of
from web.console.visit import PageVisit
from web.console.words import _


@dataclass(frozen=True)
class Asked:
    """What is asked for: the words of the dialog, and what does it with the time, the minutes and
    the words to the lead. ``change`` says of which lead or meeting."""

    title: str
    yes: str
    act: Callable[[datetime, int, MeetingWords], Awaitable[object]]
    change: MeetingChange
    minutes: int = 30


async def ask_time(
    visit: PageVisit,
    asked: Asked,
    *,
    owner: str,
    time_zone: str,
    country: str,
    done: Callable[[], Awaitable[None]],
) -> None:
    """Ask for the time of a meeting. What is refused is told in the dialog, and nothing typed is
    lost.

    Args:
        owner: the rep whom the meeting is with.
        time_zone, country: the lead's.
        done: called when it was done.
    """
    free = await visit.read(free_slots, owner, time_zone, country, visit.context.clock.now())
    own = await visit.read(calendar_state, owner, visit.context.real_now())
    with ui.dialog() as dialog, ui.card().classes("ask"):
        dialog.props["aria-label"] = asked.title
        _Booking(
            visit,
            asked,
            some_of(free),
            time_zone=time_zone,
            doubt=caution(own),
            dialog=dialog,
            done=done,
        )
    dialog.on("hide", dialog.delete)
    dialog.open()


async def ask_words(
    visit: PageVisit,
    title: str,
    yes: str,
    *,
    act: Callable[[MeetingWords], Awaitable[object]],
    change: MeetingChange,
    done: Callable[[], Awaitable[None]],
) -> None:
    """Ask what to write to the lead of a meeting that is called off, then do it."""
    with ui.dialog() as dialog, ui.card().classes("ask"):
        dialog.props["aria-label"] = title
        show(escape(title), "h2")
        words = WordsToLead(visit, lambda: change)

        async def go() -> None:
            try:
                await act(words.written())
            except Refusal as refusal:
                tell(words.wrong, told(str(refusal)))
                return
            dialog.close()
            await done()

        with ui.element("div").classes("acts"):
            button(_("Back"), dialog.close)
            button(yes, go, danger=True)
    dialog.on("hide", dialog.delete)
    dialog.open()


class _Booking:
    """The dialog."""

    def __init__(
        self,
        visit: PageVisit,
        asked: Asked,
        offered: list[datetime],
        *,
        time_zone: str,
        doubt: str,
        dialog: ui.dialog,
        done: Callable[[], Awaitable[None]],
    ) -> None:
        self.visit, self.asked, self.offered = visit, asked, offered
        self.time_zone, self.dialog, self.done = time_zone, dialog, done
        self.doubt = doubt
        self.at: datetime | None = None
        show(escape(asked.title), "h2")
        self._times = ui.element("div").classes("stack")
        self._minutes = ui.number(
            _("Minutes"), value=asked.minutes, min=1, max=LONGEST_MINUTES, precision=0
        )
        self._minutes.props("outlined dense")
        self._words = WordsToLead(visit, self._change)
        with ui.element("div").classes("acts"):
            button(_("Back"), dialog.close)
            button(asked.yes, self._go, main=True)
        self._offer()

    def _offer(self) -> None:
        self._times.clear()
        with self._times:
            offer_times(
                self.visit,
                self.offered,
                self.at,
                time_zone=self.time_zone,
                choose=self._choose,
                type_own=lambda at: setattr(self, "at", at),
                doubt=self.doubt,
            )

    def _change(self) -> MeetingChange | None:
        """What would be done now; None while no time is chosen."""
        if self.at is None or not self._minutes.value:
            return None
        return replace(self.asked.change, starts_at=self.at, minutes=int(self._minutes.value))

    def _choose(self, at: datetime) -> None:
        self.at = at
        self._offer()

    async def _go(self) -> None:
        if self.at is None or not self._minutes.value:
            tell(self._words.wrong, _("Say when the meeting begins, and how long it takes."))
            return
        try:
            await self.asked.act(self.at, int(self._minutes.value), self._words.written())
        except Refusal as refusal:
            tell(self._words.wrong, told(str(refusal)))
            return
        self.dialog.close()
        await self.done()
