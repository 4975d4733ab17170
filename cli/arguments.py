"""Arguments and options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy import Connection, Engine

import settings as settings_module
from cli.errors import UserError
from store.routing.presence import is_known
from store.views.leads import LeadLine, find_lead

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")]
Who = Annotated[str, typer.Argument(metavar="LEAD", help="Id, lead-ID, or e-mail address.")]


def lead_named(connection: Connection, who: str) -> LeadLine:
    """The lead that was named, as it is now.

    Raises:
        UserError: there is none.
    """
    lead = find_lead(connection, who, settings_module.get().clock().now())
    if lead is None:
        raise UserError(f"There is no lead '{who}'; `lead list` shows those there are.")
    return lead


def done_by(engine: Engine, by: str, owner: str) -> str:
    """Who did a task: the person with the code ``by``, its owner when that is left out.

    Raises:
        UserError: nobody has that code.
    """
    with engine.connect() as connection:
        if by and not is_known(connection, by):
            raise UserError(f"Nobody has the code '{by}'; `team list` shows the reps.")
    return by or owner
