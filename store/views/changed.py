"""What the audit record's numbers stand for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, text


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
    lead = "trim(first_name || ' ' || last_name)"
    return NamedThings(
        leads=_names(connection, f"SELECT id, {lead} FROM lead WHERE id = ANY(:ids)", leads),
        tasks=_names(
            connection,
            f"SELECT task.id, {lead} FROM task JOIN lead ON lead.id = lead_id "
            "WHERE task.id = ANY(:ids)",
            tasks,
        ),
        accounts=_names(connection, "SELECT id, name FROM account WHERE id = ANY(:ids)", accounts),
    )


def _names(connection: Connection, query: str, ids: Collection[int]) -> dict[int, str]:
    if not ids:
        return {}
    found = connection.execute(text(query), {"ids": list(ids)})
    return {row[0]: row[1] for row in found if row[1]}
