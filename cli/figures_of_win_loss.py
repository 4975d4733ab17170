"""``figures win-loss``: why opportunities end as they do, and what those that were won have in
common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from cli.arguments import AsJson
from cli.connect import operator, terminal
from cli.figures_of_scoring import lift
from cli.output import AsCsv
from cli.reports import FromOfYear, To, print_rows, printed_report, share_shown
from cli.screen import Console, echo
from cli.times import day_or_none
from domain.figures.funnel import Kind
from domain.figures.win_loss import WinLossBy, WinLossReport
from services import figures_of_win_loss
from services.figures import FigureQuery

TEXT = ("Of", "points")
"""Columns that hold no numbers."""


def win_loss(
    *,
    begins: FromOfYear = "",
    to: To = "",
    by: Annotated[str, typer.Option(help=f"Split by {', '.join(WinLossBy)}.")] = "",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show why opportunities ended as they did, to whom they were lost, who rests after a loss, and
    which rules of fit follow from what was won. docs/figures.md says what each is."""
    asked = FigureQuery(day_or_none(begins, "--from"), day_or_none(to, "--to"), by=by or None)
    found = figures_of_win_loss.win_loss(terminal(), operator(), asked)
    rows = figures_of_win_loss.win_loss_rows(found)
    if not printed_report(found, rows, "/figures/win-loss", as_json=as_json, as_csv=as_csv):
        _show(found)


def _show(found: WinLossReport) -> None:
    say = Console(highlight=False).print
    say(f"[bold]Win/loss[/bold]  {found.begins} until before {found.ends} ({found.time_zone})")
    _print(
        ("Of", "closed", "won", "lost", "win rate", "days to won", "to lost"),
        [
            (
                _of(one.value, one.kind),
                *(f"{one.closed:,}", f"{one.won:,}", f"{one.lost:,}", share_shown(one.win_rate)),
                *map(_days, (one.median_days_to_won, one.median_days_to_lost)),
            )
            for one in found.outcomes
        ],
    )
    for split, title in (("reason", "Why they were lost"), ("competitor", "To whom")):
        say(f"\n[bold]{title}[/bold]")
        _print(
            (split.capitalize(), "Of", "lost", "share", "days"),
            [
                (
                    *(one.name or "(none named)", _of(one.value, one.kind)),
                    *(f"{one.lost:,}", share_shown(one.share), _days(one.median_days)),
                )
                for one in found.lost
                if one.split == split and one.kind is None
            ],
        )
    say("\n[bold]Leads that rest after a loss[/bold], by the days since it")
    _print(
        ("Days", "Of", "leads", "due"),
        [
            (one.since or "all", _of(None, one.kind), f"{one.leads:,}", f"{one.due:,}")
            for one in found.pool
        ],
    )
    chosen = ", chosen by chance among more" if found.chosen else ""
    say(f"\n[bold]What was won[/bold], of {found.traits_of:,} opportunities{chosen}")
    _print(
        ("Trait", "closed", "won", "share", "lift", "95 %", "points"),
        [
            (
                *(one.condition, f"{one.closed:,}", f"{one.won:,}"),
                *(share_shown(one.share), *lift(one)),
                "asked already" if one.asked_already else f"{one.points:+}" if one.points else "",
            )
            for one in found.traits
        ],
    )
    if found.suggested:
        say("\nTo look at, and to paste into cadences/scoring.yaml:")
        echo(found.suggested)


def _of(value: str | None, kind: Kind | None) -> str:
    of = "all" if value is None else value or "(none)"
    return f"{of}, {kind.value.replace('_', '-')}" if kind else of


def _days(days: float | None) -> str:
    return "-" if days is None else f"{days:,.1f}"


def _print(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    print_rows(headings, rows, TEXT)
