"""``figures days|anomalies|export``: the figures of each day as they are kept, and what has
stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.arguments import AsJson
from cli.connect import operator, terminal
from cli.output import AsCsv, printed
from cli.reports import printed_report
from cli.screen import Console, echo
from cli.tables import listed, print_list
from cli.times import day_or_none
from domain.notifications.stopped import name_of_series
from domain.translations.translator import Translator
from services import figures_of_days
from services.figures_of_days import KEYS

SHOWN_RESTATED = 20
Begins = Annotated[
    str,
    typer.Option("--from", metavar="DAY", help="First day.", show_default="4 weeks before the end"),
]
Ends = Annotated[
    str, typer.Option("--to", metavar="DAY", help="The day after the last.", show_default="today")
]


def days(
    *,
    begins: Begins = "",
    to: Ends = "",
    subject: Annotated[str, typer.Option(help=f"Only {', '.join(KEYS)}.")] = "",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show the figures of each day as they were kept, and what was restated of them when late facts
    came."""
    found = figures_of_days.figures_of_days(
        terminal(),
        operator(),
        day_or_none(begins, "--from"),
        day_or_none(to, "--to"),
        subject or None,
    )
    narrowed = {"subject": subject}
    path = "/figures/days"
    if printed_report(found, found.rows, path, as_json=as_json, as_csv=as_csv, filters=narrowed):
        return
    say = Console(highlight=False).print
    say(
        f"[bold]Figures of days[/bold]  {found.begins} until before {found.ends} "
        f"({found.time_zone})"
    )
    headings = ("Day", "Of", "Name", "Kind", "Figure", "Value")
    print_list(
        listed(
            headings,
            (
                (str(one.day), one.subject, one.name, one.kind, one.measure, f"{one.value:,f}")
                for one in found.rows
            ),
            whole=("Day",),
            right=("Value",),
        )
    )
    if not found.restated:
        return
    say("\n[bold]Restated[/bold]: late facts changed what was stated")
    print_list(
        listed(
            ("Day", "Of", "Name", "Kind", "Figure", "was", "is", "since"),
            (
                (
                    *(str(one.day), one.subject, one.name, one.kind, one.measure),
                    *(f"{one.was:,f}", f"{one.now:,f}", f"{one.at:%Y-%m-%d %H:%M}"),
                )
                for one in found.restated[:SHOWN_RESTATED]
            ),
            whole=("Day",),
            right=("was", "is"),
        )
    )
    if len(found.restated) > SHOWN_RESTATED:
        say(f"The latest {SHOWN_RESTATED} are shown: --json has more.")


def anomalies(*, as_json: AsJson = False, as_csv: AsCsv = False) -> None:
    """Show what has stopped or collapsed against the same weekdays before: stages, sources, news
    from other programs."""
    found = figures_of_days.anomalies(terminal(), operator())
    if printed(found, "/figures/anomalies", as_json=as_json, as_csv=as_csv, key="anomalies"):
        return
    if not found:
        echo("Nothing has stopped.")
        return
    _ = Translator("en")
    print_list(
        listed(
            ("What", "came", "usual", "days", "until", "usual again"),
            (
                (
                    name_of_series(one.subject, one.name, _),
                    *(f"{one.seen:,}", f"{one.expected:,.0f}", str(one.days), str(one.day)),
                    str(one.ended_on or "-"),
                )
                for one in found
            ),
            whole=("What",),
            right=("came", "usual", "days"),
        )
    )


def export(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files are written.")],
    begins: Annotated[
        str,
        typer.Option("--from", metavar="DAY", help="First day.", show_default="that of the data"),
    ] = "",
    to: Ends = "",
) -> None:
    """Write the figures of each day as CSV files for a warehouse, one for each table and day. What
    was restated is written anew."""
    files, written = figures_of_days.export_days(
        terminal(),
        operator(),
        folder,
        day_or_none(begins, "--from"),
        day_or_none(to, "--to"),
    )
    echo(f"{files} files, {written} of them written now, in {folder}.")
