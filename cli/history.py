"""``history``: what a company's leads did before it had Perennial, as a baseline of its figures."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from cli.arguments import AsJson
from cli.connect import operator, terminal
from cli.errors import UserError
from cli.groups import group
from cli.import_leads import bytes_of, collect_seldom, mapping
from cli.rejects_file import RejectsFile
from cli.screen import echo
from domain.figures.history_columns import HistoryChoice
from domain.lead_files.lead_file import LeadFile
from services import history as services
from services.history import HistoryOutcome

app = group("history import leads.csv deals.csv --map mql_id=id")


@app.callback()
def history() -> None:
    """Bring in what leads did before."""


@app.command("import")
def import_history(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="CSV files that a column of ids joins."),
    ],
    *,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="COLUMN=FIELD",
            help="Which field a column holds: id, the time of a stage (known … won, lost), or "
            "stage and at of single moves; source, owner, amount and others. - leaves it out. "
            "FILE:COLUMN for that of one file. May be repeated.",
        ),
    ] = None,
    stage: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=STAGE", help="Which stage a name is. May be repeated."),
    ] = None,
    dates: Annotated[
        str,
        typer.Option(help="Order of days such as 5/6/2027: dmy, mdy, ymd.", show_default="shown"),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Import histories of leads; no journey begins, and nobody is told.

    Rows that contradict each other are left out and written to a file, with the reason.
    """
    started = time.monotonic()
    collect_seldom()
    read = [services.read(file.name, bytes_of(file)) for file in files]
    chosen = HistoryChoice(
        mapping(map_ or [], example="won_date=won"),
        mapping(stage or [], "--stage", "NAME=STAGE", "Marketing Qualified=mql"),
        dates,
    )
    arranged = services.understood(read, chosen)
    found = services.import_history(terminal(), operator(), arranged, chosen.stages)
    paths = _rejected(files, read, found)
    if as_json:
        echo(
            json.dumps(
                {
                    "rows": found.rows,
                    "created": found.created,
                    "updated": found.updated,
                    "rejected": found.rejected,
                    "reasons": dict(found.reasons),
                    "rejects_files": [str(path) for path in paths],
                    "wall_s": round(time.monotonic() - started, 3),
                }
            )
        )
        return
    echo(f"Read {found.rows:,} rows: histories of {found.created + found.updated:,} leads.")
    if found.updated:
        echo(f"  {found.updated:,} of them replaced what was imported before.")
    if found.rejected:
        echo(f"\nLeft out {found.rejected:,} rows because of")
        for kind, rows in found.reasons.items():
            echo(f"  {kind:<45} {rows:>9,}")
        echo("Fix these rows and import the files again:")
        for path in paths:
            echo(f"  {path}")


def _rejected(
    files: list[Path], read: list[tuple[str, LeadFile]], found: HistoryOutcome
) -> list[Path]:
    """Write the rows that were left out, a file for each; those that hold any."""
    paths = []
    for file, (name, rows) in zip(files, read, strict=True):
        rejects = RejectsFile(file, rows)
        for reject in found.rejects:
            if reject.file == name:
                rejects.add(reject.row, reject.kind, reject.reason)
        try:
            path = rejects.close()
        except UserError as error:
            raise UserError(f"The history is imported. {error}") from error
        if path is not None:
            paths.append(path)
    return paths
