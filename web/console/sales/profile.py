"""On a rep's page: how the rep writes to leads and is met, and the address of the calendar."""

from __future__ import annotations

from datetime import datetime

from markupsafe import Markup, escape
from nicegui import ui

import services.profiles
from domain.refusals import Refusal
from domain.translations.translator import LANGUAGES
from store.access.calendar_feeds import feed_made_at
from store.routing.busy_calendars import CalendarState, calendar_state
from store.routing.rep_cards import Profile, profile_of, rep_card
from web.console.admin.parts import real_time, show_once
from web.console.busy_calendars import told_state
from web.console.frame import say_done
from web.console.parts import button, facts, quiet, show, sure
from web.console.refusals import told
from web.console.visit import PageVisit
from web.console.words import _


async def rep_profile(visit: PageVisit, rep: str, *, may: bool) -> None:
    """What the rep says of itself; a form for whoever ``may`` change it."""
    said = await visit.read(profile_of, rep)
    if may:
        card = await visit.read(rep_card, rep)
        _Form(visit, rep, said, card.email if card else "")
        await _calendar(visit, rep, await visit.read(feed_made_at, rep))
        own = await visit.read(calendar_state, rep, visit.context.real_now())
        _OwnCalendar(visit, rep, own)
    else:
        show(facts({_("Signature"): said.signature, _("Phone"): said.phone}))


class _Form:
    """The fields. What is refused stays typed, and is told at its field."""

    def __init__(self, visit: PageVisit, rep: str, said: Profile, sends_as: str) -> None:
        self.visit, self.rep = visit, rep
        domains = ", ".join(sorted(visit.context.settings.sending_domains()))
        show(
            quiet(
                _(
                    "Mails after calls and about meetings come from you, where your address is at "
                    "{domains}; from another they come from the company. Now: {address}",
                    domains=domains,
                    address=sends_as or "–",
                )
            ),
            "p",
        )
        with ui.element("div").classes("stack settings"):
            self.fields = {
                "name": ui.input(_("Name, as leads read it"), value=said.name),
                "email": self._email(said.email),
                "signature": ui.textarea(_("Signature"), value=said.signature),
                "phone": ui.input(_("Phone"), value=said.phone),
                "booking_link": ui.input(_("Booking page (https://…)"), value=said.booking_link),
                "place": ui.input(
                    _("Where meetings take place: https://…, a phone number or a room"),
                    value=said.place,
                ),
                "language": ui.select(
                    {"": _("The lead's")} | LANGUAGES, label=_("Language"), value=said.language
                ),
            }
            for field in self.fields.values():
                field.props("outlined dense")
            with ui.element("div").classes("acts"):
                button(_("Save"), self._save, main=True)

    def _email(self, address: str) -> ui.input:
        """SDRs see the address that a manager has set."""
        if self.visit.caller.of_one_team:
            label = _("E-mail address (a manager sets it)")
            return ui.input(label, value=address).props("readonly")
        return ui.input(_("E-mail address"), value=address)

    async def _save(self) -> None:
        typed = {name: field.value or "" for name, field in self.fields.items()}
        for field in self.fields.values():
            field.error = None
        try:
            await self.visit.act(services.profiles.set_profile, self.rep, Profile(**typed))
        except Refusal as refusal:
            if refusal.field not in self.fields:
                raise
            self.fields[refusal.field].error = told(str(refusal))
            return
        say_done(_("Saved; the next mail has it."))
        ui.navigate.reload()


async def _calendar(visit: PageVisit, rep: str, made_at: datetime | None) -> None:
    async def make() -> None:
        if made_at is not None and not await sure(
            _("Make another address? The one of now works no more."), _("Make another")
        ):
            return
        address = await visit.act(services.profiles.make_calendar, rep)
        await show_once(
            _("Address of your calendar"),
            address,
            _("Subscribe to it in your calendar. Who has it can read your meetings."),
        )
        ui.navigate.reload()

    async def end() -> None:
        await visit.act(services.profiles.end_calendar, rep)
        ui.navigate.reload()

    show(escape(_("Calendar of meetings")), "h3")
    if made_at is None:
        show(quiet(_("No calendar program reads these meetings.")), "p")
    else:
        since = Markup('<span class="quiet">{} {}</span>')
        show(since.format(_("Its address was made"), real_time(made_at)), "p")
    with ui.element("div").classes("acts"):
        if visit.caller.rep == rep:
            button(_("Make an address") if made_at is None else _("Make another"), make)
        if made_at is not None:
            button(_("End it"), end, danger=True)


class _OwnCalendar:
    """The calendar that is read for the times at which the rep is busy."""

    def __init__(self, visit: PageVisit, rep: str, state: CalendarState | None) -> None:
        self.visit, self.rep = visit, rep
        show(escape(_("Busy times from your own calendar")), "h3")
        show(
            quiet(
                _(
                    "Leads and colleagues are offered no time at which you are busy there. What is "
                    "in it is not kept, only when you are busy."
                )
            ),
            "p",
        )
        if state is not None:
            show(told_state(state), "p")
        self.url = ui.input(_("Secret address in iCal format (https://…)"))
        self.url.props('outlined dense type=url autocomplete="off"').classes("day")
        with ui.element("div").classes("acts"):
            button(_("Read it") if state is None else _("Read this one instead"), self._set)
            if state is not None:
                button(_("Read it no more"), self._end, danger=True)

    async def _set(self) -> None:
        self.url.error = None
        try:
            await self.visit.act(
                services.profiles.set_busy_calendar, self.rep, self.url.value or ""
            )
        except Refusal as refusal:
            if refusal.field != "url":
                raise
            self.url.error = told(str(refusal))
            return
        say_done(_("It is read within a minute."))
        ui.navigate.reload()

    async def _end(self) -> None:
        await self.visit.act(services.profiles.end_busy_calendar, self.rep)
        ui.navigate.reload()
