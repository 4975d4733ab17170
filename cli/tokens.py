"""``tokens create|list|revoke``: who may use the REST API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlalchemy import Engine

from cli.arguments import AsJson
from cli.connect import database
from cli.credentials import given_name, show_all, show_once, tell_revoked
from cli.errors import UserError
from cli.groups import group
from cli.on_record import on_record
from domain.access import Role
from store.access.api_tokens import (
    MOST_TOKEN_DAYS,
    TOKEN_DAYS,
    TokenRefused,
    create_token,
    list_tokens,
    revoke_token,
)

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
    rep: Annotated[str, typer.Option(help="The rep for whom a token of role sdr acts.")] = "",
    days: Annotated[
        int, typer.Option(min=1, max=MOST_TOKEN_DAYS, help="How long it is taken.")
    ] = TOKEN_DAYS,
) -> None:
    """Make a token and print it, this once."""
    name = given_name(name, WHAT, "crm")
    try:
        token = make_token(database(), name, role, rep, days=days)
    except TokenRefused as refused:
        raise UserError(str(refused)) from None
    show_once(WHAT, token)


def make_token(
    engine: Engine, name: str, role: Role, rep: str = "", *, days: int = TOKEN_DAYS
) -> str:
    """A token that was made just now, on record.

    Raises:
        TokenRefused: it can't be made.
    """
    with engine.begin() as connection:
        token = create_token(connection, name, role, rep, days=days)
        on_record(connection, "POST", "/api/tokens", name=name, role=role, rep=rep)
    return token


@app.command("list")
def list_(
    as_json: AsJson = False,
) -> None:
    """List the tokens, those that were revoked too."""
    with database().connect() as connection:
        found = list_tokens(connection)
    show_all(
        "tokens",
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
    )


@app.command("revoke")
def revoke(name: Name) -> None:
    """Take no more from a token, at once."""
    name = name.strip()
    with database().begin() as connection:
        revoked = revoke_token(connection, name, datetime.now(UTC))
        if revoked:
            on_record(connection, "POST", "/api/tokens/revoke", name=name)
    tell_revoked(WHAT, name, "tokens", revoked=revoked)
