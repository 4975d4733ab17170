"""``figures leaks``: where leads get lost on their way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

import typer

from cli.arguments import AsJson
from cli.connect import operator, terminal
from cli.output import AsCsv
from cli.reports import (
    FromOfQuarter,
    OfCampaign,
    OfCountry,
    OfOwner,
    OfSegment,
    OfSource,
    OfTeam,
    To,
    narrowed,
    print_rows,
    printed_report,
    share_shown,
)
from cli.screen import Console
from cli.times import day_or_none
from domain.figures.funnel import FEW
from domain.figures.leaks import LeakBy, LeaksReport, NoShowRow, ResponseRow, WaitingRow
from services import figures_of_leaks
from services.figures import FigureQuery


def leaks(
    *,
    begins: FromOfQuarter = "",
    to: To = "",
    by: Annotated[str, typer.Option(help=f"Split by {', '.join(LeakBy)}.")] = "",
    owner: OfOwner = None,
    team: OfTeam = None,
    source: OfSource = None,
    segment: OfSegment = None,
    country: OfCountry = None,
    campaign: OfCampaign = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show where leads wait longer than usual, where they are lost, what late answers cost,
    no-shows, leads that nobody tried, and those that rest after their day. docs/figures.md says
    what each is; the console opens the leads behind each number."""
    only = narrowed(owner, team, source, segment, country, campaign)
    asked = FigureQuery(
        day_or_none(begins, "--from"), day_or_none(to, "--to"), by=by or None, only=only
    )
    found = figures_of_leaks.leaks(terminal(), operator(), asked)
    rows = figures_of_leaks.leak_rows(found)
    if not printed_report(
        found, rows, "/figures/leaks", as_json=as_json, as_csv=as_csv, filters=only
    ):
        _show(found)


def _show(found: LeaksReport) -> None:
    say = Console(highlight=False).print
    split = found.by.capitalize() if found.by else ""
    say(f"[bold]Leaks[/bold]  {found.begins} until before {found.ends} ({found.time_zone})")
    usual = f"what was usual from {found.baseline_begins} until before {found.baseline_ends}"
    say(f"\n[bold]Waiting now[/bold], against {usual}")
    _print(
        (split, "Stage", "waiting", "longer", "share", "median", "usual", "p90"),
        [(_value(one.value), one.stage, f"{one.waiting:,}", *_waits(one)) for one in found.waiting],
    )
    if not any(one.baseline_p90_days for one in found.waiting):
        say(f"Nothing is known to be usual: fewer than {FEW} went on from any stage then.")
    say("\n[bold]Lost[/bold] in the period, by the furthest stage")
    _print(
        (split, "Stage", "lost", "went on", "share"),
        [
            (
                *(_value(one.value), one.stage),
                *(f"{one.lost:,}", f"{one.went_on:,}", share_shown(one.lost_share)),
            )
            for one in found.lost
        ],
    )
    say("\n[bold]First response[/bold] to leads that were handed over")
    _print(
        (split or "Who", "leads", "in time", "late", "before", "not due", "untried", "open"),
        [(_value(one.value), *map("{:,}".format, _responses(one))) for one in found.response],
    )
    say("\n[bold]What late responses cost[/bold]: leads that had an appointment within 30 days")
    _print(
        (split or "Who", "in time", "late", "difference", "cost"),
        [(_value(one.value), *_cost(one)) for one in found.response],
    )
    say("\n[bold]No-shows[/bold]")
    _print(
        ("Of", "meetings", "missed", "share", "rebooked", "kept then"),
        [(_row_of(one), *_missed(one)) for one in found.no_shows],
    )
    say("\n[bold]Recycled leads that rest after their day[/bold]")
    _print(
        (split or "Who", "leads", "longest"),
        [(_value(one.value), f"{one.leads:,}", _days(one.longest_days)) for one in found.resting],
    )


def _print(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    # Without a split the first column says nothing.
    skipped = 0 if headings[0] else 1
    names = headings[skipped:]
    print_rows(names, [row[skipped:] for row in rows], ("Stage",), whole=(names[0],))


def _waits(one: WaitingRow) -> Iterable[str]:
    return (
        "-" if one.overdue is None else f"{one.overdue:,}",
        share_shown(one.overdue_share),
        *map(_days, (one.median_days, one.baseline_median_days, one.baseline_p90_days)),
    )


def _responses(one: ResponseRow) -> Iterable[int]:
    yield from (one.leads, one.in_time, one.late, one.by_itself, one.not_due)
    yield from (one.untried, one.untried_open)


def _cost(one: ResponseRow) -> Iterable[str]:
    yield _part(one.in_time_went_on, one.in_time_of, one.in_time_share)
    yield _part(one.late_went_on, one.late_of, one.late_share)
    if one.difference is None or one.difference_low is None or one.difference_high is None:
        yield from ("too few", "too few")
        return
    low, high = 100 * one.difference_low, 100 * one.difference_high
    yield f"{100 * one.difference:+.1f} ({low:+.1f} to {high:+.1f})"
    yield f"{one.cost:.0f} ({one.cost_low:.0f} to {one.cost_high:.0f})"


def _missed(one: NoShowRow) -> Iterable[str]:
    yield from (f"{one.meetings:,}", f"{one.no_shows:,}", share_shown(one.no_show_share))
    yield from (f"{one.rebooked:,}", f"{one.recovered:,}")


def _row_of(one: NoShowRow) -> str:
    if one.split == "":
        return "all"
    value = one.value or ""
    return value.replace("_", " ") if one.split in ("ahead", "reminder") else value or "(none)"


def _value(value: str | None) -> str:
    return "all" if value is None else value or "(none)"


def _days(days: float | None) -> str:
    return "-" if days is None else f"{days:,.1f} d"


def _part(part: int, whole: int, share: float | None) -> str:
    counted = f"{part:,} of {whole:,}"
    return counted if share is None else f"{counted} ({share_shown(share)})"
