"""``cadence results``: what the steps of a cadence brought."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from cli.arguments import AsJson
from cli.connect import operator, terminal
from cli.output import AsCsv
from cli.reports import FromOfQuarter, To, print_rows, printed_report, share_shown
from cli.screen import Console
from cli.times import day_or_none
from domain.figures.funnel import FEW
from domain.figures.steps import (
    CREDITED,
    MEASURES,
    CadenceResults,
    Measure,
    StepDifference,
    StepFigures,
    StepKind,
    flat,
)
from services import figures_of_steps


def results(
    name: str,
    *,
    version: Annotated[
        int | None, typer.Option(min=1, help="Only of this version.", show_default="all")
    ] = None,
    compare: Annotated[
        int | None,
        typer.Option(min=1, help="Beside this version; needs --version.", show_default="none"),
    ] = None,
    begins: FromOfQuarter = "",
    to: To = "",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show what each step of a cadence brought. docs/figures.md says what each number is; the
    console opens the leads behind it."""
    found = figures_of_steps.results_of_cadence(
        terminal(),
        operator(),
        name,
        day_or_none(begins, "--from"),
        day_or_none(to, "--to"),
        version=version,
        compare=compare,
    )
    path = f"/cadences/{name}/results"
    if not printed_report(found, flat(found.rows), path, as_json=as_json, as_csv=as_csv):
        _show(found)


def _show(found: CadenceResults) -> None:
    say = Console(highlight=False).print
    which = f", version {found.version}" if found.version else ""
    say(f"[bold]{found.name}{which}[/bold]", markup=True)
    say(f"Touches from {found.begins} until before {found.ends} ({found.time_zone})")
    if not found.whole.touches:
        say("No touch in this period: nothing was sent, and no task opened.")
        return
    mails = [one for one in found.steps if one.kind == StepKind.MAIL]
    tasks = [one for one in found.steps if one.kind == StepKind.TASK]
    if mails:
        say("\n[bold]Mails[/bold]")
        _print_mails("Step", [(one.step, one) for one in mails])
        if len(found.languages) > len(mails):
            say("\n[bold]By language[/bold]")
            _print_mails("Step", [(f"{one.step} {one.language}", one) for one in found.languages])
    if tasks:
        say("\n[bold]Tasks[/bold]")
        print_rows(
            ("Step", "opened", "ended", *CREDITED),
            [(one.step, f"{one.touches:,}", _ends(one), *_cells(one, CREDITED)) for one in tasks],
            text=("ended",),
            whole=("Step",),
        )
    if len(found.versions) > 1:
        say("\n[bold]By version[/bold]")
        _print_mails("Version", [(str(one.version), one) for one in found.versions])
    if found.compared:
        say(f"\n[bold]Against version {found.compared}[/bold]")
        _print_differences(found.differences)
    if found.whole.touches < FEW:
        say(f"\nFewer than {FEW} touches: no shares.")


def _print_mails(first: str, rows: Sequence[tuple[str, StepFigures]]) -> None:
    print_rows(
        (first, "sent", "delivered", *MEASURES, "failed", "held back"),
        [
            (
                name,
                f"{one.sent:,}",
                f"{one.delivered:,}",
                *_cells(one, MEASURES),
                f"{one.failed:,}",
                f"{one.held_back:,}",
            )
            for name, one in rows
        ],
        whole=(first,),
    )


def _print_differences(found: Sequence[StepDifference]) -> None:
    if not found:
        Console(highlight=False).print(f"No step has {FEW} cases in both versions.")
        return
    print_rows(
        ("Step", "Outcome", "share", "other", "difference", "interval"),
        [
            (
                one.step,
                one.outcome,
                share_shown(one.share),
                share_shown(one.other_share),
                f"{100 * one.difference:+.1f}",
                f"{100 * one.low:+.1f} … {100 * one.high:+.1f}",
            )
            for one in found
        ],
        text=("Outcome",),
        whole=("Step",),
    )


def _cells(one: StepFigures, names: Sequence[str]) -> list[str]:
    return [_cell(one.measures()[name]) for name in names]


def _cell(one: Measure) -> str:
    return f"{one.number:,}" if one.share is None else f"{one.number:,} {share_shown(one.share)}"


def _ends(one: StepFigures) -> str:
    return ", ".join(f"{end} {number:,}" for end, number in sorted(one.ends.items()))
