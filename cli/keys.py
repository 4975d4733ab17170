"""``keys create|list|revoke``: who may write to the tracking API."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.errors import UserError, stderr
from cli.tasks import database
from store.lead_import import published_cadences
from store.write_keys import create_write_key, list_write_keys, revoke_write_key

app = typer.Typer(no_args_is_help=True, help="Make and revoke write keys of the tracking API.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Such as website or app-server.")]


@app.command("create")
def create(
    name: Name,
    cadence: Annotated[
        str, typer.Option(help="Cadence in which leads begin whom this key identifies first.")
    ] = "",
) -> None:
    """Make a write key and print it, this once."""
    name = name.strip()
    if not name:
        raise UserError("A write key needs a name, such as website.")
    with database().begin() as connection:
        cadences = published_cadences(connection)
        if cadence and cadence not in cadences:
            raise UserError(
                f"The cadence '{cadence}' is not published; there are {', '.join(cadences)}."
                if cadences
                else f"The cadence '{cadence}' is not published: run `cadence publish` first."
            )
        key = create_write_key(connection, name, cadence)
    if key is None:
        raise UserError(f"There is, or was, a write key '{name}': choose another name.")
    stderr.print("This is the write key. It is not kept and can't be shown again:", markup=False)
    print(key)


@app.command("list")
def list_keys(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the write keys, those that were revoked too."""
    with database().connect() as connection:
        found = list_write_keys(connection)
    if as_json:
        print(json.dumps({"keys": [asdict(line) for line in found]}, default=str))
        return
    if not found:
        Console().print("No write keys. `starter.py keys create NAME` makes one.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Name", "Cadence", "Made", "Revoked"):
        table.add_column(column)
    for line in found:
        revoked = f"{line.revoked_at:%Y-%m-%d %H:%M} UTC" if line.revoked_at else "-"
        made = f"{line.created_at:%Y-%m-%d %H:%M} UTC"
        table.add_row(line.name, line.cadence or "-", made, revoked)
    Console().print(table)


@app.command("revoke")
def revoke(name: Name) -> None:
    """Take no more from a write key; web apps hear of it within seconds."""
    with database().begin() as connection:
        revoked = revoke_write_key(connection, name.strip(), datetime.now(UTC))
    if not revoked:
        raise UserError(
            f"There is no write key '{name}' in use; `keys list` shows those there are."
        )
    Console().print(f"The write key '{name.strip()}' is revoked.")
