"""``/console/accounts``: companies, by name, with what is open there."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from markupsafe import Markup
from nicegui import ui

from domain.access import Action
from services.access import team_of
from store.routing.presence import reps
from store.views.account_page import FoundAccount, find_accounts
from web.console import labels
from web.console.pages import console_page
from web.console.parts import Cell, badge, button, empty, go, link, quiet, show, table
from web.console.visit import PageVisit
from web.console.words import N_, _

PAGE = 50


@console_page("/accounts", Action.READ_ACCOUNTS, N_("Accounts"))
async def accounts(
    visit: PageVisit, search: str = "", owner: str = "", do_not_market: bool = False
) -> None:
    """The companies that the visitor sees; other pages link to ``/accounts?do_not_market=true``."""
    with visit.top:
        go(_("Leads without an account"), "/account-matches")
    page = AccountList(visit, search.strip(), owner, do_not_market)
    await page.filters()
    with ui.element("div").classes("found"):
        page.body = ui.element("div")
    await page.refresh()


class AccountList:
    """The list as it is open, and the pages read so far."""

    body: ui.element

    def __init__(self, visit: PageVisit, search: str, owner: str, do_not_market: bool) -> None:
        self.visit = visit
        self.wanted = {"search": search, "owner": owner, "do_not_market": _said(do_not_market)}
        self.lines: list[FoundAccount] = []
        self.more = False
        self._asked = 0

    async def filters(self) -> None:
        """The search box, the owner, and whether they are do-not-market."""
        people = await self.visit.read(reps, self.visit.context.clock.now())
        team = team_of(self.visit.caller)
        owners = {one.code: one.name for one in people if team in (None, one.team)}
        if owner := self.wanted["owner"]:
            owners.setdefault(owner, labels.person(owner))
        with (
            ui.element("div")
            .classes("filters")
            .props(f'role="search" aria-label="{_("Accounts")}"')
        ):
            box = ui.input(
                _("Name or domain"),
                value=self.wanted["search"],
                on_change=lambda event: self._want(search=(event.value or "").strip()),
            )
            box.props('outlined dense clearable debounce=200 data-key="/" type="search"')
            box.classes("wide")
            ui.select(
                owners,
                value=owner or None,
                label=_("Owner"),
                clearable=True,
                on_change=lambda event: self._want(owner=event.value or ""),
            ).props("outlined dense")
            ui.checkbox(
                _("Do not market"),
                value=bool(self.wanted["do_not_market"]),
                on_change=lambda event: self._want(do_not_market=_said(bool(event.value))),
            )

    async def refresh(self) -> None:
        """Read the first page anew."""
        self._asked += 1
        asked = self._asked
        lines = await self._read(("", 0))
        if asked == self._asked:
            self._show(lines)

    async def _next(self) -> None:
        last = self.lines[-1]
        self._show([*self.lines, *await self._read((last.name_key, last.id))])

    async def _read(self, after: tuple[str, int]) -> list[FoundAccount]:
        lines = await self.visit.read(
            find_accounts,
            self.visit.context.clock.now(),
            search=self.wanted["search"],
            owner=self.wanted["owner"],
            do_not_market=bool(self.wanted["do_not_market"]),
            team=team_of(self.visit.caller),
            after=after,
            limit=PAGE + 1,
        )
        self.more = len(lines) > PAGE
        return lines[:PAGE]

    def _show(self, lines: list[FoundAccount]) -> None:
        self.lines = lines
        self.body.clear()
        with self.body:
            if not lines:
                if any(self.wanted.values()):
                    empty(_("No account is like that."), link(_("Show all accounts"), "/accounts"))
                else:
                    empty(_("There are no accounts yet. They come with their leads."))
                return
            show(
                table(
                    (
                        _("Account"),
                        _("Owner"),
                        _("Leads"),
                        _("With sales"),
                        _("Open opportunities"),
                        _("Marketing"),
                    ),
                    [_row(one) for one in lines],
                    caption=_("Accounts"),
                    numbers=(2, 3, 4),
                )
            )
            if self.more:
                with ui.element("div").classes("more"):
                    button(_("More"), self._next)

    async def _want(self, **changed: str) -> None:
        self.wanted |= changed
        query = urlencode({name: value for name, value in self.wanted.items() if value})
        address = f"/console/accounts?{query}" if query else "/console/accounts"
        ui.run_javascript(f"history.replaceState(null, '', {json.dumps(address)})")
        await self.refresh()


def _said(wanted: bool) -> str:
    return "true" if wanted else ""


def _row(one: FoundAccount) -> tuple[Cell, ...]:
    return (
        Markup('<span class="two">{}{}</span>').format(
            link(one.name, f"/accounts/{one.id}"), quiet(one.domain)
        ),
        labels.person(one.owner),
        one.leads,
        one.with_sales or "",
        one.opportunities or "",
        badge(_("do-not-market"), "warn") if one.do_not_market else "",
    )
