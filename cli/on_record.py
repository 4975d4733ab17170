"""What commands change, put on the record that the audit log shows.

``tests/cli/test_on_record.py`` runs every command and asks for the record of each change.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from cli.connect import database
from cli.errors import UserError
from store.access.api_tokens import end_change, record_change

MADE, REFUSED = 200, 409
"""How a route of the API would have answered."""


def author() -> str:
    """Who gives the commands: the user of the operating system, whatever the environment says."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # A container may run under a number that nobody has.
        name = f"user {os.getuid()}"
    return f"{name} at the command line"


def on_record(
    connection: Connection, method: str, path: str, *, status: int | None = MADE, **asked: object
) -> int:
    """Record a change, as the route of the API would be that makes it, in the transaction that
    makes it.

    Args:
        status: None while nobody knows what comes of it.
        asked: what the route keeps of such a request (``web/api/recorded.py``).

    Returns:
        The record's id.
    """
    kept = {name: value for name, value in asked.items() if value not in (None, "", [])}
    return record_change(connection, author(), method, path, kept, status=status)


@contextmanager
def order_on_record(path: str, **asked: object) -> Iterator[None]:
    """Record that journeys are given an order: before they hear of it, for no transaction holds
    what Temporal does; what came of it afterwards."""
    engine = database()
    with engine.begin() as connection:
        change = on_record(connection, "POST", path, status=None, **asked)
    try:
        yield
    except UserError:
        with engine.begin() as connection:
            end_change(connection, change, REFUSED)
        raise
    with engine.begin() as connection:
        end_change(connection, change, MADE)
