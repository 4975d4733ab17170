"""What commands change for everybody, put on the record that the audit log shows."""

from __future__ import annotations

import getpass

from sqlalchemy import Connection

from store.api_tokens import record_change


def on_record(connection: Connection, method: str, path: str, **asked: object) -> None:
    """Record a change, as the route of the API would be that makes it, with whoever is logged in to
    this machine as its author; in the transaction that makes the change."""
    try:
        who = getpass.getuser()
    except OSError:
        who = "unknown"
    kept = {name: value for name, value in asked.items() if value not in (None, "", [])}
    record_change(connection, f"{who} at the command line", method, path, kept)
