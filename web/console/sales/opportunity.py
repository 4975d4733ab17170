"""``/console/opportunities/{opportunity_id}``: what an opportunity is worth, when it is expected to
close, and what was said of both before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from babel.numbers import format_currency
from markupsafe import Markup
from nicegui import ui

import services.opportunities
from domain.access import Action
from domain.money import currencies, read_amount
from domain.refusals import Invalid
from domain.sales.opportunities import QUALIFICATION
from domain.sentences import sentence
from services.opportunities import SaidTerms
from store.opportunities.terms import TermsChange
from store.views.opportunity_list import OpportunityLine
from web.api import opportunities as opportunities_api
from web.console import labels
from web.console.forms import FormDialog
from web.console.frame import name_page, say_done
from web.console.inbox.typed import ASKED
from web.console.paged import PagedList
from web.console.pages import console_page
from web.console.parts import Cell, badge, button, empty, facts, link, section, show, table
from web.console.times import full_day, moment
from web.console.visit import PageVisit, visit_of
from web.console.words import N_, _


@console_page("/opportunities/{opportunity_id}", Action.READ_OPPORTUNITIES, N_("Opportunity"))
async def opportunity(visit: PageVisit, opportunity_id: int) -> None:
    """An opportunity with a lead that the visitor sees."""
    one = await visit.ask(opportunities_api.show, opportunity_id)
    name_page(visit, one.name or _("Opportunity {number}", number=one.id))
    if visit.may(Action.WORK_OPPORTUNITIES):
        with visit.top:
            button(_("Change amount and close"), lambda: _change(visit, one), main=True)
    with section(_("Opportunity")):
        show(facts(_facts(one)))
    with section(_("What was said of its amount and close")):
        changes = opportunities_api.list_opportunity_changes
        await PagedList(visit, changes, opportunity_id, draw=_changes).more()


def money(amount: Decimal | None, currency: str) -> str:
    """An amount as the visitor's language writes it; '' for none."""
    if amount is None:
        return ""
    return format_currency(amount, currency, locale=visit_of(ui.context.client).language)


def _facts(one: OpportunityLine) -> list[tuple[str, Cell]]:
    state = labels.reason(one.outcome) if one.outcome else labels.opportunity_stage(one.stage)
    account: Cell = link(one.account, f"/accounts/{one.account_id}") if one.account_id else "–"
    unknown = badge(_("missing"), "warn")
    return [
        (_("Account"), account),
        (_("Lead"), link(one.lead, f"/leads/{one.lead_id}")),
        (_("Owner"), labels.person(one.owner) or _("Nobody")),
        (_("Stage"), badge(state)),
        (_("Since"), moment(one.closed_at or one.since)),
        (_("Amount"), money(one.amount, one.currency) or unknown),
        (_("Expected close"), shown_close(one) or unknown),
        *(
            (_(ASKED[name]), str(one.qualification.get(name) or "").strip() or unknown)
            for name in QUALIFICATION
        ),
    ]


def _changes(found: Sequence[TermsChange]) -> None:
    if not found:
        empty(_("Nothing was said of it yet."))
        return
    rows: list[tuple[Cell, ...]] = [
        (
            moment(one.at),
            _then(money(one.amount_before, one.currency_before), money(one.amount, one.currency)),
            _then(_day(one.expected_close_before), _day(one.expected_close)),
            labels.person(one.by),
        )
        for one in found
    ]
    headings = (_("When"), _("Amount"), _("Expected close"), _("Who"))
    show(table(headings, rows, caption=_("What was said of its amount and close")))


def shown_close(one: OpportunityLine) -> str:
    """When it is expected to close; '' when nobody can say."""
    return _day(one.expected_close)


def _day(on: date | None) -> str:
    return full_day(on) if on else ""


def _then(before: str, now: str) -> Cell:
    if before == now:
        return now or "–"
    return Markup("<s>{}</s> {}").format(before, now or "–") if before else now


async def _change(visit: PageVisit, one: OpportunityLine) -> None:
    own = visit.context.settings.company_currency
    with FormDialog(_("Change amount and close")) as form:
        shown = "" if one.amount is None else f"{one.amount:f}"
        amount = form.field("amount", ui.input(_("Amount"), value=shown))
        amount.props("inputmode=decimal")
        codes = sorted(currencies(), key=lambda code: (code != own, code))
        currency = ui.select(codes, label=_("Currency"), value=one.currency or own, with_input=True)
        form.field("currency", currency)
        on = one.expected_close.isoformat() if one.expected_close else ""
        close = form.field("expected_close", ui.input(_("Expected close"), value=on))
        close.props("type=date stack-label")

    async def save() -> bool:
        said: SaidTerms = {"amount": _written(amount.value or "", currency.value or own)}
        if said["amount"] is not None:
            said["currency"] = currency.value or ""
        said["expected_close"] = date.fromisoformat(close.value) if close.value else None
        await visit.act(services.opportunities.change_terms, one.id, said)
        return True

    if await form.sent(_("Save"), save):
        say_done(_("Saved. What it was before is kept."))
        ui.navigate.reload()


def _written(text: str, currency: str) -> Decimal | None:
    if not text.strip():
        return None
    amount = read_amount(text, currency)
    if amount is None:
        raise Invalid(
            sentence("'{written}' can't be an amount of money.", written=text.strip()), "amount"
        )
    return amount
