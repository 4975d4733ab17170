"""What the audit record's numbers stand for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, text

from domain.names import full_name


@dataclass(frozen=True)
class NamedThings:
    """Names by id. A task's is that of its lead; who was erased has none."""

    leads: dict[int, str]
    tasks: dict[int, str]
    accounts: dict[int, str]


def name_things(
    connection: Connection,
    leads: Collection[int],
    tasks: Collection[int],
    accounts: Collection[int],
) -> NamedThings:
    """The names of these leads, tasks and accounts, as far as they are there."""
    lead = "first_name, last_name FROM lead"
    return NamedThings(
        leads=_names(connection, f"SELECT lead.id, {lead} WHERE lead.id = ANY(:ids)", leads),
        tasks=_names(
            connection,
            f"SELECT task.id, {lead} JOIN task ON lead.id = lead_id WHERE task.id = ANY(:ids)",
            tasks,
        ),
        accounts=_names(
            connection, "SELECT id, name, '' FROM account WHERE id = ANY(:ids)", accounts
        ),
    )


def _names(connection: Connection, query: str, ids: Collection[int]) -> dict[int, str]:
    if not ids:
        return {}
    found = connection.execute(text(query), {"ids": list(ids)})
    return {row[0]: name for row in found if (name := full_name(row[1], row[2]))}
