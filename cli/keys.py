"""``keys create|list|revoke``: who may write to the tracking API."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.arguments import AsJson
from cli.connect import database, operator, terminal
from cli.credentials import show_all, show_once, tell_revoked
from cli.groups import group
from cli.output import AsCsv
from services import keys as services
from store.access.write_keys import Kind, list_write_keys

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
    key = services.add_write_key(terminal(), operator(), name, cadence=cadence, kind=kind)
    show_once(WHAT, key)


@app.command("list")
def list_keys(
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List the write keys, those that were revoked too."""
    with database().connect() as connection:
        found = list_write_keys(connection)
    show_all(
        "keys",
        "/write-keys",
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
        as_csv=as_csv,
    )


@app.command("revoke")
def revoke(name: Name) -> None:
    """Take no more from a write key; web apps hear of it within seconds."""
    name = name.strip()
    services.revoke_key(terminal(), operator(), name)
    tell_revoked(WHAT, name)
