"""``lead why``: why a lead is with whom it is."""

from __future__ import annotations

import json
from dataclasses import asdict

import settings as settings_module
from cli.arguments import AsJson, Limit, Who, lead_named
from cli.connect import database
from cli.screen import Console, echo
from cli.tables import listed, plain, print_list
from cli.times import shown_time
from domain.labels import CAUSES, STANDINGS, label
from domain.plain_english import in_plain_english
from store.views.assignments import AssignmentLine, assignments_of


def why(who: Who, limit: Limit = 10, as_json: AsJson = False) -> None:
    """Tell why a lead is with whom it is: by which rule and facts it changed hands, the last time
    first."""
    now = settings_module.get().clock().now()
    with database().connect() as connection:
        lead = lead_named(connection, who)
        found = assignments_of(connection, lead.id, limit=limit)
    if as_json:
        said = [
            asdict(one) | {"why": [in_plain_english(part) for part in one.why]} for one in found
        ]
        echo(json.dumps({"assignments": said}, default=str, ensure_ascii=False))
        return
    console = Console(highlight=False)
    if not found:
        console.print("This lead has never been in sales' hands.")
        return
    for one in found:
        head = f"{shown_time(one.at, now)}  {one.owner or 'nobody'}, {label(CAUSES, one.cause)}"
        console.print(plain(head, style="bold"))
        for part in one.why:
            console.print(plain(f"  {in_plain_english(part)}"))
        _print_considered(one)


def _print_considered(one: AssignmentLine) -> None:
    if not one.facts.considered:
        return
    print_list(
        listed(
            ("Rep", "Result", "Open leads", "Leads so far", "Weight"),
            (
                (
                    rep.rep,
                    label(STANDINGS, rep.standing),
                    f"{rep.open_leads} of {rep.cap}" if rep.weight else "-",
                    str(rep.given) if rep.weight else "-",
                    str(rep.weight) if rep.weight else "-",
                )
                for rep in one.facts.considered
            ),
            whole=("Rep",),
            right=("Leads so far", "Weight"),
        )
    )
