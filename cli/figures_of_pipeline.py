"""``figures pipeline|forecast``: how the open opportunities changed, and what they will bring."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import typer

from cli.arguments import AsJson
from cli.connect import operator, terminal
from cli.errors import UserError
from cli.output import AsCsv
from cli.reports import FromOfQuarter, To, printed_report, share_shown
from cli.screen import Console
from cli.tables import listed, print_list
from cli.times import day_or_none
from domain.figures.forecast import ForecastReport, ForecastRow, ForecastTest
from domain.figures.pipeline import ClosingWindow, PipelineReport
from domain.labels import SALE_STAGES, label
from domain.money import currency_beside, read_amount
from services import figures_of_pipeline
from services.figures_of_pipeline import FORECAST_DAYS


class ForecastTable(StrEnum):
    """What a CSV file has."""

    MONTHS = "months"
    STAGES = "stages"


def pipeline(
    *,
    begins: FromOfQuarter = "",
    to: To = "",
    closing_from: Annotated[str, typer.Option(help="Expected to close from this day.")] = "",
    closing_to: Annotated[str, typer.Option(help="Expected to close before this day.")] = "",
    target: Annotated[
        str, typer.Option(help="What is to be won, such as 250000 or '250000 EUR'.")
    ] = "",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show how the open opportunities changed: created, grown, slipped, pulled in, won, lost."""
    context = terminal()
    currency = currency_beside(target)
    wanted = read_amount(target, currency or context.settings.company_currency) if target else None
    if target and wanted is None:
        raise UserError(f"--target {target}: write an amount such as 250000 or '250000 EUR'.")
    report = figures_of_pipeline.pipeline(
        context,
        operator(),
        begins=day_or_none(begins, "--from"),
        ends=day_or_none(to, "--to"),
        closing=ClosingWindow(
            day_or_none(closing_from, "--closing-from"),
            day_or_none(closing_to, "--closing-to"),
        ),
        target=wanted,
        target_currency=currency,
    )
    if not printed_report(
        report, report.lines, "/figures/pipeline", as_json=as_json, as_csv=as_csv
    ):
        _show_pipeline(report)


def forecast(
    *,
    days: Annotated[int, typer.Option(help="How far it looks, from today on.")] = FORECAST_DAYS,
    table: Annotated[
        ForecastTable,
        typer.Option(help="What a CSV file has: forecasts of past months and now, or the stages."),
    ] = ForecastTable.MONTHS,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show what the open opportunities will bring, with an interval, weighted by stage, and how far
    such forecasts of past months were off. docs/figures.md says what each is."""
    found = figures_of_pipeline.forecast(terminal(), operator(), days)
    path, rows = (
        ("/figures/forecast-stages", found.stages)
        if table == ForecastTable.STAGES
        else ("/figures/forecast", figures_of_pipeline.forecast_rows(found))
    )
    if not printed_report(found, rows, path, as_json=as_json, as_csv=as_csv):
        _show_forecast(found)


def _show_pipeline(report: PipelineReport) -> None:
    say = Console(highlight=False).print
    say(f"{report.begins} until before {report.ends}, in {report.currency}.")
    print_list(
        listed(
            ("Part", "Opportunities", "Value"),
            (
                (one.part.replace("_", " "), str(one.opportunities), f"{one.value:,f}")
                for one in report.lines
            ),
            whole=("Part", "Value"),
        )
    )
    say(f"{report.later} of the open ones close later than was expected, {report.earlier} earlier.")
    if report.without_amount:
        say(f"{report.without_amount} open ones have no amount: they are in no sum.")
    if report.missing is not None:
        say(f"Of the target of {report.target:,f} {report.missing:,f} are missing.")
    if report.coverage is not None:
        say(f"The pipeline is {report.coverage:f} times what is missing to the target.")


def _show_forecast(found: ForecastReport) -> None:
    say = Console(highlight=False).print
    now = found.now
    say(
        f"[bold]Forecast[/bold]  {now.begins} until before {now.ends} ({found.time_zone}), in "
        f"{found.currency}"
    )
    if now.expected_wins is None:
        say(f"Too few: {found.closed:,} were closed in two years, and it takes 20 to tell.")
    else:
        say(
            f"Of {now.open:,} open opportunities {now.expected_wins:,g} are won "
            f"({now.wins_low:,g} to {now.wins_high:,g}),\n"
            f"for {_money(now.expected_value)} "
            f"({_money(now.value_low)} to {_money(now.value_high)})."
        )
    if now.without_amount:
        say(f"{now.without_amount:,} open ones have no amount: they are in no sum of money.")
    if found.stages:
        say("\n[bold]Weighted by stage[/bold]")
        print_list(
            listed(
                ("Stage", "open", "value", "closed", "won", "rate", "weighted"),
                [
                    (
                        label(SALE_STAGES, one.stage),
                        *(f"{one.open:,}", _money(one.value), f"{one.closed:,}", f"{one.won:,}"),
                        *(share_shown(one.win_rate), _money(one.weighted)),
                    )
                    for one in found.stages
                ],
                whole=("Stage", "value", "weighted"),
                right=("open", "value", "closed", "won", "rate", "weighted"),
            )
        )
        say(f"Weighted {_money(found.weighted)}; {_money(found.unweighted)} are not: too few.")
    if found.months:
        say("\n[bold]Such forecasts of past months[/bold], and what came")
        print_list(
            listed(
                ("From", "open", "wins", "came", "value", "came "),
                [_month(one) for one in found.months],
                whole=("From", "value"),
                right=("open", "wins", "came", "value", "came "),
            )
        )
    say(f"Wins: {_tested(found.wins_test)}\nValue: {_tested(found.value_test)}")


def _month(one: ForecastRow) -> tuple[str, ...]:
    return (
        str(one.begins),
        f"{one.open:,}",
        f"{one.expected_wins:,g} ({one.wins_low:,g} to {one.wins_high:,g})",
        f"{one.wins:,}",
        _money(one.expected_value),
        _money(one.value),
    )


def _tested(test: ForecastTest) -> str:
    if not test.months:
        return "no forecast of a past month can be judged yet."
    within = f"{test.within} of {test.months} within the interval"
    if test.error is None:
        return f"{within}; too few wins to tell an error."
    return f"{within}; {test.error:.1%} off, {test.bias:+.1%} on balance."


def _money(amount: Decimal | None) -> str:
    return "-" if amount is None else f"{amount:,f}"
