"""``lead erase``: a person from all tables, for good."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from cli.arguments import AsJson, Who, lead_named
from cli.connect import database, operator, terminal
from cli.errors import stderr
from cli.screen import Console, echo
from services.erasure import erase as erase_person
from store.erasure import erasure


def erase(
    who: Who,
    address: Annotated[
        str, typer.Option(help="The person's address, instead of being asked for it.")
    ] = "",
    reason: Annotated[str, typer.Option(help="Why; kept, so it should name nobody.")] = "",
    as_json: AsJson = False,
) -> None:
    """Erase a person from all tables; a receipt that does not name them stays."""
    with database().connect() as connection:
        lead = lead_named(connection, who)
        known = erasure.known_of(connection, lead.id)
    if not address:
        stderr.print(f"lead-{lead.id} {lead.name}, {lead.email}", markup=False)
        for table, rows in sorted(known.items()):
            stderr.print(f"  {table:<20} {rows:>9,}", markup=False, highlight=False)
        address = typer.prompt("This can't be undone. Type the address to erase them", err=True)
    receipt = erase_person(terminal(), operator(), lead.id, address, reason)
    if as_json:
        echo(json.dumps(asdict(receipt), default=str))
        return
    Console().print(
        f"lead-{lead.id} is erased: receipt {receipt.id}. What runs for it in Temporal ends within "
        "seconds while a worker runs.",
        soft_wrap=True,
    )
