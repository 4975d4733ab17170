"""``/console/accounts/{account_id}``: a company; its leads and its opportunities side by side."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from markupsafe import Markup
from nicegui import ui

import services.accounts
from domain.access import Action
from domain.sales.opportunities import QUALIFICATION
from store.consent.do_not_market import LeadOfAccount, Play, ScheduledStep
from store.views.opportunity_list import OpenOpportunityLine
from web.api import accounts as accounts_api
from web.api import opportunities as opportunities_api
from web.api.accounts import AccountDetail
from web.console import labels
from web.console.accounts.play import play_cadence
from web.console.frame import name_page, say_done
from web.console.inbox.typed import ASKED
from web.console.leads.actions import set_do_not_market
from web.console.paged import PagedList
from web.console.pages import console_page
from web.console.parts import (
    Cell,
    Tone,
    badge,
    button,
    empty,
    facts,
    link,
    quiet,
    section,
    show,
    table,
)
from web.console.sales.opportunity import money, shown_close
from web.console.times import ago, day, moment
from web.console.visit import PageVisit
from web.console.words import N_, _


@console_page("/accounts/{account_id}", Action.READ_ACCOUNTS, N_("Account"))
async def account(visit: PageVisit, account_id: int) -> None:
    """A company that the visitor sees."""
    screen = AccountScreen(visit, account_id)
    with visit.top:
        screen.bar = ui.element("div").classes("acts")
    screen.body = ui.element("div").classes("found")
    await screen.refresh()


class AccountScreen:
    """The page as it is open."""

    bar: ui.element
    body: ui.element
    detail: AccountDetail

    def __init__(self, visit: PageVisit, account_id: int) -> None:
        self.visit, self.account_id = visit, account_id

    async def refresh(self) -> None:
        """Read everything anew."""
        self.detail = await self.visit.ask(accounts_api.show, self.account_id)
        name_page(self.visit, self.detail.account.name)
        self._offer()
        self.body.clear()
        with self.body:
            show(self._head())
            with ui.element("div").classes("halves"):
                with section(_("Leads")):
                    leads = accounts_api.list_account_leads
                    await PagedList(self.visit, leads, self.account_id, draw=_leads).more()
                with section(_("Sales")):
                    account, draw = str(self.account_id), self._opportunities
                    theirs = opportunities_api.list_all
                    await PagedList(self.visit, theirs, account=account, draw=draw).more()
            with section(_("What marketing has scheduled")):
                steps = accounts_api.list_scheduled
                await PagedList(self.visit, steps, self.account_id, draw=_scheduled).more()

    def _opportunities(self, opportunities: Iterable[OpenOpportunityLine]) -> None:
        _opportunities(opportunities, self.visit.context.clock.now())

    def _offer(self) -> None:
        self.bar.clear()
        if not self.visit.may(Action.DO_NOT_MARKET):
            return
        with self.bar:
            if self.detail.account.do_not_market:
                button(_("Release"), self._releasing, main=True)
            else:
                button(_("Play a cadence"), self._playing)
                button(_("Do not market"), self._setting_do_not_market)

    def _head(self) -> Markup:
        line = self.detail.account
        until = (
            _("until {day}", day=day(line.do_not_market_until))
            if line.do_not_market_until
            else _("for good")
        )
        why = _("Marketing writes to nobody here {until}.", until=until)
        return Markup('<div class="who part"><div><p>{}</p>{}</div>{}</div>').format(
            line.domain,
            Markup("<p>{} {}</p>").format(
                badge(why, "warn"), quiet(f"{line.do_not_market_by}: {line.do_not_market_reason}")
            )
            if line.do_not_market
            else "",
            facts(((_("Owner"), labels.person(line.owner) or _("Nobody")),)),
        )

    async def _setting_do_not_market(self) -> None:
        if await set_do_not_market(self.visit, self.account_id, self.detail.account.name):
            await self.refresh()

    async def _releasing(self) -> None:
        await self.visit.act(services.accounts.release, self.account_id)
        await self._done(_("Marketing may write to {name} again.", name=self.detail.account.name))

    async def _playing(self) -> None:
        async def start(cadence: str) -> Play:
            return await self.visit.act(services.accounts.play, self.account_id, cadence)

        if await play_cadence(self.visit, start):
            await self.refresh()

    async def _done(self, sentence: str) -> None:
        say_done(sentence)
        await self.refresh()


def _leads(leads: Iterable[LeadOfAccount]) -> None:
    rows: list[tuple[Cell, ...]] = [
        (
            Markup('<span class="two">{}{}</span>').format(
                link(one.name, f"/leads/{one.id}"), quiet(one.title)
            ),
            badge(labels.stage(one.stage)),
            Markup('<span class="two">{}{}</span>').format(
                labels.phase(one.phase), quiet(one.cadence)
            ),
            labels.person(one.owner),
        )
        for one in leads
    ]
    if not rows:
        empty(_("No lead of this account is your team's."))
        return
    headings = (_("Lead"), _("Stage"), _("Phase"), _("Owner"))
    show(table(headings, rows, caption=_("Leads of this account")))


def _opportunities(opportunities: Iterable[OpenOpportunityLine], now: datetime) -> None:
    items = Markup().join(_opportunity(one, now) for one in opportunities)
    if items:
        show(items, "ul").classes("sales")
    else:
        empty(_("No opportunity yet. One opens when a meeting was held."))


def _opportunity(opportunity: OpenOpportunityLine, now: datetime) -> Markup:
    won: Tone = "good" if opportunity.outcome == "won" else "bad"
    state = (
        badge(labels.reason(opportunity.outcome), won)
        if opportunity.outcome
        else badge(labels.opportunity_stage(opportunity.stage))
    )
    stall: Markup | str = ""
    if opportunity.stalled:
        over = ago(min(opportunity.due_at or opportunity.since, now))
        stall = badge(_("stands still since {time}", time=over), "bad")
    pairs: list[tuple[str, Cell]] = [
        (_("Lead"), link(opportunity.lead, f"/leads/{opportunity.lead_id}")),
        (_("Owner"), labels.person(opportunity.owner)),
        (_("Since"), moment(opportunity.closed_at or opportunity.since)),
        (_("Amount"), money(opportunity.amount, opportunity.currency)),
        (_("Expected close"), shown_close(opportunity)),
        (_("Competitor"), opportunity.competitor),
        (
            _("Reason"),
            labels.reason(opportunity.outcome_reason) if opportunity.outcome_reason else "",
        ),
        (
            _("Help of marketing"),
            moment(opportunity.help_offered_at) if opportunity.help_offered_at else "",
        ),
    ]
    for name in QUALIFICATION:
        known = str(opportunity.qualification.get(name) or "").strip()
        pairs.append((_(ASKED[name]), known or badge(_("missing"), "warn")))
    return Markup("<li><h3>{} {} {}</h3>{}</li>").format(
        link(
            opportunity.name or _("Opportunity {number}", number=opportunity.id),
            f"/opportunities/{opportunity.id}",
        ),
        state,
        stall,
        facts(pairs),
    )


def _scheduled(steps: Iterable[ScheduledStep]) -> None:
    rows: list[tuple[Cell, ...]] = [
        (
            moment(one.due_at),
            link(one.name, f"/leads/{one.lead_id}"),
            f"{one.cadence} · {one.step}",
            badge(_("put off"), "warn") if one.put_off else "",
        )
        for one in steps
    ]
    if not rows:
        show(quiet(_("Nothing is scheduled.")), "p")
        return
    show(table((_("When"), _("Lead"), _("Step"), ""), rows, caption=_("What is scheduled")))
