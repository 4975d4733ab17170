"""``account unmatched|match``: leads without an account, and the account they belong to."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from cli.arguments import AsJson, Limit
from cli.connect import database, operator, terminal
from cli.screen import Console, echo
from cli.tables import listed, print_list
from services import duplicates as services
from store.matching.account_matches import unmatched_domains


def unmatched(limit: Limit = 50, as_json: AsJson = False) -> None:
    """List mail domains whose leads have no account, and the accounts they may belong to."""
    with database().connect() as connection:
        found = unmatched_domains(connection, limit=limit)
    if as_json:
        echo(json.dumps([asdict(one) for one in found], ensure_ascii=False))
        return
    if not found:
        Console().print("Every lead with a company's address has an account.")
        return
    print_list(
        listed(
            ("Domain", "Leads", "May belong to"),
            (
                (
                    one.domain,
                    str(one.leads),
                    ", ".join(
                        f"{account.name} (account {account.account_id}, {account.confidence} %)"
                        for account in one.accounts
                    )
                    or f"- (a new account: {one.company})",
                )
                for one in found
            ),
            whole=("Leads",),
        )
    )


def match(
    domain: Annotated[str, typer.Argument(help="Mail domain, such as lindenmoor.example.")],
    account_id: Annotated[int | None, typer.Option("--account", help="Id of the account.")] = None,
    name: Annotated[str, typer.Option(help="Name of the account; made if there is none.")] = "",
) -> None:
    """Give the leads at a mail domain that have no account to one."""
    done = services.match_leads(terminal(), operator(), domain, account_id, name)
    Console().print(f"{done.leads} leads at {domain} are account {done.account_id}'s now.")
