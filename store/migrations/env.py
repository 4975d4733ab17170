"""Alembic's entry point: migrations run on the connection `store.migrate` hands over."""

from __future__ import annotations

import re

from alembic import context

from store.tables import Table

MONTH = re.compile(r"engagement_(other|\d{4}_\d{2})")
"""Parts of a table: they come and go by themselves."""


def is_whole(name: str | None, kind: str, _parents: object) -> bool:
    """Whether something that the database has is to be compared with what the code declares."""
    return kind != "table" or not MONTH.fullmatch(name or "")


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    compare_type=True,
    compare_server_default=True,
    include_name=is_whole,
)
context.run_migrations()
