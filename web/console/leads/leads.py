"""``/console/leads``: leads found by words and filters, in an address that can be passed on."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import urlencode

from markupsafe import Markup
from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from domain.access import Action
from domain.labels import PHASES, STAGES
from domain.translations.cldr_names import country_names
from services.access import team_of
from store.published.policies import PolicyMissing
from store.publishing.publishing import cadence_names
from store.views.figures import NOT_STARTED
from store.views.lead_search import (
    COUNTED,
    FoundLead,
    LeadFilter,
    Order,
    count_leads,
    find_leads,
    owners,
    sources,
)
from web.console import labels
from web.console.leads.person import enter_lead
from web.console.pages import console_page
from web.console.parts import Cell, badge, button, choice, empty, go, link, quiet, show, table
from web.console.times import bounds_of_today, moment
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

PAGE = 50
NOBODY = "nobody"
"""In the address: leads without an owner."""
GRADES = {
    "hot": N_("Hot"),
    "mql": N_("MQL"),
    "engaged": N_("Engaged"),
    "known": N_("Known"),
    "A": N_("Fit A"),
    "B": N_("Fit B"),
    "C": N_("Fit C"),
    "D": N_("Fit D"),
}
TODAY = {"answered": N_("Answered a mail"), "bounced": N_("Mail bounced")}
"""What leads did today, in the visitor's zone."""
ORDERS: dict[Order, str] = {
    "activity": N_("Latest activity"),
    "score": N_("Score"),
    "fit": N_("Fit"),
}


@console_page("/leads", Action.READ_LEADS, N_("Leads"))
async def leads(
    visit: PageVisit,
    *,
    search: str = "",
    stage: str = "",
    phase: str = "",
    owner: str = "",
    grade: str = "",
    country: str = "",
    source: str = "",
    cadence: str = "",
    recycled: bool | None = None,
    suppressed: bool | None = None,
    did: str = "",
    order: str = "activity",
) -> None:
    """The leads that the visitor sees, narrowed by what the address asks for.

    Other pages link here: ``/leads?stage=mql&owner=rep-1``; ``owner=nobody`` are those without.
    """
    wanted = LeadFilter(
        search=search.strip(),
        stage=stage,
        phase=phase,
        owner={"": None, NOBODY: ""}.get(owner, owner),
        grade=grade,
        country=country.upper(),
        source=source,
        cadence=cadence,
        recycled=recycled,
        suppressed=suppressed,
        did=did,
        since=bounds_of_today(visit)[0],
        team=team_of(visit.caller),
    )
    with visit.top:
        go(_("Suspected duplicates"), "/duplicates")
        if visit.may(Action.EDIT_LEADS):
            button(_("New lead"), lambda: enter_lead(visit), main=True, key="n")
    page = LeadList(visit, wanted, _order(order))
    await page.filters()
    with ui.element("div").classes("found"):
        page.status = ui.label("").classes("quiet").props('role="status"')
        page.body = ui.element("div")
    await page.refresh()


class LeadList:
    """The list as it is open: what is wanted, and the pages read so far."""

    status: ui.label
    body: ui.element

    def __init__(self, visit: PageVisit, wanted: LeadFilter, order: Order) -> None:
        self.visit, self.wanted, self.order = visit, wanted, order
        self.lines: list[FoundLead] = []
        self.more = False
        self._asked = 0

    async def filters(self) -> None:
        """The search box and what narrows the list."""
        team = self.wanted.team
        people = await self.visit.read(owners, team)
        if team is None:
            people = {NOBODY: _("Nobody")} | people
        cadences = sorted(await self.visit.read(cadence_names))
        origins = await self.visit.read(sources)
        nations = country_names(self.visit.language).items()
        countries = {code: name for code, name in nations if len(code) == 2}
        with ui.element("div").classes("filters").props(f'role="search" aria-label="{_("Leads")}"'):
            box = ui.input(_("Name, address, company or title"), value=self.wanted.search)
            box.props('outlined dense clearable debounce=200 data-key="/" type="search"')
            box.classes("wide").on_value_change(self._searched)
            self._select(_("Stage"), "stage", {k: labels.stage(k) for k in STAGES})
            phases = {k or NOT_STARTED: labels.phase(k) for k in PHASES}
            self._select(_("Phase"), "phase", phases)
            self._select(_("Owner"), "owner", people)
            self._select(_("Grade"), "grade", {k: _(name) for k, name in GRADES.items()})
            self._select(_("Country"), "country", dict(sorted(countries.items(), key=_by_name)))
            self._select(_("Source"), "source", {name: name for name in origins})
            self._select(_("Cadence"), "cadence", {name: name for name in cadences})
            self._select(_("Today"), "did", {one: _(name) for one, name in TODAY.items()})
            orders: dict[str, str] = {one: _(name) for one, name in ORDERS.items()}
            choice(_("Sorted by"), orders, self.order, self._sorted)
            self._tick(_("At rest"), "recycled")
            self._tick(_("Gets no mail"), "suppressed")

    async def refresh(self) -> None:
        """Read the first page anew."""
        self._asked += 1
        asked, wanted, order = self._asked, self.wanted, self.order
        now = self.visit.context.clock.now()
        try:
            lines = await self.visit.read(find_leads, now, wanted, order=order, limit=PAGE + 1)
            number = await self.visit.read(count_leads, now, wanted)
        except PolicyMissing as missing:
            self.status.set_text(str(missing))
            return
        # Somebody who types on wants the answer to the last letter, whichever comes last.
        if asked == self._asked:
            self._keep(lines)
            self.status.set_text(
                _("More than {number} leads", number=f"{COUNTED:,}")
                if number > COUNTED
                else ngettext("1 lead", "{number} leads", number)
            )
            self._show()

    async def _next(self) -> None:
        lines = await self.visit.read(
            find_leads,
            self.visit.context.clock.now(),
            self.wanted,
            order=self.order,
            after=self.lines[-1].mark,
            limit=PAGE + 1,
        )
        before = self.lines
        self._keep(lines)
        self.lines = before + self.lines
        self._show()

    def _keep(self, lines: list[FoundLead]) -> None:
        self.lines, self.more = lines[:PAGE], len(lines) > PAGE

    def _show(self) -> None:
        self.body.clear()
        with self.body:
            if not self.lines:
                self._nothing()
                return
            headings = (_("Lead"), _("Company"), _("Stage"), _("Phase"), _("Owner"))
            show(
                table(
                    (*headings, _("Score"), _("Last active")),
                    [_row(one) for one in self.lines],
                    caption=_("Leads"),
                    numbers=(5,),
                )
            )
            if self.more:
                with ui.element("div").classes("more"):
                    button(_("More"), self._next)

    def _nothing(self) -> None:
        if self.wanted != LeadFilter(team=self.wanted.team, since=self.wanted.since):
            empty(_("No lead is like that."), link(_("Show all leads"), "/leads"))
        elif self.visit.may(Action.IMPORT_LEADS):
            empty(_("There are no leads yet."), link(_("Import a file"), "/import"))
        else:
            empty(_("Your team has no leads yet. They appear here when they are handed over."))

    def _select(self, label: str, field: str, options: dict[str, str]) -> None:
        chosen = getattr(self.wanted, field)
        if field == "owner":
            chosen = NOBODY if chosen == "" else chosen or ""
        # What a link asks for may be gone by now: it is still what the list shows.
        known = options if chosen in ("", *options) else options | {chosen: chosen}

        async def choose(value: str) -> None:
            await self._want(**{field: _owner(value) if field == "owner" else value})

        choice(label, {"": _("Any")} | known, chosen, choose)

    def _tick(self, label: str, field: str) -> None:
        async def choose(event: ValueChangeEventArguments[bool | None]) -> None:
            await self._want(**{field: event.value or None})

        ui.checkbox(label, value=bool(getattr(self.wanted, field)), on_change=choose)

    async def _searched(self, event: ValueChangeEventArguments[str | None]) -> None:
        await self._want(search=(event.value or "").strip())

    async def _sorted(self, order: str) -> None:
        self.order = _order(order)
        await self._want()

    async def _want(self, **changed: str | bool | None) -> None:
        self.wanted = replace(self.wanted, **changed)  # type: ignore[arg-type]
        ui.run_javascript(f"history.replaceState(null, '', {json.dumps(self._address())})")
        await self.refresh()

    def _address(self) -> str:
        wanted = self.wanted
        asked = {
            name: getattr(wanted, name)
            for name in (
                *("search", "stage", "phase", "grade", "country", "source", "cadence"),
                "did",
            )
        }
        asked["owner"] = NOBODY if wanted.owner == "" else wanted.owner or ""
        for name in ("recycled", "suppressed"):
            value = getattr(wanted, name)
            asked[name] = "" if value is None else str(value).lower()
        asked["order"] = "" if self.order == "activity" else self.order
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"/console/leads?{query}" if query else "/console/leads"


def _row(lead: FoundLead) -> tuple[Cell, ...]:
    about = quiet(lead.title or (lead.email if lead.name != lead.email else ""))
    return (
        Markup('<span class="two">{}{}</span>').format(link(lead.name, f"/leads/{lead.id}"), about),
        link(lead.company, f"/accounts/{lead.account_id}") if lead.account_id else "",
        Markup("{} {}").format(
            badge(labels.stage(lead.stage)),
            badge(_("no mail"), "warn") if lead.suppressed else "",
        ),
        Markup('<span class="two">{}{}</span>').format(
            labels.phase(lead.phase), quiet(labels.reason(lead.phase_reason))
        ),
        labels.person(lead.owner),
        Markup('<span class="two">{}&nbsp;{}{}</span>').format(
            lead.score,
            quiet(lead.grade),
            quiet(_("fit {points}", points=f"{lead.fit_points:+}")),
        ),
        moment(lead.active_at),
    )


def _order(said: str) -> Order:
    return next((order for order in ORDERS if order == said), "activity")


def _owner(value: str) -> str | None:
    return {"": None, NOBODY: ""}.get(value, value)


def _by_name(item: tuple[str, str]) -> str:
    return item[1].casefold()
