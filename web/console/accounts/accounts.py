"""``/console/accounts``: companies, by name, with what is open there."""

from __future__ import annotations

from markupsafe import Markup

from domain.access import Action
from services.access import team_of
from store.routing.presence import reps
from store.views.account_page import FoundAccount
from web.api import accounts as accounts_api
from web.console import labels
from web.console.lists.list_page import ListColumn, ListPage
from web.console.pages import console_page
from web.console.parts import badge, empty, go, link, quiet
from web.console.visit import PageVisit
from web.console.words import N_, _


@console_page("/accounts", Action.READ_ACCOUNTS, N_("Accounts"))
async def accounts(
    visit: PageVisit,
    *,
    search: str = "",
    owner: str = "",
    do_not_market: bool = False,
    columns: str = "",
) -> None:
    """The companies that the visitor sees; other pages link to ``/accounts?do_not_market=true``."""
    with visit.top:
        go(_("Leads without an account"), "/account-matches")
    asked = {
        "search": search.strip(),
        "owner": owner,
        "do_not_market": do_not_market,
        "columns": columns,
    }
    await AccountList(
        visit, "/accounts", accounts_api.list_accounts, _columns(), asked, caption=_("Accounts")
    ).open()


class AccountList(ListPage[FoundAccount]):
    """The list as it is open."""

    async def open(self) -> None:
        """Build the page."""
        people = await self.visit.read(reps, self.visit.context.clock.now())
        team = team_of(self.visit.caller)
        owners = {one.code: one.name for one in people if team in (None, one.team)}
        with self.filters():
            self.search(_("Name or domain"))
            self.choice(_("Owner"), "owner", {"": _("Any")} | owners)
            self.tick(_("Do not market"), "do_not_market")
        await self.begin()

    def nothing(self) -> None:
        """Why there are none, and what to do."""
        if self.is_narrowed:
            empty(_("No account is like that."), link(_("Show all accounts"), "/accounts"))
        else:
            empty(_("There are no accounts yet. They come with their leads."))


def _columns() -> list[ListColumn[FoundAccount]]:
    return [
        ListColumn("account", _("Account"), _account, fixed=True),
        ListColumn("owner", _("Owner"), lambda one: labels.person(one.owner)),
        ListColumn("leads", _("Leads"), lambda one: one.leads, number=True),
        ListColumn("sales", _("With sales"), lambda one: one.with_sales or "", number=True),
        ListColumn(
            "opportunities",
            _("Open opportunities"),
            lambda one: one.opportunities or "",
            number=True,
        ),
        ListColumn("marketing", _("Marketing"), _marketing),
    ]


def _account(one: FoundAccount) -> Markup:
    return Markup('<span class="two">{}{}</span>').format(
        link(one.name, f"/accounts/{one.id}"), quiet(one.domain)
    )


def _marketing(one: FoundAccount) -> Markup:
    return badge(_("do-not-market"), "warn") if one.do_not_market else Markup()
