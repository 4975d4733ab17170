"""``/console/figures/velocity``: how long leads took from one stage to a later one, over time."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from markupsafe import Markup

from domain.access import Action
from domain.figures.months import MonthPace, PaceTable, VelocityReport, pace_tables
from web.api import figures_of_months
from web.api.figures_of_months import MonthParameters
from web.console.figures.cells import days_shown
from web.console.figures.chart import Line, lines
from web.console.figures.definitions import heading, meaning, show_definitions
from web.console.figures.figure_page import in_address
from web.console.figures.monthly import MonthAddress, MonthPage, kind_label, month_label
from web.console.pages import console_page
from web.console.parts import Cell, empty, section, show, table
from web.console.visit import PageVisit
from web.console.words import N_, _

PATH = "/figures/velocity"
COLUMNS = (
    ("median", "median_days", "solid"),
    ("censored", "censored_median_days", "dashed"),
    ("quarter", "p25_days", "dotted"),
    ("three_quarters", "p75_days", "dotted"),
    ("nine_tenths", "p90_days", "dashed"),
)
"""What the figures are called, where they stand, and how their lines are drawn."""


@console_page(PATH, Action.READ_FIGURES, N_("Velocity"))
async def velocity(visit: PageVisit, asked: Annotated[MonthAddress, Query()]) -> None:
    """The velocity that the address asks for; an SDR sees that of the team."""
    await VelocityPage(visit, PATH, in_address(asked)).open()


class VelocityPage(MonthPage[VelocityReport]):
    """The page as it is open."""

    async def read(self) -> VelocityReport:
        """The report."""
        query = MonthParameters.model_validate(self.parameters())
        return await self.visit.ask(figures_of_months.show_velocity, query)

    def draw(self, found: VelocityReport) -> None:
        """The lines, a table of each kind, and what they mean."""
        self.begin_of(found)
        if not found.together.whole.entered:
            empty(_("No lead entered this stage in these months."))
            return
        with section(_("Days until the later stage, by month of entering")):
            months = found.together.months
            lines(
                [str(month_label(one.month)) for one in months],
                [
                    Line(heading(key), [getattr(one, name) for one in months], dash)
                    for key, name, dash in COLUMNS
                ],
                caption=_("Days until the later stage, by month of entering"),
                percent=False,
            )
        for kind, one in pace_tables(found).items():
            if one.whole.entered:
                with section(kind_label(kind)):
                    show(self._table(found, kind, one))
        keys = ["unit", "entered", "reached", *(key for key, _name, _dash in COLUMNS)]
        show_definitions([*keys, "faults", "net_new", "recycled"])

    def _table(self, found: VelocityReport, kind: str, one: PaceTable) -> Markup:
        keys = ["entered", "reached", *(key for key, _name, _dash in COLUMNS), "faults"]
        return table(
            (_("Month"), *map(heading, keys)),
            [self._row(found, kind, pace) for pace in (one.whole, *one.months)],
            caption=kind_label(kind),
            numbers=range(1, len(keys) + 1),
            meanings={at: meaning(key) for at, key in enumerate(keys, 1)},
        )

    def _row(self, found: VelocityReport, kind: str, one: MonthPace) -> tuple[Cell, ...]:
        return (
            month_label(one.month),
            self.leads(found, one.entered, one.month, kind),
            self.leads(found, one.reached, one.month, kind, reached=True),
            *(days_shown(getattr(one, name)) for _key, name, _dash in COLUMNS),
            f"{one.faults:,}",
        )
