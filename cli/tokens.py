"""``tokens create|list|revoke``: who may use the REST API."""

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
from domain.access import Role
from store.api_tokens import TokenRefused, create_token, list_tokens, revoke_token

app = typer.Typer(no_args_is_help=True, help="Make and revoke tokens of the REST API.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Such as crm or the rep's code.")]


@app.command("create")
def create(
    name: Name,
    role: Annotated[Role, typer.Option(help="What the token may be used for.")],
    rep: Annotated[str, typer.Option(help="The rep for whom a token of role sdr acts.")] = "",
) -> None:
    """Make a token and print it, this once."""
    name = name.strip()
    if not name:
        raise UserError("A token needs a name, such as crm.")
    try:
        with database().begin() as connection:
            token = create_token(connection, name, role, rep)
    except TokenRefused as refused:
        raise UserError(str(refused)) from None
    stderr.print("This is the token. It is not kept and can't be shown again:", markup=False)
    print(token)


@app.command("list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the tokens, those that were revoked too."""
    with database().connect() as connection:
        found = list_tokens(connection)
    if as_json:
        print(json.dumps({"tokens": [asdict(line) for line in found]}, default=str))
        return
    if not found:
        Console().print("No tokens. `starter.py tokens create NAME --role sdr` makes one.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Name", "Role", "Rep", "Made", "Last used", "Revoked"):
        table.add_column(column)
    for line in found:
        times = [
            f"{at:%Y-%m-%d %H:%M} UTC" if at else "-"
            for at in (line.created_at, line.last_used_at, line.revoked_at)
        ]
        table.add_row(line.name, line.role, line.rep or "-", *times)
    Console().print(table)


@app.command("revoke")
def revoke(name: Name) -> None:
    """Take no more from a token, at once."""
    with database().begin() as connection:
        revoked = revoke_token(connection, name.strip(), datetime.now(UTC))
    if not revoked:
        raise UserError(f"There is no token '{name}' in use; `tokens list` shows those there are.")
    Console().print(f"The token '{name.strip()}' is revoked.")
