"""``tokens create|list|revoke``: who may use the REST API."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy import Engine

import settings as settings_module
from cli.arguments import AsJson
from cli.connect import Terminal, database, operator, terminal
from cli.credentials import show_all, show_once, tell_revoked
from cli.groups import group
from cli.output import AsCsv
from domain.access import Role
from services import keys as services
from store.access.api_tokens import MOST_TOKEN_DAYS, TOKEN_DAYS, list_tokens

app = group(
    "tokens create crm --role manager",
    "tokens create hana --role sdr --rep rep-1 --days 90",
    "tokens revoke crm",
)

WHAT = "token"
Name = Annotated[str, typer.Argument(metavar="NAME", help="Such as crm or the rep's code.")]


@app.command("create")
def create(
    name: Name,
    role: Annotated[Role, typer.Option(help="What the token may be used for.")],
    rep: Annotated[
        str, typer.Option(help="The rep for whom a token of role sdr or success acts.")
    ] = "",
    days: Annotated[
        int, typer.Option(min=1, max=MOST_TOKEN_DAYS, help="How long it is taken.")
    ] = TOKEN_DAYS,
) -> None:
    """Make a token and print it, this once."""
    show_once(WHAT, make_token(database(), name, role, rep, days=days))


def make_token(
    engine: Engine, name: str, role: Role, rep: str = "", *, days: int = TOKEN_DAYS
) -> str:
    """A token that was made just now, by whoever runs this program.

    Raises:
        Conflict: it can't be made.
    """
    context = Terminal(settings_module.get(), engine)
    return services.add_token(context, operator(), name, role, rep=rep, days=days)


@app.command("list")
def list_(
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List the tokens, those that were revoked too."""
    with database().connect() as connection:
        found = list_tokens(connection)
    show_all(
        "tokens",
        "/tokens",
        found,
        {
            "Name": "name",
            "Role": "role",
            "Rep": "rep",
            "Made": "created_at",
            "Last used": "last_used_at",
            "Expires": "expires_at",
            "Revoked": "revoked_at",
        },
        none="No tokens. `starter.py tokens create NAME --role sdr` makes one.",
        as_json=as_json,
        as_csv=as_csv,
    )


@app.command("revoke")
def revoke(name: Name) -> None:
    """Take no more from a token, at once."""
    name = name.strip()
    services.revoke_access(terminal(), operator(), name)
    tell_revoked(WHAT, name)
