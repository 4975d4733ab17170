"""``keys create|list|revoke``: who may write to the tracking API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.arguments import AsJson
from cli.connect import database
from cli.credentials import given_name, show_all, show_once, tell_revoked
from cli.errors import UserError
from cli.groups import group
from cli.on_record import on_record
from store.access.write_keys import Kind, create_write_key, list_write_keys, revoke_write_key
from store.imports.lead_import import published_cadences

app = group(
    "keys create website --cadence welcome-nurture",
    "keys create backend --kind server",
    "keys revoke website",
)

WHAT = "write key"
Name = Annotated[str, typer.Argument(metavar="NAME", help="Such as website or app-server.")]


@app.command("create")
def create(
    name: Name,
    cadence: Annotated[
        str, typer.Option(help="Cadence in which leads begin whom this key identifies first.")
    ] = "",
    kind: Annotated[
        Kind,
        typer.Option(
            help="browser: anybody may read it in a page; it reports, fills what is empty, and "
            "mails new addresses only after they confirmed. server: only programs of yours have "
            "it; what it says of a person is taken as it is."
        ),
    ] = "browser",
) -> None:
    """Make a write key and print it, this once."""
    name = given_name(name, WHAT, "website")
    with database().begin() as connection:
        cadences = published_cadences(connection)
        if cadence and cadence not in cadences:
            raise UserError(
                f"The cadence '{cadence}' is not published; there are {', '.join(cadences)}."
                if cadences
                else f"The cadence '{cadence}' is not published: run `cadence publish` first."
            )
        key = create_write_key(connection, name, cadence, kind)
        if key is None:
            raise UserError(f"There is, or was, a write key '{name}': choose another name.")
        on_record(connection, "POST", "/api/write-keys", name=name, cadence=cadence, kind=kind)
    show_once(WHAT, key)


@app.command("list")
def list_keys(
    as_json: AsJson = False,
) -> None:
    """List the write keys, those that were revoked too."""
    with database().connect() as connection:
        found = list_write_keys(connection)
    show_all(
        "keys",
        found,
        {
            "Name": "name",
            "Kind": "kind",
            "Cadence": "cadence",
            "Made": "created_at",
            "Revoked": "revoked_at",
        },
        none="No write keys. `starter.py keys create NAME` makes one.",
        as_json=as_json,
    )


@app.command("revoke")
def revoke(name: Name) -> None:
    """Take no more from a write key; web apps hear of it within seconds."""
    name = name.strip()
    with database().begin() as connection:
        revoked = revoke_write_key(connection, name, datetime.now(UTC))
        if revoked:
            on_record(connection, "POST", "/api/write-keys/revoke", name=name)
    tell_revoked(WHAT, name, "keys", revoked=revoked)
