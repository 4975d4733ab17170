"""What people do with a lead, each as far as the role allows; all through the API's routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from markupsafe import escape
from nicegui import ui

import services.accounts
import services.journeys
import services.meetings
import services.recycle
import services.suppressions
import services.team
from domain.access import Action
from domain.contracts.journey import ENDED, Phase
from domain.refusals import Conflict, Invalid
from domain.sentences import sentence
from services.access import team_of
from services.meeting_mails import MeetingChange
from store.meetings.meeting_rows import MeetingWords
from store.published.cadences import enterable_cadences
from store.routing.presence import reps
from store.views.lead_page import LeadView
from web.console import labels
from web.console.booking import Asked, ask_time
from web.console.forms import FormDialog, day_typed
from web.console.frame import say_done
from web.console.leads import by_hand
from web.console.leads.write_mail import write_mail
from web.console.parts import busy, button, show, sure
from web.console.visit import PageVisit
from web.console.words import N_, _

WITH_SALES = (Phase.FOLLOW_UP, Phase.MEETING, Phase.OPPORTUNITY)


class Actions:
    """The buttons beside the heading of a lead's page.

    Args:
        changed: called after something was done.
    """

    def __init__(self, visit: PageVisit, changed: Callable[[], Awaitable[None]]) -> None:
        self.visit, self._changed = visit, changed
        self._bar = ui.element("div").classes("acts")
        self._paused: bool | None = None
        self._running = True
        self._offered: tuple[object, ...] = ()
        self.view: LeadView

    async def refresh(self, view: LeadView) -> None:
        """Offer what fits the lead as it is now."""
        self.view = view
        may, running = self.visit.may, view.phase not in ("", ENDED)
        entries = self._entries(view, running)
        offered = (running, view.suppressed, *(label for label, _do in entries))
        if offered == self._offered:  # A menu that is open stays so.
            self.journey(paused=self._paused, running=self._running)
            return
        self._offered = offered
        self._bar.clear()
        with self._bar:
            self._pause = button(_("Pause"), self._pausing, key="p")
            self._resume = button(_("Resume"), self._resuming, key="r")
            self.journey(paused=self._paused, running=self._running)
            if may(Action.BOOK_MEETINGS):
                button(_("Book a meeting"), self._booking, key="b")
            if may(Action.REASSIGN):
                button(_("Reassign"), self._reassigning)
            if may(Action.EDIT_LEADS):
                button(_("Note"), self._by_hand(by_hand.write_note), key="n")
            if may(Action.COMPLETE_TASKS):
                button(_("To-do"), self._by_hand(by_hand.make_to_do), key="t")
            if may(Action.WRITE_MAIL) and not view.suppressed:
                button(_("Write a mail"), self._by_hand(write_mail), key="w")
            if entries:
                made = ui.button(_("More"), color=None).props(
                    "no-caps unelevated icon-right=expand_more"
                )
                made.classes("plain")
                with made, ui.menu():
                    for label, do in entries:
                        ui.menu_item(label, do)

    def journey(self, *, paused: bool | None, running: bool = True) -> None:
        """Offer to pause or to resume, as the journey says; neither while nobody knows."""
        self._paused, self._running = paused, running
        can = running and self.view.phase not in ("", ENDED)
        can = can and self.visit.may(Action.PAUSE_LEADS)
        self._pause.set_visibility(can and paused is False)
        self._resume.set_visibility(can and paused is True)

    def _entries(
        self, view: LeadView, running: bool
    ) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        may = self.visit.may
        with_sales = view.phase in WITH_SALES
        back = may(Action.MOVE_LEADS) and may(Action.CHANGE_RECYCLE)
        mail = Action.PERMIT if view.suppressed else Action.SUPPRESS
        market = view.account_id is not None and may(Action.DO_NOT_MARKET)
        offered = [
            (may(Action.EDIT_LEADS), _("Log a call"), self._by_hand(by_hand.log_call)),
            (may(Action.EDIT_LEADS), _("Log a mail"), self._by_hand(by_hand.log_mail)),
            (running and may(Action.MOVE_LEADS), _("Move to a phase"), self._moving),
            (with_sales and back, _("Return to marketing"), self._returning),
            (
                view.phase == Phase.RECYCLE and may(Action.CHANGE_RECYCLE),
                _("Reactivate"),
                self._waking,
            ),
            (not view.phase and may(Action.CALL_PROSPECTS), _("Call as prospect"), self._calling),
            (
                market and not view.do_not_market,
                _("Do not market to the account"),
                self._setting_do_not_market,
            ),
            (market and view.do_not_market, _("Release the account"), self._releasing),
            (may(mail) and not view.suppressed, _("Stop mail"), self._suppressing),
            (may(mail) and bool(view.suppressed), _("Allow mail again"), self._permitting),
            (running and may(Action.MOVE_LEADS), _("Stop the journey"), self._stopping),
        ]
        return [(label, do) for fits, label, do in offered if fits]

    def _by_hand(
        self, ask_for: Callable[[PageVisit, LeadView], Awaitable[bool]]
    ) -> Callable[[], Awaitable[None]]:
        async def asked() -> None:
            if await ask_for(self.visit, self.view):
                await self._changed()

        return asked

    async def _done(self, sentence: str) -> None:
        say_done(sentence)
        await self._changed()

    async def _pausing(self) -> None:
        with busy(self._pause):
            await self.visit.act(services.journeys.pause, self.view.id)
        await self._done(_("The journey pauses. What is due waits, and nothing is sent."))

    async def _resuming(self) -> None:
        with busy(self._resume):
            await self.visit.act(services.journeys.resume, self.view.id)
        await self._done(_("The journey goes on."))

    async def _stopping(self) -> None:
        question = _("End the journey of {name} for good?", name=self.view.name)
        if await sure(question, _("Stop the journey")):
            await self.visit.act(services.journeys.stop, self.view.id)
            await self._done(_("The journey ends."))

    async def _moving(self) -> None:
        phases = {one.value: labels.phase(one) for one in Phase if one != self.view.phase}
        with FormDialog(_("Move to a phase")) as form:
            chosen = form.field(
                "phase", ui.select(phases, label=_("Phase"), value=next(iter(phases)))
            )

        async def save() -> str:
            phase = str(chosen.value or "")
            await self.visit.act(services.journeys.move, self.view.id, phase)
            return phase

        if moved := await form.sent(_("Move"), save):
            await self._done(_("Moved to {phase}.", phase=labels.phase(moved)))

    async def _returning(self) -> None:
        names = await self.visit.read(enterable_cadences)
        choices = {"": _("As the recycle policy says")} | {name: name for name in names}
        with FormDialog(_("Return to marketing")) as form:
            show(escape(_("The lead rests first and then comes back to a nurture.")), "p")
            cadence = form.field(
                "cadence", ui.select(choices, label=_("Nurture it goes back to"), value="")
            )
            day = ui.input(_("Comes back on (left empty: as the policy says)"))
            form.field("until", day.props("type=date stack-label"))

        async def save() -> bool:
            lead_id, until = self.view.id, day_typed(day.value or "", "until")
            # What may be refused comes first: nothing of it counts before the lead rests.
            if until:
                await self.visit.act(services.recycle.return_on, lead_id, until)
            if cadence.value:
                await self.visit.act(services.recycle.return_to, lead_id, cadence.value)
            await self.visit.act(services.journeys.move, lead_id, Phase.RECYCLE)
            return True

        if await form.sent(_("Return"), save):
            await self._done(_("The lead is marketing's again."))

    async def _waking(self) -> None:
        await self.visit.act(services.recycle.reactivate, self.view.id)
        await self._done(_("The lead comes back now."))

    async def _calling(self) -> None:
        known = {"": _("Whoever is next")} | await self._reps()
        with FormDialog(_("Call as prospect")) as form:
            owner = form.field("owner", ui.select(known, label=_("Rep"), value=""))

        async def save() -> bool:
            leads = [str(self.view.id)]
            done = await self.visit.act(services.journeys.prospect, leads, owner.value or "")
            if done.refused:
                raise Conflict(done.refused[0][1])
            return True

        if await form.sent(_("Have it called"), save):
            await self._done(_("Sales is to call the lead."))

    async def _reassigning(self) -> None:
        known = await self._reps()
        with FormDialog(_("Reassign")) as form:
            to = form.field("to", ui.select(known, label=_("Rep")))

        async def save() -> str:
            if not to.value:
                raise Invalid(sentence("Choose who gets it."), "to")
            await self.visit.act(services.team.reassign, [self.view.id], to.value)
            return str(to.value)

        if rep := await form.sent(_("Reassign"), save):
            await self._done(_("The lead and its tasks are {rep}'s.", rep=labels.person(rep)))

    async def _reps(self) -> dict[str, str]:
        """Those of the visitor's team: code → name."""
        team = team_of(self.visit.caller)
        people = await self.visit.read(reps, self.visit.context.clock.now())
        return {one.code: one.name for one in people if team in (None, one.team)}

    async def _booking(self) -> None:
        done = _("The meeting is booked, and the lead gets an invitation.")
        lead = self.view

        async def book(at: datetime, minutes: int, words: MeetingWords) -> None:
            await self.visit.act(services.meetings.book, lead.id, at, minutes, words=words)

        await ask_time(
            self.visit,
            Asked(_("Book a meeting"), _("Book"), book, MeetingChange(lead.id)),
            owner=lead.owner,
            time_zone=lead.time_zone,
            country=lead.country,
            done=lambda: self._done(done),
        )

    async def _setting_do_not_market(self) -> None:
        account, name = self.view.account_id, self.view.company
        if account is not None and await set_do_not_market(self.visit, account, name):
            await self._changed()

    async def _releasing(self) -> None:
        if self.view.account_id is not None:
            await self.visit.act(services.accounts.release, self.view.account_id)
            await self._done(_("Marketing may write to {name} again.", name=self.view.company))

    async def _suppressing(self) -> None:
        with FormDialog(_("Stop mail")) as form:
            why = form.field("reason", ui.input(_("Why")))

        async def save() -> bool:
            await self.visit.act(services.suppressions.suppress, self.view.id, why.value or "")
            return True

        if await form.sent(_("Stop mail"), save):
            await self._done(_("The lead gets no more marketing mail."))

    async def _permitting(self) -> None:
        with FormDialog(_("Allow mail again")) as form:
            known = ui.input(_("How you know that the lead wants mail"))
            form.field("evidence", known)
            works = ui.checkbox(_("The address works again"))

        async def save() -> bool:
            if not (known.value or "").strip():
                raise Invalid(N_("Say how you know it: the answer stays on record."), "evidence")
            await self.visit.act(
                services.suppressions.permit,
                self.view.id,
                known.value,
                address_works=bool(works.value),
            )
            return True

        if await form.sent(_("Allow mail"), save):
            await self._done(_("The lead gets mail again."))


async def set_do_not_market(visit: PageVisit, account_id: int, name: str) -> bool:
    """Ask why, and until when, marketing is to write to nobody at an account; whether it was set
    to do-not-market."""

    with FormDialog(_("Do not market to the account")) as form:
        show(escape(_("Marketing writes to nobody at {name}.", name=name)), "p")
        why = form.field("reason", ui.input(_("Why")))
        until = form.field("until", ui.input(_("Until (left empty: for good)")).props("type=date"))

    async def save() -> bool:
        act = services.accounts.set_do_not_market
        ends = midnight(visit, until.value or "")
        await visit.act(act, account_id, until=ends, reason=why.value or "")
        return True

    if not await form.sent(_("Do not market"), save):
        return False
    say_done(_("{name} is not marketed to.", name=name))
    return True


def midnight(visit: PageVisit, day: str) -> datetime | None:
    """The beginning of a day where the visitor is; None for none."""
    return datetime.fromisoformat(day).replace(tzinfo=visit.zone) if day else None
