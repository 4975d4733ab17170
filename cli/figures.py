"""``figures``: what leads and wins cost and bring, and the commands of the other figures."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import typer

from cli.arguments import AsJson
from cli.connect import operator, terminal
from cli.figures_of_data import data_quality, deliverability
from cli.figures_of_days import anomalies, days, export
from cli.figures_of_leaks import leaks
from cli.figures_of_months import cohorts, velocity
from cli.figures_of_pipeline import forecast, pipeline
from cli.figures_of_sales import recycle, speed
from cli.figures_of_scoring import content, scoring
from cli.figures_of_win_loss import win_loss
from cli.groups import group
from cli.output import AsCsv
from cli.reports import FromOfQuarter, To, printed_report
from cli.screen import Console
from cli.tables import listed, print_list
from cli.times import day_or_none
from domain.figures.attribution import AttributionModel
from domain.figures.funnel import FEW
from domain.figures.money import OTHERS, MoneyBy, MoneyReport, MoneyRow
from services import figures_of_money

app = group(
    "figures money --from 2026-01-01 --to 2026-04-01",
    "figures money --by campaign --model first --csv",
    "figures pipeline --from 2026-01-01 --target '250000 EUR'",
    "figures forecast --days 30",
    "figures speed --by owner --from 2026-01-01",
    "figures recycle --by wait --window 90",
    "figures deliverability --from 2026-01-01",
    "figures data-quality",
    "figures export warehouse --from 2026-01-01",
    "figures leaks --by owner",
    "figures scoring --goal won --window 90",
    "figures content --from 2026-01-01",
    "figures win-loss --by segment",
    "figures cohorts --stage mql --reached opportunity",
    "figures velocity --stage mql --source web",
)
app.command("speed")(speed)
app.command("recycle")(recycle)
app.command("pipeline")(pipeline)
app.command("forecast")(forecast)
app.command("leaks")(leaks)
app.command("scoring")(scoring)
app.command("content")(content)
app.command("win-loss")(win_loss)
app.command("cohorts")(cohorts)
app.command("velocity")(velocity)
app.command("deliverability")(deliverability)
app.command("data-quality")(data_quality)
app.command("days")(days)
app.command("anomalies")(anomalies)
app.command("export")(export)


@app.command("money")
def money(
    *,
    begins: FromOfQuarter = "",
    to: To = "",
    by: Annotated[str, typer.Option(help="source or campaign.")] = MoneyBy.SOURCE.value,
    model: Annotated[
        str, typer.Option(help="How wins are credited: first, last or w (30/30/30/10).")
    ] = AttributionModel.W.value,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show costs per lead, MQL and win, value and return by source or campaign, and each
    department's share. docs/figures.md says what each is."""
    report = figures_of_money.report_on_money(
        terminal(),
        operator(),
        begins=day_or_none(begins, "--from"),
        ends=day_or_none(to, "--to"),
        by=by,
        model=model,
    )
    if printed_report(report, report.rows, "/figures/money", as_json=as_json, as_csv=as_csv):
        return
    _tell(report)


def _tell(report: MoneyReport) -> None:
    say = Console().print
    say(
        f"{report.begins} until before {report.ends}, in {report.currency}; wins are credited "
        f"by '{report.model}'."
    )
    print_list(
        listed(
            (
                *("Source", "Campaign", "Leads", "MQLs", "again", "Wins", "Spend"),
                *("per lead", "per MQL", "per win", "Value", "Return"),
            ),
            [*map(_cells, report.rows), ("Total", *_cells(report.total)[1:])],
            whole=("Source", "Spend", "Value"),
        )
    )
    for one in report.departments:
        share = "" if one.share is None else f" ({one.share:.1%})"
        say(f"{one.department.replace('_', ' ')}: {one.wins} won, {one.value:,f}{share}")
    if report.wins_without_amount:
        say(f"{report.wins_without_amount} wins have no amount: they are in no sum of money.")
    if report.total.wins < FEW:
        say(f"Fewer than {FEW} wins: no percentages.")


def _cells(row: MoneyRow) -> tuple[str, ...]:
    back = "-" if row.return_on_spend is None else f"{row.return_on_spend:.0%}"
    return (
        "all others" if row.source == OTHERS[0] else row.source or "unknown",
        row.campaign or "-",
        str(row.leads),
        str(row.mqls),
        str(row.mqls_recycled),
        f"{row.wins:f}",
        f"{row.spend:,f}",
        *(map(_cost, (row.cost_per_lead, row.cost_per_mql, row.cost_per_win))),
        f"{row.value:,f}",
        back,
    )


def _cost(amount: Decimal | None) -> str:
    return "-" if amount is None else f"{amount:,f}"
