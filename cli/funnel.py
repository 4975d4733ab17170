"""``funnel``: how many leads reached each stage, went on, and how long that took."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from cli.arguments import AsJson
from cli.connect import operator, terminal
from cli.output import AsCsv
from cli.reports import (
    From,
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
from domain.figures.funnel import Dimension, Funnel, FunnelReport, Mode, StageFigures
from services import figures
from services.figures import FigureQuery

WHERE_ANY = ("implied", "immature", "censored")
"""Columns that are left out where nothing stands in them."""


def funnel(
    *,
    begins: From = "",
    to: To = "",
    by: Annotated[str, typer.Option(help=f"Split by {', '.join(Dimension)}.")] = "",
    window: Annotated[
        int | None, typer.Option(metavar="DAYS", help="Within how many days it counts.")
    ] = None,
    mode: Annotated[str, typer.Option(help=f"{' or '.join(Mode)}.")] = Mode.COHORT,
    owner: OfOwner = None,
    team: OfTeam = None,
    source: OfSource = None,
    segment: OfSegment = None,
    country: OfCountry = None,
    campaign: OfCampaign = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show the funnel: of each stage how many reached it, went on, and how long that took.

    What the figures mean: docs/figures.md.
    """
    only = narrowed(owner, team, source, segment, country, campaign)
    days = (day_or_none(begins, "--from"), day_or_none(to, "--to"))
    asked = FigureQuery(*days, by=by or None, window=window, mode=mode, only=only)
    found = figures.funnel(terminal(), operator(), asked)
    rows = figures.funnel_rows(found)
    if not printed_report(
        found, rows, "/figures/funnel", as_json=as_json, as_csv=as_csv, filters=only
    ):
        show(found)


def show(found: FunnelReport) -> None:
    """Print the funnel for people."""
    console = Console()
    within = f"within {found.window} days" if found.window else "so far"
    means = (
        f"of those who entered in the period, {within}"
        if found.mode == Mode.COHORT
        else "of the moves in the period"
    )
    console.print(
        f"[bold]Funnel[/bold]  {found.begins} to {found.ends} ({found.time_zone}), "
        f"{found.mode} conversion: {means}"
    )
    _show(console, "Net-new and recycled", found)
    _show(console, "Net-new", found.net_new)
    _show(console, "Recycled", found.recycled)
    for part in found.parts:
        name = part.value or "(none)"
        _show(console, f"{found.by} {name}, {part.kind.replace('_', '-')}", part.funnel)


def _show(console: Console, name: str, funnel: Funnel) -> None:
    if not any(one.entered for one in funnel.stages):
        return
    console.print(f"\n[bold]{name}[/bold]", highlight=False)
    headings = (
        *("Stage", "entered", "implied", "immature", "onward", "rate"),
        *("median", "p25", "p75", "p90", "censored"),
    )
    rows = [(one.stage.value, *_cells(one)) for one in funnel.stages]
    shown = [
        at
        for at, name in enumerate(headings)
        if name not in WHERE_ANY or any(row[at] not in ("0", "-") for row in rows)
    ]
    print_list(
        listed(
            [headings[at] for at in shown],
            [[row[at] for at in shown] for row in rows],
            whole=("Stage",),
            right=headings[1:],
        )
    )
    took = (
        "" if funnel.median_days_to_won is None else f", median {funnel.median_days_to_won:g} days"
    )
    rate = (
        "" if funnel.overall_conversion is None else f" ({100 * funnel.overall_conversion:.1f} %)"
    )
    console.print(f"Won: {funnel.won:,}{rate}{took}", highlight=False)
    if faults := sum(one.faults for one in funnel.stages):
        console.print(f"Durations of zero or less, in no velocity: {faults:,}", highlight=False)


def _cells(one: StageFigures) -> Iterator[str]:
    yield from (f"{n:,}" for n in (one.entered, one.implied, one.immature, one.converted))
    yield "-" if one.conversion is None else f"{100 * one.conversion:.1f} %"
    took = (one.median_days, one.p25_days, one.p75_days, one.p90_days, one.censored_median_days)
    for days in took:
        yield "-" if days is None else f"{days:g}"
