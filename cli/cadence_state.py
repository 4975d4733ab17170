"""``cadence pause|resume|archive|unarchive``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from cli.arguments import AsJson
from cli.connect import operator, terminal
from cli.screen import echo
from services import cadences as services
from store.published.cadence_states import CadenceStatus

Name = Annotated[str, typer.Argument(metavar="CADENCE")]


def pause(cadence: Name, as_json: AsJson = False) -> None:
    """Have every touch of a cadence wait until it is resumed."""
    status = services.pause(terminal(), operator(), cadence)
    _say(
        status, f"{cadence} is paused: its touches wait until `cadence resume {cadence}`.", as_json
    )


def resume(cadence: Name, as_json: AsJson = False) -> None:
    """Have a paused cadence go on."""
    status = services.resume(terminal(), operator(), cadence)
    said = f"{cadence} goes on: what has become due goes at the next opening of its window."
    _say(status, said, as_json)


def archive(
    cadence: Name,
    take_out: Annotated[
        bool, typer.Option("--take-out", help="Have the leads in it leave it, for recycle.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what it would meet.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Have nobody enter a cadence any more; its results stay."""
    context = terminal()
    if dry_run:
        with context.database.connect() as connection:
            would = services.archiving(connection, cadence)
        if as_json:
            echo(json.dumps(asdict(would)))
            return
        echo(f"Leads in {cadence} now: {would.in_it:,}.")
        for what, names in (("Policies", would.policies), ("Write keys", would.keys)):
            if names:
                echo(f"{what} that still send leads into it: {', '.join(names)}.")
        return
    status = services.archive(context, operator(), cadence, take_out=take_out)
    then = "leave it" if take_out else "go on"
    _say(status, f"{cadence} is archived: nobody enters it, and the leads in it {then}.", as_json)


def unarchive(cadence: Name, as_json: AsJson = False) -> None:
    """Have an archived cadence entered again."""
    status = services.unarchive(terminal(), operator(), cadence)
    _say(status, f"Leads may enter {cadence} again.", as_json)


def _say(status: CadenceStatus, said: str, as_json: bool) -> None:
    echo(json.dumps(asdict(status), default=str) if as_json else said)
