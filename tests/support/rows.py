"""Rows for a made-up company."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, text, update

from store.tables import Lead, Table


def add(connection: Connection, table: type[Table], **values: Any) -> int:
    """Write one row; its id."""
    known: Any = table
    made = connection.execute(insert(table).values(**values).returning(known.id))
    return int(made.scalar_one())


def change_lead(connection: Connection, lead_id: int, **values: Any) -> None:
    """Change a lead's row."""
    connection.execute(update(Lead).where(Lead.id == lead_id).values(**values))


def run(connection: Connection, statement: str, **values: Any) -> None:
    """Run a statement."""
    connection.execute(text(statement), values)
