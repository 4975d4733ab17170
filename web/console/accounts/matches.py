"""``/console/account-matches``: leads without an account, domain by domain."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape
from nicegui import ui

import services.duplicates
from domain.access import Action
from domain.refusals import Refusal
from store.matching.account_matches import UnmatchedDomain
from web.api import account_matches as matches_api
from web.console import labels
from web.console.frame import say_done
from web.console.paged import PagedList
from web.console.pages import console_page
from web.console.parts import button, empty, link, quiet, show
from web.console.refusals import told
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

NEW = 0
"""Stands for an account that is to be made."""


@console_page("/account-matches", Action.READ_ACCOUNTS, N_("Leads without an account"))
async def account_matches(visit: PageVisit) -> None:
    """The mail domains of leads that the visitor sees."""
    show(
        quiet(
            _(
                "Leads go to their account by themselves where that is sure. Here are the mail "
                "domains where it is not: say which account it is, or make one. Providers where "
                "anybody has an address are left out."
            )
        ),
        "p",
    )
    await PagedList(
        visit,
        matches_api.list_unmatched_domains,
        draw=lambda found: _draw(visit, found),
    ).more()


def _draw(visit: PageVisit, found: Sequence[UnmatchedDomain]) -> None:
    if not found:
        empty(
            _("Every lead with a company's address has an account."),
            link(_("All accounts"), "/accounts"),
        )
        return
    with ui.element("ul").classes("items"):
        for one in found:
            with ui.element("li") as row:
                leads = ngettext("1 lead", "{number} leads", one.leads)
                show(
                    Markup("<b>{}</b> {}").format(
                        one.domain, link(leads, "/leads", search=one.domain)
                    )
                ).classes("what")
                if visit.may(Action.MATCH_ACCOUNTS):
                    _Choice(visit, one, row)


class _Choice:
    """Which account people at a domain belong to."""

    def __init__(self, visit: PageVisit, one: UnmatchedDomain, row: ui.element) -> None:
        self.visit, self.one, self.row = visit, one, row
        options = {
            account.account_id: _(
                "{name} ({percent} %: {why})",
                name=account.name,
                percent=account.confidence,
                why=labels.account_evidence(account.why),
            )
            for account in one.accounts
        }
        options[NEW] = _("a new account")
        with ui.element("div").classes("filters"):
            self.account = ui.select(
                options, value=next(iter(options)), label=_("Account"), on_change=self._named
            ).props("outlined dense")
            self.name = ui.input(_("Name of the account"), value=one.company)
            self.name.props("outlined dense maxlength=200")
            button(_("Give them to it"), self._match)
        self._wrong = ui.element("div").props('role="alert"')
        self._named()

    def _named(self) -> None:
        self.name.set_visibility(self.account.value == NEW)

    async def _match(self) -> None:
        account = self.account.value or None
        name = "" if account else (self.name.value or "")
        act = services.duplicates.match_leads
        try:
            done = await self.visit.act(act, self.one.domain, account, name)
        except Refusal as refusal:
            self._wrong.clear()
            with self._wrong:
                show(escape(told(str(refusal))), "p").classes("wrong")
            return
        say_done(
            ngettext(
                "1 lead has its account now.", "{number} leads have their account now.", done.leads
            )
        )
        self.row.delete()
