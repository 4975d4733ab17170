"""``lead play``: a cadence for some leads, now."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.arguments import lead_named
from cli.connect import operator, terminal
from cli.screen import Console
from domain.contracts.journey import journey_id
from services import accounts


def play(
    who: Annotated[list[str], typer.Argument(metavar="LEAD…", help="Ids or addresses.")],
    cadence: Annotated[str, typer.Option(help="The cadence that they begin.")],
) -> None:
    """Start a cadence now for those of these leads that are with marketing."""
    context = terminal()
    with context.database.connect() as connection:
        leads = [lead_named(connection, one).id for one in who]
    done = accounts.play_leads(context, operator(), leads, cadence)
    say = Console(highlight=False).print
    goes = "lead goes" if len(done.started) == 1 else "leads go"
    say(f"{len(done.started)} {goes} into {cadence} now.")
    if done.left_alone:
        names = ", ".join(journey_id(one.id) for one in done.left_alone)
        say(f"Left alone, with sales, without a journey or not marketed to: {names}")
