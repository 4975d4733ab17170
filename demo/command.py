"""``demo``: invented leads go through the whole loop while you watch."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

import settings as settings_module
from cli.errors import stderr
from cli.local_run import sigterm_interrupts
from cli.screen import Console
from demo.people import FEWEST
from demo.run import SAMPLE_LEADS, DemoBroken, Report, demo_settings, run_demo
from demo.screen import FIGURE_NAMES

INTERRUPTED = 130


def demo(
    leads: Annotated[
        int, typer.Option(min=FEWEST, max=SAMPLE_LEADS, help="How many of the sample's leads.")
    ] = SAMPLE_LEADS,
    ends: Annotated[bool, typer.Option("--exit", help="End when the loop has been shown.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Watch invented leads go through the whole loop, on a stack of its own; Ctrl-C stops it."""
    started = time.monotonic()
    settings = demo_settings(settings_module.get(), leads)
    try:
        with sigterm_interrupts():
            report = run_demo(settings, leads, Console(stderr=True, highlight=False), ends=ends)
    except KeyboardInterrupt:
        stderr.print("Stopped before there was anything to report.")
        raise typer.Exit(INTERRUPTED) from None
    except DemoBroken as broken:
        stderr.print(str(broken), markup=False)
        raise typer.Exit(1) from None
    wall_s = time.monotonic() - started
    if as_json:
        typer.echo(json.dumps(report.as_json(wall_s)))
    else:
        Console().print(_table(report, wall_s))
    _judge(report)


def _table(report: Report, wall_s: float) -> Table:
    table = Table(
        title="\nThe loop", title_justify="left", box=None, show_header=False, pad_edge=False
    )
    table.add_column()
    table.add_column(justify="right", style="bold")
    figures = asdict(report.figures)
    rows = {
        "leads": figures["leads"],
        **{words: figures[name] for name, words in FIGURE_NAMES.items()},
        "mails received twice": report.mails.doubled,
        "failed workflows": report.failed_workflows,
    }
    for words, count in rows.items():
        table.add_row(words, f"{count:,}")
    table.add_row("seconds from start to end", f"{wall_s:,.0f}")
    return table


def _judge(report: Report) -> None:
    """Exit as the figures deserve: 1 for what must never be, or for a loop not shown in time."""
    faults = report.faults()
    for sentence in faults:
        stderr.print(sentence, markup=False)
    if report.lacking:
        stderr.print(f"Not shown yet: {', '.join(report.lacking)}.", markup=False)
    if faults or (report.lacking and not report.interrupted):
        raise typer.Exit(1)
    if report.lacking:
        raise typer.Exit(INTERRUPTED)
