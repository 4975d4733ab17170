"""``/console/deliverability``: how our senders stand with those that receive their mail, what
limits hold, and whether receivers can tell that mail is ours."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Annotated

from fastapi import Query
from markupsafe import Markup
from nicegui import ui

import services.deliverability
from domain.access import Action
from domain.sending.authentication import DomainFindings, Finding, Level
from domain.sending.guard import SenderState
from domain.sending.reputation import LimitLine, ReputationLine, ReputationReport, SenderLine
from health.sender_domains import NAMES
from web.api import deliverability as api
from web.api.deliverability import ReputationParameters
from web.console.figures.figure_page import percent
from web.console.frame import say_done
from web.console.pages import console_page
from web.console.parts import (
    Cell,
    Tone,
    badge,
    button,
    empty,
    facts,
    go,
    link,
    quiet,
    section,
    show,
    sure,
    table,
)
from web.console.refusals import told
from web.console.times import moment
from web.console.visit import PageVisit
from web.console.words import N_, _

PATH = "/deliverability"
MOST_ROWS = 20
"""Senders and receiving domains that are shown, the largest; the API has more."""
STATES: dict[str, tuple[str, Tone]] = {
    SenderState.GOOD: (N_("Sends as usual"), "good"),
    SenderState.SLOWED: (N_("Slowed down"), "warn"),
    SenderState.STOPPED: (N_("Stopped"), "bad"),
    SenderState.REFUSED: (N_("Refused: goes as the company's"), "bad"),
}
TROUBLES = {
    "bounces": N_("Too much of its mail bounces."),
    "complaints": N_("Too much of its mail is called spam."),
    "refusals": N_("Receivers refuse mail from this domain: authenticate it at the provider."),
}
LEVELS: dict[Level, tuple[str, Tone]] = {
    Level.GOOD: (N_("Good"), "good"),
    Level.UNKNOWN: (N_("Not known"), "plain"),
    Level.WARN: (N_("Look at it"), "warn"),
    Level.BAD: (N_("Bad"), "bad"),
}
SCOPES = {
    "sender": N_("Goes out from"),
    "warm_up": N_("Warms up"),
    "slowed": N_("Slowed down"),
    "receiver": N_("Goes to"),
}


@console_page(PATH, Action.READ_DELIVERABILITY, N_("Deliverability guard"))
async def deliverability(visit: PageVisit, *, days: Annotated[int, Query(ge=1, le=90)] = 7) -> None:
    """Senders, their limits, what became of their mail; and what the DNS says of their domains."""
    await DeliverabilityGuard(visit, days).open()


class DeliverabilityGuard:
    """The page as it is open."""

    def __init__(self, visit: PageVisit, days: int) -> None:
        self.visit, self._days = visit, days

    async def open(self) -> None:
        """Build the page."""
        with self.visit.top:
            go(_("By week and cause"), "/figures/deliverability")
            if self.visit.may(Action.PUBLISH):
                go(_("Limits and warm-up"), "/policies/sending")
        with section(_("Senders")):
            said = _(
                "Judged by their mails of the last 30 days. From 2 % bounces or 0.1 % complaints "
                "on receivers block a domain for weeks, so it is stopped before that; the policy "
                "can say otherwise."
            )
            show(quiet(said), "p")
            self._standing = ui.element("div")
        with section(_("Limits")):
            self._limited = ui.element("div")
        with section(_("What the DNS says of our domains")):
            self._domains = ui.element("div").props('role="status"')
            with self._domains:
                show(quiet(_("Asking the DNS …")), "p")
        with section(_("What became of mail")):
            self._mails = ui.element("div")
        await self._draw()
        ui.timer(0.1, self._ask, once=True)

    async def _draw(self) -> None:
        found = await self.visit.ask(api.show_reputation, ReputationParameters(days=self._days))
        self._standing.clear()
        with self._standing:
            self._senders(found.standings)
        self._limited.clear()
        with self._limited:
            self._limits(found.limits)
        self._mails.clear()
        with self._mails:
            self._reputation(found)

    def _senders(self, standings: Sequence[SenderLine]) -> None:
        if not standings:
            empty(_("No sender was judged yet."))
            return
        with ui.element("ul").classes("rows"):
            for one in standings:
                with ui.element("li"):
                    show(_standing(one)).classes("grow")
                    stopped = one.state in (SenderState.STOPPED, SenderState.REFUSED)
                    if stopped and self.visit.may(Action.RESUME_SENDER):
                        with ui.element("div").classes("acts"):
                            pressed = button(_("Let it go on"), partial(self._resume, one.domain))
                            pressed.props["aria-label"] = f"{_('Let it go on')}: {one.domain}"

    async def _resume(self, domain: str) -> None:
        details = _(
            "Do so once the cause is mended. It begins with 50 mails a day and doubles each day; "
            "what it sent before is judged no more."
        )
        asked = _("Let {domain} send again?", domain=domain)
        if await sure(asked, _("Let it go on"), danger=False, details=details):
            await self.visit.act(services.deliverability.resume_sender, domain)
            say_done(_("{domain} goes on, slowly.", domain=domain))
            await self._draw()

    @staticmethod
    def _limits(limits: Sequence[LimitLine]) -> None:
        if not limits:
            empty(_("No limit holds: mail goes as fast as the provider takes it."))
            return
        headings = (
            *(_("Limit"), _("Of"), _("This hour"), _("Today"), _("Mails that wait")),
            _("The last has its turn"),
        )
        rows = [
            (
                _warming(one),
                one.name,
                _used(one.in_hour, one.hour_limit),
                _used(one.in_day, one.day_limit),
                f"{one.waiting:,}",
                moment(one.last_until) if one.last_until else "",
            )
            for one in limits
        ]
        show(table(headings, rows, caption=_("Limits"), numbers=(2, 3, 4)))

    def _reputation(self, found: ReputationReport) -> None:
        spans = ((7, _("Last 7 days")), (30, _("Last 30 days")))
        shown = Markup(" · ").join(
            Markup("<strong>{}</strong>").format(name)
            if days == self._days
            else link(name, PATH, days=days)
            for days, name in spans
        )
        show(shown, "p")
        if not found.senders:
            empty(_("No mail was sent in this period."))
            return
        senders = [(one.name, one) for one in found.senders[:MOST_ROWS]]
        show(_mails(_("Sender"), senders))
        receivers = [(_receiver(one), one) for one in found.receivers[:MOST_ROWS]]
        show(_mails(_("Receiving domain"), receivers))

    async def _ask(self, *, again: bool = False) -> None:
        senders = self.visit.context.watch.senders
        found = await asyncio.to_thread(senders.found, again=again)
        self._domains.clear()
        with self._domains:
            if not found:
                empty(_("Mail stays in the outbox, so nothing is asked."))
                return
            for one in found:
                show(_domain(one))
            with ui.element("div").classes("acts"):
                button(_("Ask again"), partial(self._ask, again=True))


def _standing(one: SenderLine) -> Markup:
    name, tone = STATES[one.state]
    why = _(TROUBLES[one.trouble]) if one.trouble else ""
    resumed = ""
    if one.resumed_at:
        resumed = Markup("{} {}").format(moment(one.resumed_at), one.resumed_by)
    return Markup("<h3>{} {}</h3>{}").format(
        one.domain,
        badge(_(name), tone),
        facts(
            {
                _("Why"): f"{why} {one.detail}".strip(),
                _("Since"): moment(one.since) if one.trouble else "",
                _("Mails"): f"{one.mails:,}",
                _("Bounced"): _share(one.bounced, one.mails),
                _("Complained"): _share(one.complained, one.mails),
                _("Mails a day"): f"{one.per_day:,}" if one.per_day else "",
                _("Mails that wait"): f"{one.waiting:,}" if one.waiting else "",
                _("Let go on"): resumed,
            }
        ),
    )


def _share(part: int, whole: int) -> str:
    return f"{part:,} ({part / whole:.2%})" if whole else f"{part:,}"


def _warming(one: LimitLine) -> Cell:
    name = _(SCOPES[one.scope])
    return Markup("{} {}").format(name, quiet(_("day {step}", step=one.step))) if one.step else name


def _used(used: int, limit: int | None) -> str:
    return f"{used:,}" if limit is None else _("{used} of {limit}", used=used, limit=limit)


def _receiver(one: ReputationLine) -> Cell:
    """The domain, as a link to the leads that have it in their address."""
    if not one.name:
        return _("Of people who were erased")
    return link(one.name, f"/leads?search={one.name}")


def _mails(first: str, lines: Sequence[tuple[Cell, ReputationLine]]) -> Markup:
    headings = (
        *(first, _("Sent"), _("Delivered"), _("Bounced"), _("Complained"), _("Deferred")),
        *(_("Opened by people"), _("Clicked")),
    )
    rows = [
        (
            name,
            f"{one.sent:,}",
            f"{one.delivered:,}",
            _with(one.bounced, one.bounce_rate),
            _with(one.complained, one.complaint_rate),
            f"{one.deferred:,}",
            _with(one.opened, one.open_rate),
            _with(one.clicked, one.click_rate),
        )
        for name, one in lines
    ]
    return table(headings, rows, caption=first, numbers=range(1, len(headings)), sortable=True)


def _with(number: int, rate: float | None) -> Cell:
    said = f"{number:,}"
    return said if rate is None else Markup("{} {}").format(said, quiet(percent(rate)))


def _domain(one: DomainFindings) -> Markup:
    headings = (_("State"), _("What"), _("What there is, and what to do"), _("Record to add"))
    rows = [
        (
            badge(_(LEVELS[each.level][0]), LEVELS[each.level][1]),
            NAMES[each.topic],
            _found(each),
            _record(each),
        )
        for each in one.findings
    ]
    return Markup("<h3>{}</h3>{}").format(one.domain, table(headings, rows, caption=one.domain))


def _found(each: Finding) -> Markup:
    seen = Markup().join(Markup("<p><code>{}</code></p>").format(one) for one in each.seen)
    return Markup("<div><p>{}</p>{}</div>").format(told(each.said), seen)


def _record(each: Finding) -> Cell:
    if each.record is None:
        return ""
    return Markup("<div><code>{}</code> {} <code>{}</code></div>").format(
        each.record.name, each.record.type, each.record.value
    )
