"""``/console/figures/money``: what leads, MQLs and wins cost and bring, by source or campaign."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Annotated

from fastapi import Query
from markupsafe import Markup
from pydantic import ConfigDict

from domain.access import Action
from domain.figures.attribution import AttributionModel
from domain.figures.money import OTHERS, Department, DepartmentRow, MoneyBy, MoneyReport, MoneyRow
from web.api import figures_money
from web.api.figures_money import MoneyParameters
from web.console.figures.cells import show_wins_without_amount
from web.console.figures.chart import Bars, chart
from web.console.figures.definitions import heading, meaning, show_definitions
from web.console.figures.figure_page import (
    FigurePage,
    beside,
    in_address,
    percent,
    period_shown,
    show_behind,
    with_period_before,
)
from web.console.pages import console_page
from web.console.parts import Cell, empty, quiet, section, show, table
from web.console.sales.opportunity import money as amount
from web.console.visit import PageVisit
from web.console.words import N_, _

PATH = "/figures/money"
IN_CHART = 12
MOST_ROWS = 100
"""Rows that the page shows; the file has all."""
BY = {MoneyBy.SOURCE: N_("Source"), MoneyBy.CAMPAIGN: N_("Campaign")}
MODELS = {
    AttributionModel.W: N_("Three touches (30/30/30/10)"),
    AttributionModel.FIRST: N_("First touch"),
    AttributionModel.LAST: N_("Last touch"),
}
DEPARTMENTS = {
    Department.MARKETING: N_("Marketing"),
    Department.SALES: N_("Sales"),
    Department.CUSTOMER_SUCCESS: N_("Customer success"),
    Department.UNKNOWN: N_("Of imported history"),
}
Found = tuple[MoneyReport, MoneyReport | None]


class MoneyAddress(MoneyParameters):
    """What stands in the address of the page."""

    model_config = ConfigDict(extra="ignore")
    compare: bool = False


@console_page(PATH, Action.READ_MONEY, N_("Money"))
async def money(visit: PageVisit, asked: Annotated[MoneyAddress, Query()]) -> None:
    """What the period cost and brought, in the company's currency."""
    await MoneyPage(visit, PATH, in_address(asked)).open()


class MoneyPage(FigurePage[Found]):
    """The page as it is open."""

    def files(self) -> dict[str, str]:
        """Both tables: the sources, and the departments."""
        return {
            PATH: _("Spend and value"),
            "/figures/departments": _("Share of the departments"),
        }

    async def open(self) -> None:
        """Build the page."""
        with self.filters():
            self.choice(
                _("Split by"), "by", {k.value: _(n) for k, n in BY.items()}, MoneyBy.SOURCE.value
            )
            self.choice(
                _("Wins credited to"),
                "model",
                {k.value: _(n) for k, n in MODELS.items()},
                AttributionModel.W.value,
            )
        await self.begin()

    async def read(self) -> Found:
        """The report, and that of the period before if it is to be compared."""
        return await with_period_before(self, self._asked)

    async def _asked(self, **changed: object) -> MoneyReport:
        query = MoneyParameters.model_validate(self.parameters() | changed)
        return await self.visit.ask(figures_money.show_money, query)

    def draw(self, found: Found) -> None:
        """Charts, tables and what they mean."""
        report, before = found
        said = [period_shown(report), report.currency]
        if before:
            said.append(_("compared with {period}", period=period_shown(before)))
        show(quiet(" · ".join(said)), "p")
        show_behind(report.behind)
        if not report.rows:
            empty(_("No lead came, nothing was won and no spend was entered for this period."))
            return
        with section(_("Spend and value")):
            if shown := [one for one in report.rows if one.spend or one.value][:IN_CHART]:
                chart(
                    [_name(one, report.by) for one in shown],
                    [
                        Bars(heading("spend"), [float(one.spend) for one in shown]),
                        Bars(heading("value"), [float(one.value) for one in shown]),
                    ],
                    caption=_("Spend and value"),
                    stacked=False,
                )
            show(_rows(report, before))
            if len(report.rows) > MOST_ROWS:
                show(quiet(_("The largest are shown; the file has all.")), "p")
            show_wins_without_amount(report.wins_without_amount)
        with section(_("Share of the departments")):
            names = [_(DEPARTMENTS[one.department]) for one in report.departments]
            worth = [float(one.value) for one in report.departments]
            if any(worth):
                bars = [Bars(heading("value"), worth)]
                chart(names, bars, caption=_("Share of the departments"), stacked=True)
            show(_departments(report, before))
        show_definitions(["wins", "spend", "cost", "value", "return", "department"])


Column = tuple[str, str, Callable[[MoneyRow], Cell]]


def _rows(report: MoneyReport, before: MoneyReport | None) -> Markup:
    def worth(value: Decimal | None) -> str:
        return amount(value, report.currency) if value else "–"

    columns: Sequence[Column] = (
        (_("Leads"), "", lambda one: f"{one.leads:,}"),
        (_("MQLs"), "", lambda one: f"{one.mqls:,}"),
        (_("MQLs again"), "recycled", lambda one: f"{one.mqls_recycled:,}"),
        (heading("wins"), "wins", lambda one: f"{one.wins.normalize():,f}"),
        (_("Wins again"), "recycled", lambda one: f"{one.wins_recycled.normalize():,f}"),
        (heading("spend"), "spend", lambda one: worth(one.spend)),
        (_("Per lead"), "cost", lambda one: worth(one.cost_per_lead)),
        (_("Per MQL"), "cost", lambda one: worth(one.cost_per_mql)),
        (_("Per win"), "cost", lambda one: worth(one.cost_per_win)),
        (heading("value"), "value", lambda one: worth(one.value)),
        (heading("return"), "return", lambda one: _return(one.return_on_spend)),
    )
    earlier = {(one.source, one.campaign): one for one in before.rows} if before else {}

    def line(name: Cell, one: MoneyRow, was: MoneyRow | None) -> tuple[Cell, ...]:
        cells = [beside(cell(one), cell(was) if was else None) for _name, _key, cell in columns]
        return (name, *cells)

    rows = [
        line(_name(one, report.by), one, earlier.get((one.source, one.campaign)))
        for one in report.rows[:MOST_ROWS]
    ]
    total = Markup("<strong>{}</strong>").format(_("Together"))
    rows.append(line(total, report.total, before.total if before else None))
    return table(
        (_(BY[report.by]), *(name for name, _key, _cell in columns)),
        rows,
        caption=_("Spend and value"),
        numbers=range(1, len(columns) + 1),
        meanings={at: meaning(key) for at, (_name, key, _cell) in enumerate(columns, 1) if key},
    )


def _departments(report: MoneyReport, before: MoneyReport | None) -> Markup:
    earlier = {one.department: one for one in before.departments} if before else {}
    cells: Sequence[Callable[[DepartmentRow], Cell]] = (
        lambda one: f"{one.wins:,}",
        lambda one: f"{one.wins_recycled:,}",
        lambda one: amount(one.value, report.currency),
        lambda one: percent(None if one.share is None else float(one.share)),
    )
    return table(
        (heading("department"), heading("wins"), _("Wins again"), heading("value"), _("Share")),
        [
            (
                _(DEPARTMENTS[one.department]),
                *(
                    beside(cell(one), cell(was) if (was := earlier.get(one.department)) else None)
                    for cell in cells
                ),
            )
            for one in report.departments
        ],
        caption=_("Share of the departments"),
        numbers=range(1, 5),
        meanings={
            0: meaning("department"),
            1: meaning("wins"),
            2: meaning("recycled"),
            3: meaning("value"),
        },
    )


def _name(one: MoneyRow, by: MoneyBy) -> str:
    if one.source == OTHERS[0]:
        return _("All others")
    source = one.source or _("None")
    if by == MoneyBy.SOURCE:
        return source
    return f"{source} · {one.campaign or _('None')}"


def _return(share: Decimal | None) -> str:
    return percent(None if share is None else float(share))
