"""``/console/leads``: leads found by words and filters, in an address that can be passed on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query
from markupsafe import Markup
from sqlalchemy import Connection

from domain.access import Action
from domain.figures.data_quality import Lacking
from domain.figures.lists import CountedAs
from domain.inputs import Day
from domain.labels import PHASES, STAGES
from domain.translations.cldr_names import country_names
from services.access import sees_customers, team_of
from services.figure_lists import FigureAddress
from store.publishing.publishing import cadence_names
from store.views.figures import NOT_STARTED
from store.views.lead_search import (
    COUNTED,
    FoundLead,
    LeadFilter,
    count_leads,
    countries,
    owners,
    sources,
)
from store.views.segments import segment_titles
from web.api import leads as leads_api
from web.api.inputs import Codes, Id, SaidNames
from web.api.paging import MOST
from web.console import labels
from web.console.leads.behind_figure import FigureBar
from web.console.leads.bulk import LeadBulk
from web.console.leads.person import enter_lead
from web.console.lists.list_page import ORDER, ListColumn, ListPage
from web.console.pages import console_page
from web.console.parts import badge, button, empty, go, link, quiet, show
from web.console.picks import Row, pick_table
from web.console.times import bounds_of_today, moment
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

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
DONE_TOGETHER = (Action.ENROLL, Action.SUPPRESS, Action.EDIT_LEADS, Action.REASSIGN)
"""What can be done about several leads at once."""
WITHOUT = {
    Lacking.OWNER.value: N_("Owner"),
    Lacking.COUNTRY.value: N_("Country"),
    Lacking.TIME_ZONE.value: N_("Time zone"),
}
"""What leads may lack."""


@console_page("/leads", Action.READ_LEADS, N_("Leads"))
async def leads(
    visit: PageVisit,
    *,
    search: str = "",
    lead: Annotated[list[Id] | None, Query(max_length=MOST)] = None,
    stage: Codes = None,
    phase: Codes = None,
    owner: Codes = None,
    grade: Codes = None,
    country: Codes = None,
    source: SaidNames = None,
    cadence: Codes = None,
    segment: Codes = None,
    without: Codes = None,
    recycled: bool | None = None,
    suppressed: bool | None = None,
    did: str = "",
    figure: str = "",
    figure_at: str = "",
    figure_from: Day | None = None,
    figure_to: Day | None = None,
    figure_window: Annotated[int | None, Query(ge=1, le=10_000)] = None,
    figure_of: SaidNames = None,
    order: str = "activity",
    columns: str = "",
) -> None:
    """The leads that the visitor sees, narrowed by what the address asks for.

    Other pages link here: ``/leads?stage=mql&owner=rep-1``; ``owner=nobody`` are those without;
    ``figure`` and what begins with it names a number of a page of figures.
    """
    with visit.top:
        go(_("Suspected duplicates"), "/duplicates")
        if visit.may(Action.EDIT_LEADS):
            button(_("New lead"), lambda: enter_lead(visit), main=True, key="n")
    asked = {
        "search": search.strip(),
        "lead": lead,
        "stage": stage,
        "phase": phase,
        "owner": owner,
        "grade": grade,
        "country": [code.upper() for code in country or ()],
        "source": source,
        "cadence": cadence,
        "segment": segment,
        "did": did if did in TODAY else "",
        "without": [one for one in without or () if one in WITHOUT],
        "figure": figure if figure in set(CountedAs) else "",
        "figure_at": figure_at,
        "figure_from": figure_from,
        "figure_to": figure_to,
        "figure_window": figure_window,
        "figure_of": figure_of,
        "recycled": recycled,
        "suppressed": suppressed,
        "order": order if order in ("fit", "interest") else "",
        "columns": columns,
    }
    await LeadList(
        visit, "/leads", leads_api.list_leads, _columns(), asked, caption=_("Leads")
    ).open()


class LeadList(ListPage[FoundLead]):
    """The list as it is open."""

    async def open(self) -> None:
        """Build the page."""
        read, team = self.visit.read, team_of(self.visit.caller)
        self._bar: FigureBar | None = None
        if (address := self._address()).figure:
            self._bar = FigureBar(self.visit, address, self.refresh)
            await self._bar.begin()
        people = await read(owners, team)
        if team is None:
            people = {NOBODY: _("Nobody")} | people
        names = country_names(self.visit.language)
        nations = {code: names.get(code, code) for code in await read(countries)}
        self._bulk: LeadBulk | None = None
        with self.filters():
            self.search(_("Name, address, phone, company or title"))
            self.many(_("Stage"), "stage", {k: labels.stage(k) for k in STAGES})
            phases = {k or NOT_STARTED: labels.phase(k) for k in PHASES}
            self.many(_("Phase"), "phase", phases)
            self.many(_("Owner"), "owner", people)
            self.many(_("Grade"), "grade", {k: _(name) for k, name in GRADES.items()})
            self.many(_("Country"), "country", dict(sorted(nations.items(), key=_by_name)))
            self.many(_("Source"), "source", {name: name for name in await read(sources)})
            cadences = sorted(await read(cadence_names))
            self.many(_("Cadence"), "cadence", {name: name for name in cadences})
            titles = await read(segment_titles)
            if titles:
                self.many(_("Segment"), "segment", titles)
            self.choice(
                _("Today"), "did", {"": _("Any")} | {one: _(name) for one, name in TODAY.items()}
            )
            self.many(_("Lacks"), "without", {one: _(name) for one, name in WITHOUT.items()})
            self.tick(_("At rest"), "recycled")
            self.tick(_("Gets no mail"), "suppressed")
        if self.asked["lead"]:
            chosen = ngettext("1 chosen lead", "{number} chosen leads", len(self.asked["lead"]))
            show(
                Markup('<strong>{}</strong> <a href="/console/leads">{}</a>').format(
                    chosen, _("Show all leads")
                ),
                "div",
            ).classes("views")
        if self._bar is None and any(map(self.visit.may, DONE_TOGETHER)):
            self._bulk = LeadBulk(self.visit, self._wanted, self.parameters, self.refresh)
            await self._bulk.begin()
        await self.begin()

    def parameters(self) -> dict[str, Any]:
        """Without an order the latest activity is first; today begins in the visitor's zone."""
        asked = {"order": "activity"} | super().parameters()
        if "owner" in asked:
            asked["owner"] = ["" if one == NOBODY else one for one in asked["owner"]]
        if "did" in asked:
            asked["since"] = bounds_of_today(self.visit)[0]
        return asked

    async def counted(self) -> str:
        """How many there are, up to a number that is counted at once."""
        visit = self.visit
        wanted = self._wanted()

        def count(connection: Connection) -> int:
            behind = leads_api.wanted_now(
                connection, visit.context, visit.caller, wanted, self._address()
            )
            return count_leads(connection, visit.context.clock.now(), behind)

        number = await visit.read(count)
        if number > COUNTED:
            return _("More than {number} leads", number=f"{COUNTED:,}")
        return ngettext("1 lead", "{number} leads", number)

    def _wanted(self) -> LeadFilter:
        """The filters as they are, but for a figure."""
        asked = {
            name: one
            for name, one in self.parameters().items()
            if name != "order" and not name.startswith("figure")
        }
        caller = self.visit.caller
        return LeadFilter(**asked, team=team_of(caller), customers=sees_customers(caller))

    def show_rows(self, items: Sequence[FoundLead]) -> None:
        """The rows, which can be ticked where something can be done about them."""
        shown = self.shown_columns()
        rows = [Row(one.id, one.name, [column.cell(one) for column in shown]) for one in items]
        numbers = [at for at, one in enumerate(shown) if one.number]
        headings = [one.heading for one in shown]
        if self._bulk is not None:
            self._bulk.choose(())
            pick_table(
                headings,
                rows,
                self._bulk.choose,
                caption=self.caption,
                numbers=numbers,
                orders={at: one.order for at, one in enumerate(shown) if one.order},
                order=self.asked.get(ORDER) or "",
            )
        elif self._bar is None or not self._bar.table(headings, rows, numbers, self.caption):
            super().show_rows(items)

    def _address(self) -> FigureAddress:
        asked = self.asked
        return FigureAddress(
            asked["figure"],
            asked["figure_at"],
            asked["figure_from"],
            asked["figure_to"],
            asked["figure_window"],
            asked["figure_of"] or (),
        )

    def nothing(self) -> None:
        """Why there are none, and what to do."""
        if self.is_narrowed:
            empty(_("No lead is like that."), link(_("Show all leads"), "/leads"))
        elif self.visit.may(Action.IMPORT_LEADS):
            empty(_("There are no leads yet."), link(_("Import a file"), "/import"))
        else:
            empty(_("Your team has no leads yet. They appear here when they are handed over."))


def _columns() -> list[ListColumn[FoundLead]]:
    return [
        ListColumn("lead", _("Lead"), _lead, fixed=True),
        ListColumn("company", _("Company"), _company),
        ListColumn("stage", _("Stage"), _stage),
        ListColumn("phase", _("Phase"), _phase),
        ListColumn("owner", _("Owner"), lambda one: labels.person(one.owner)),
        ListColumn("score", _("Score"), _score, number=True, order="interest"),
        ListColumn("fit", _("Fit"), _fit, number=True, order="fit", extra=True),
        ListColumn("active", _("Last active"), lambda one: moment(one.active_at), order="activity"),
        ListColumn("email", _("E-mail address"), lambda one: one.email, extra=True),
        ListColumn("phone", _("Phone"), lambda one: one.phone, extra=True),
        ListColumn("country", _("Country"), lambda one: one.country, extra=True),
        ListColumn("source", _("Source"), lambda one: one.source, extra=True),
        ListColumn("cycle", _("Cycle"), lambda one: one.cycle, number=True, extra=True),
    ]


def _lead(one: FoundLead) -> Markup:
    about = quiet(one.title or (one.email if one.name != one.email else ""))
    return Markup('<span class="two">{}{}</span>').format(link(one.name, f"/leads/{one.id}"), about)


def _company(one: FoundLead) -> Markup:
    return link(one.company, f"/accounts/{one.account_id}") if one.account_id else Markup()


def _stage(one: FoundLead) -> Markup:
    return Markup("{} {}").format(
        badge(labels.stage(one.stage)), badge(_("no mail"), "warn") if one.suppressed else ""
    )


def _phase(one: FoundLead) -> Markup:
    return Markup('<span class="two">{}{}</span>').format(
        labels.phase(one.phase), quiet(labels.reason(one.phase_reason))
    )


def _score(one: FoundLead) -> Markup:
    return Markup('<span class="two whole"><span>{} {}</span>{}</span>').format(
        one.score, quiet(one.grade), quiet(_("fit {points}", points=f"{one.fit_points:+}"))
    )


def _fit(one: FoundLead) -> Markup:
    return Markup("{} {}").format(one.fit, quiet(f"{one.fit_points:+}"))


def _by_name(item: tuple[str, str]) -> str:
    return item[1].casefold()
