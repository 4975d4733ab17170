"""``figures speed`` and ``figures recycle``: what sales does with leads, and what comes of those
that were recycled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import typer

from cli.arguments import AsJson
from cli.connect import operator, terminal
from cli.output import AsCsv
from cli.reports import From, FromOfYear, To, printed_report, share_shown
from cli.screen import Console
from cli.tables import listed, print_list
from cli.times import day_or_none
from domain.figures.funnel import FEW
from domain.figures.money import MOST_NAMED
from domain.figures.recycle_waits import Difference
from domain.figures.recycling import (
    YIELD_BY,
    NetNewRow,
    RecycledBy,
    RecycleReport,
    RecycleRow,
    TouchFigures,
)
from domain.figures.speed import AnswerFigures, Minutes, SpeedBy, SpeedReport, SpeedRow
from services import figures_of_sales
from services.figures import FigureQuery


class RecycleTable(StrEnum):
    """What a CSV file has."""

    YIELD = "yield"
    WAITS = "waits"


def speed(
    *,
    begins: From = "",
    to: To = "",
    by: Annotated[str, typer.Option(help=f"Split by {', '.join(SpeedBy)}.")] = "",
    owner: Annotated[str, typer.Option(help="Only leads of this rep.")] = "",
    team: Annotated[str, typer.Option(help="Only leads of this team.")] = "",
    at_least: Annotated[
        int | None,
        typer.Option(help="Attempts wanted in a first week.", show_default="what the SLA says"),
    ] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show how soon and how often people tried the leads that crossed, which promises were kept,
    and what sales answered. docs/figures.md says what each is."""
    only = {name: value for name, value in (("owner", owner), ("team", team)) if value}
    asked = _asked(begins, to, by, only)
    found = figures_of_sales.speed_to_lead(terminal(), operator(), asked, at_least)
    rows = figures_of_sales.speed_rows(found)
    if not printed_report(
        found, rows, "/figures/speed", as_json=as_json, as_csv=as_csv, filters=only
    ):
        _show_speed(found)


def _asked(begins: str, to: str, by: str, only: dict[str, str]) -> FigureQuery:
    days = (day_or_none(begins, "--from"), day_or_none(to, "--to"))
    return FigureQuery(*days, by=by or None, only=only)


def recycle(
    *,
    begins: FromOfYear = "",
    to: To = "",
    by: Annotated[
        str, typer.Option(help=f"Split by {', '.join(YIELD_BY)}.")
    ] = RecycledBy.REASON.value,
    window: Annotated[
        int | None,
        typer.Option(metavar="DAYS", help="Within how many days after coming back it counts."),
    ] = None,
    source: Annotated[str, typer.Option(help="Only leads of this source.")] = "",
    team: Annotated[str, typer.Option(help="Only leads of this team.")] = "",
    table: Annotated[
        RecycleTable, typer.Option(help="What a CSV file has: the yield, or what waits brought.")
    ] = RecycleTable.YIELD,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show what came of leads that were recycled: how many came back, were qualified again and won,
    for how much and at which cost, against net-new leads, and what came of shorter and longer
    waits. docs/figures.md says what each is."""
    only = {name: value for name, value in (("source", source), ("team", team)) if value}
    asked = replace(_asked(begins, to, by, only), window=window)
    found = figures_of_sales.recycle_yield(terminal(), operator(), asked)
    path, rows = (
        ("/figures/recycle-waits", figures_of_sales.wait_rows(found))
        if table == RecycleTable.WAITS
        else ("/figures/recycle", figures_of_sales.yield_rows(found))
    )
    if not printed_report(found, rows, path, as_json=as_json, as_csv=as_csv, filters=only):
        _show_recycle(found, [found.whole, *found.parts])


def _show_recycle(found: RecycleReport, rows: Sequence[RecycleRow]) -> None:
    say = Console(highlight=False).print
    within = f"within {found.window} days of coming back" if found.window else "so far"
    say(
        f"[bold]Recycle yield[/bold]  {found.begins} until before {found.ends} "
        f"({found.time_zone}), {within}; worth in {found.currency}"
    )
    _print(
        (found.by.capitalize(), "recycled", "resting", "came back", "rate", "wait (median)"),
        [
            (
                _value(row),
                *(f"{n:,}" for n in (row.recycled, row.resting, row.re_entered)),
                share_shown(row.re_entry),
                "-" if row.median_wait_days is None else f"{row.median_wait_days:g} d",
            )
            for row in rows
        ],
    )
    new = found.net_new
    say("\n[bold]Of those that came back[/bold], and of net-new ones")
    _print(
        ("Of", "entered", "immature", "MQL", "rate", "won", "rate ", "worth"),
        [
            *(
                (
                    *(_value(row), f"{row.re_entered:,}", f"{row.immature:,}"),
                    *(f"{row.requalified:,}", share_shown(row.requalification), *_won(row)),
                )
                for row in rows
            ),
            (
                *("net-new", f"{new.entered:,}", f"{new.immature:,}"),
                *(f"{new.qualified:,}", share_shown(new.qualification), *_won(new)),
            ),
        ],
    )
    if found.wins_without_amount:
        say(f"{found.wins_without_amount:,} wins have no amount: they are in no sum of money.")
    say("\n[bold]Cost[/bold] in mails and attempts by people, without immature leads")
    _print(
        ("Of", "mails", "attempts", "a lead", "an MQL", "a win"),
        [
            *((_value(row), *_touched(row.touches)) for row in rows),
            ("net-new", *_touched(new.touches)),
        ],
    )
    if spent := new.spend:
        each = (spent.per_lead, spent.per_mql, spent.per_win)
        a_lead, an_mql, a_win = ("-" if one is None else f"{one:,f}" for one in each)
        say(
            f"{found.currency} {spent.spend:,f} were spent on net-new ones: {a_lead} a lead, "
            f"{an_mql} an MQL, {a_win} a win; on recycled ones nothing."
        )
    if missing := found.spend_without_rate:
        lacking = f"{', '.join(missing[:MOST_NAMED])} ({len(missing)} in all)"
        say(f"Spend can't be summed: there is no rate to {found.currency} for {lacking}.")
    if found.waits:
        say(
            "\n[bold]Other waits[/bold], against that of most leads of the same reason, within "
            f"{found.waits_window} days"
        )
        _print(
            ("Reason", "wait", "leads", "MQL", "more MQLs", "won", "more wins"),
            [
                (
                    one.reason.replace("_", " ") or "-",
                    f"{one.wait} d",
                    *(f"{one.leads:,}", f"{one.requalified:,}", _more(one.requalified_more)),
                    *(f"{one.won:,}", _more(one.won_more)),
                )
                for one in found.waits
            ],
        )


def _touched(row: TouchFigures) -> tuple[str, ...]:
    each = (row.touches_per_lead, row.touches_per_mql, row.touches_per_win)
    return (f"{row.mails:,}", f"{row.attempts:,}", *map(_number, each))


def _more(more: Difference | None) -> str:
    """The difference in points of a hundred, with its interval."""
    if more is None:
        return "-"
    return f"{100 * more.difference:+.0f} ({100 * more.low:+.0f} to {100 * more.high:+.0f})"


def _value(row: RecycleRow) -> str:
    return "all" if row.value is None else row.value.replace("_", " ") or "-"


def _won(row: RecycleRow | NetNewRow) -> tuple[str, ...]:
    worth = "-" if row.worth is None else f"{row.worth:,f}"
    return f"{row.won:,}", share_shown(row.win_rate), worth


def _show_speed(found: SpeedReport) -> None:
    say = Console(highlight=False).print
    say(
        f"[bold]Speed to lead[/bold]  {found.begins} until before {found.ends} "
        f"({found.time_zone}), of leads that crossed"
    )
    rows = [found.whole, *found.parts]
    for heading, minutes in (
        ("Minutes to the first attempt", [one.wall for one in rows]),
        ("In business minutes", [one.business for one in rows]),
    ):
        say(f"\n[bold]{heading}[/bold]")
        _print(
            ("Who", "leads", "tried", "p50", "p90", "in 5 min", "in 1 h"),
            [(_who(row), *_soon(row, took)) for row, took in zip(rows, minutes, strict=True)],
        )
    say(f"\n[bold]Persistence[/bold], at least {found.at_least} attempts in the first week")
    _print(
        ("Who", "attempts", "a lead", "p50", "p90", "persistent", "gap p50", "longest"),
        [(_who(row), *_persistence(row)) for row in rows],
    )
    promises = [(row, one) for row in rows for one in row.promises]
    if promises:
        say("\n[bold]Promises[/bold]: due ones were missed, past due ones of them are open")
        _print(
            ("Who", "promise", "met", "due", "past due", "waiting", "kept"),
            [
                (
                    *(_who(row), one.promise.replace("_", " ")),
                    *(f"{n:,}" for n in (one.met, one.due, one.past_due, one.waiting)),
                    share_shown(one.met_share),
                )
                for row, one in promises
            ],
        )
    if found.sources:
        say("\n[bold]Answers of sales[/bold] by source")
        _print(
            ("Source", "accepted", "", "returned", " ", "reasons"),
            [(one.source or "unknown", *_answered(one.answers)) for one in found.sources],
            text=("reasons",),
        )
    if found.whole.leads < FEW:
        say(f"\nFewer than {FEW} leads: no percentages.")


def _print(
    headings: Sequence[str], rows: Sequence[Sequence[str]], text: Sequence[str] = ()
) -> None:
    first, *others = headings
    right = [one for one in others if one not in {*text, "promise"}]
    print_list(listed(headings, rows, whole=(first,), right=right))


def _who(row: SpeedRow) -> str:
    return "all" if row.value is None else row.value or "nobody"


def _soon(row: SpeedRow, took: Minutes) -> tuple[str, ...]:
    return (
        f"{row.leads:,}",
        f"{row.tried:,}",
        _number(took.p50),
        _number(took.p90),
        _part(took.within_5, took.of_5, took.share_5),
        _part(took.within_60, took.of_60, took.share_60),
    )


def _persistence(row: SpeedRow) -> tuple[str, ...]:
    return (
        f"{row.attempts:,}",
        *map(_number, (row.attempts_per_lead, row.attempts_p50, row.attempts_p90)),
        _part(row.persistent, row.weeks_over, row.persistent_share),
        *(
            "-" if days is None else f"{days:g} d"
            for days in (row.longest_gap_p50_days, row.longest_gap_days)
        ),
    )


def _answered(found: AnswerFigures) -> tuple[str, ...]:
    return (
        f"{found.accepted:,}",
        share_shown(found.accepted_share),
        f"{found.returned:,}",
        share_shown(found.returned_share),
        ", ".join(f"{code.replace('_', ' ')} {n:,}" for code, n in found.reasons.items()) or "-",
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,g}"


def _part(part: int, whole: int, share: float | None) -> str:
    return f"{part:,} of {whole:,}" if share is None else share_shown(share)
