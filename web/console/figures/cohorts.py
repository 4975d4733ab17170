"""``/console/figures/cohorts``: by month of entering a stage, the share that reached a later one
since."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from markupsafe import Markup

from domain.access import Action
from domain.contracts.journey import Stage
from domain.figures.funnel import Kind
from domain.figures.months import (
    STEP_DAYS,
    STEPS,
    Cohort,
    CohortCell,
    CohortReport,
    CohortTable,
    cohort_tables,
)
from web.api import figures_of_months
from web.api.figures_of_months import MonthParameters
from web.console.figures.chart import Line, lines
from web.console.figures.definitions import heading, meaning, show_definitions
from web.console.figures.figure_page import in_address, percent
from web.console.figures.monthly import MonthAddress, MonthPage, kind_label, month_label
from web.console.pages import console_page
from web.console.parts import Cell, empty, quiet, section, show, table
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

PATH = "/figures/cohorts"
DASHES = {"all": "solid", Kind.NET_NEW: "dashed", Kind.RECYCLED: "dotted"}


@console_page(PATH, Action.READ_FIGURES, N_("Cohorts"))
async def cohorts(visit: PageVisit, asked: Annotated[MonthAddress, Query()]) -> None:
    """The triangle that the address asks for; an SDR sees that of the team."""
    await CohortsPage(visit, PATH, in_address(asked)).open()


class CohortsPage(MonthPage[CohortReport]):
    """The page as it is open."""

    usual_end = Stage.CUSTOMER

    async def read(self) -> CohortReport:
        """The report."""
        query = MonthParameters.model_validate(self.parameters())
        return await self.visit.ask(figures_of_months.show_cohorts, query)

    def draw(self, found: CohortReport) -> None:
        """The curves, a triangle of each kind, and what they mean."""
        self.begin_of(found)
        if not found.together.whole.entered:
            empty(_("No lead entered this stage in these months."))
            return
        tables = {kind: one for kind, one in cohort_tables(found).items() if one.whole.entered}
        if any(cell.share is not None for one in tables.values() for cell in one.whole.cells):
            with section(_("Share that reached the stage, by days since")):
                _curves(tables)
        for kind, one in tables.items():
            with section(kind_label(kind)):
                show(self._triangle(found, kind, one))
                show(
                    quiet(_("* Some entered later than so many days ago: they are in no share.")),
                    "p",
                )
        keys = ["unit", "entered", "reached", "cell", "immature_cell", "net_new", "recycled"]
        show_definitions(keys)

    def _triangle(self, found: CohortReport, kind: str, one: CohortTable) -> Markup:
        steps = max((len(cohort.cells) for cohort in (one.whole, *one.months)), default=0)
        rows = [
            (
                month_label(cohort.month),
                self.leads(found, cohort.entered, cohort.month, kind),
                *(self._cell(found, kind, cohort, step) for step in range(steps)),
            )
            for cohort in (one.whole, *one.months)
        ]
        days = [
            ngettext("1 day", "{number} days", step * STEP_DAYS) for step in range(1, STEPS + 1)
        ]
        return table(
            (_("Month"), heading("entered"), *days[:steps]),
            rows,
            caption=kind_label(kind),
            numbers=range(1, steps + 2),
            meanings={
                1: meaning("entered"),
                **{step + 2: meaning("cell") for step in range(steps)},
            },
        )

    def _cell(self, found: CohortReport, kind: str, cohort: Cohort, step: int) -> Cell:
        if step >= len(cohort.cells):
            return ""
        cell = cohort.cells[step]
        shown = self.leads(
            found,
            cell.reached,
            cohort.month,
            kind,
            reached=True,
            window=cell.days,
            text=_written(cell),
        )
        if cell.immature:
            says = ngettext(
                "1 lead entered later than {days} days ago",
                "{number} leads entered later than {days} days ago",
                cell.immature,
                days=cell.days,
            )
            shown = Markup('{}<span title="{}" aria-label="{}" role="img">*</span>').format(
                shown, says, says
            )
        # So that a share of a half is as dark as it gets.
        depth = min(100, round(200 * (cell.share or 0)))
        return Markup('<span class="heat{}" style="--depth: {}%">{}</span>').format(
            " immature" if cell.immature else "", depth, shown
        )


def _written(cell: CohortCell) -> str:
    if cell.share is not None:
        return percent(cell.share)
    return _("{part} of {whole}", part=f"{cell.reached:,}", whole=f"{cell.mature:,}")


def _curves(tables: dict[str, CohortTable]) -> None:
    steps = max(len(one.whole.cells) for one in tables.values())
    lines(
        [str(step * STEP_DAYS) for step in range(1, steps + 1)],
        [
            Line(kind_label(kind), [cell.share for cell in one.whole.cells], DASHES[kind])
            for kind, one in tables.items()
        ],
        caption=_("Share that reached the stage, by days since"),
        percent=True,
    )
