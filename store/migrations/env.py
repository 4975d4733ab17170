"""Alembic's entry point: migrations run on the connection `store.migrate` hands over."""

from __future__ import annotations

from alembic import context

from store.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    compare_type=True,
    compare_server_default=True,
)
context.run_migrations()
