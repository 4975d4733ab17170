"""``figures cohorts`` and ``figures velocity``: by the month in which leads entered a stage."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.arguments import AsJson
from cli.connect import operator, terminal
from cli.output import AsCsv
from cli.reports import (
    OfCampaign,
    OfCountry,
    OfOwner,
    OfSegment,
    OfSource,
    OfTeam,
    To,
    narrowed,
    printed_report,
)
from cli.screen import Console
from cli.tables import listed, print_list
from cli.times import day_or_none
from domain.figures.funnel import FEW
from domain.figures.months import (
    MONTHS,
    STEP_DAYS,
    STEPS,
    Cohort,
    CohortCell,
    CohortReport,
    CohortTable,
    MonthPace,
    PaceTable,
    VelocityReport,
    cohort_tables,
    pace_tables,
)
from services import figures_of_months
from services.figures import FigureQuery
from services.figures_of_months import ENTERED

Begins = Annotated[
    str,
    typer.Option("--from", metavar="DAY", help="First day.", show_default=f"{MONTHS} months"),
]
FromStage = Annotated[str, typer.Option(help="Where it begins.", show_default=ENTERED.value)]


def cohorts(
    *,
    begins: Begins = "",
    to: To = "",
    stage: FromStage = "",
    reached: Annotated[str, typer.Option(help="A later stage.", show_default="customer")] = "",
    owner: OfOwner = None,
    team: OfTeam = None,
    source: OfSource = None,
    segment: OfSegment = None,
    country: OfCountry = None,
    campaign: OfCampaign = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show of the leads that first entered a stage in each month which share reached a later one
    within 30, 60, … 360 days. docs/figures.md says what it is."""
    only = narrowed(owner, team, source, segment, country, campaign)
    asked = FigureQuery(day_or_none(begins, "--from"), day_or_none(to, "--to"), only=only)
    found = figures_of_months.cohorts(terminal(), operator(), asked, stage or None, reached or None)
    rows = figures_of_months.cohort_rows(found)
    if not printed_report(
        found, rows, "/figures/cohorts", as_json=as_json, as_csv=as_csv, filters=only
    ):
        _show_cohorts(found)


def velocity(
    *,
    begins: Begins = "",
    to: To = "",
    stage: FromStage = "",
    reached: Annotated[str, typer.Option(help="A later stage.", show_default="the next")] = "",
    owner: OfOwner = None,
    team: OfTeam = None,
    source: OfSource = None,
    segment: OfSegment = None,
    country: OfCountry = None,
    campaign: OfCampaign = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show how many days leads took from one stage to a later one, by the month in which they
    entered. docs/figures.md says what it is."""
    only = narrowed(owner, team, source, segment, country, campaign)
    asked = FigureQuery(day_or_none(begins, "--from"), day_or_none(to, "--to"), only=only)
    found = figures_of_months.velocity(
        terminal(), operator(), asked, stage or None, reached or None
    )
    rows = figures_of_months.velocity_rows(found)
    if not printed_report(
        found, rows, "/figures/velocity", as_json=as_json, as_csv=as_csv, filters=only
    ):
        _show_velocity(found)


def _show_cohorts(found: CohortReport) -> None:
    say = Console(highlight=False).print
    say(
        f"[bold]Cohorts[/bold]  {found.stage} to {found.reached}, by the month of entering, "
        f"{found.begins} until before {found.ends} ({found.time_zone})"
    )
    for name, table in cohort_tables(found).items():
        if table.whole.entered:
            say(f"\n[bold]{name.replace('_', '-').capitalize()}[/bold], share within so many days")
            _print_triangle(table)
    say("\n* some entered later than so many days ago: they are in no share.")
    say(f"Of fewer than {FEW} it is said how many of how many.")


def _print_triangle(table: CohortTable) -> None:
    rows = [table.whole, *table.months]
    steps = max(len(one.cells) for one in rows)
    # As many as a terminal has room for: the last of them is what matters most.
    shown = [step for step in range(STEPS) if step < steps and (step < 3 or (step + 1) % 3 == 0)]
    headings = ("Month", "entered", *(f"{(step + 1) * STEP_DAYS} d" for step in shown))
    print_list(
        listed(
            headings,
            [
                (
                    one.month or "all",
                    f"{one.entered:,}",
                    *(_cell(one, step) for step in shown),
                )
                for one in rows
            ],
            whole=("Month",),
            right=headings[1:],
        )
    )


def _cell(cohort: Cohort, step: int) -> str:
    if step >= len(cohort.cells):
        return ""
    cell: CohortCell = cohort.cells[step]
    mark = "*" if cell.immature else ""
    if cell.share is None:
        return f"{cell.reached}/{cell.mature}{mark}"
    return f"{100 * cell.share:.1f} %{mark}"


def _show_velocity(found: VelocityReport) -> None:
    say = Console(highlight=False).print
    say(
        f"[bold]Velocity[/bold]  days from {found.stage} to {found.reached}, by the month of "
        f"entering, {found.begins} until before {found.ends} ({found.time_zone})"
    )
    for name, table in pace_tables(found).items():
        if table.whole.entered:
            say(f"\n[bold]{name.replace('_', '-').capitalize()}[/bold]")
            _print_paces(table)


def _print_paces(table: PaceTable) -> None:
    headings = (
        *("Month", "entered", "reached", "p25", "median", "p75", "p90", "censored", "faults"),
    )
    print_list(
        listed(
            headings,
            [_pace(one) for one in (table.whole, *table.months)],
            whole=("Month",),
            right=headings[1:],
        )
    )


def _pace(one: MonthPace) -> tuple[str, ...]:
    took = (one.p25_days, one.median_days, one.p75_days, one.p90_days, one.censored_median_days)
    return (
        one.month or "all",
        f"{one.entered:,}",
        f"{one.reached:,}",
        *("-" if days is None else f"{days:,g}" for days in took),
        f"{one.faults:,}",
    )
