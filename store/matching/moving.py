"""All rows that name a lead, in whichever table: counted, made another's, and given back.

The tables are those that refer to ``lead``, so one that is new next year goes along by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, PrimaryKeyConstraint, UniqueConstraint, text
from sqlalchemy import Table as SqlTable

from store.tables import Confirmation, Engagement, Lead, Table

_LEAD = f"{Lead.__tablename__}.id"
# It says whether an address may get mail: it goes with the address, not with the person.
_STAYS = (Confirmation.__tablename__,)


KeptRow = dict[str, Any]
"""A whole row as JSON, to be put back as it was."""


class Place(NamedTuple):
    """A column that names a lead."""

    table: str
    column: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass(frozen=True)
class MovedRows:
    """What became of the rows of one place: the keys of those that were moved, and as a whole
    those that had to go because the other lead has the like."""

    moved: list[dict[str, Any]]
    left: list[dict[str, Any]]


def places() -> Iterator[Place]:
    """The columns that name a lead, in tables that refer to no later one."""
    for table in Table.metadata.sorted_tables:
        for column in table.columns:
            # Events are kept by month, and such tables can't refer to others.
            named = table is Engagement.__table__ and column.name == "lead_id"
            if table.name not in _STAYS and (
                named or any(one.target_fullname == _LEAD for one in column.foreign_keys)
            ):
                yield Place(table.name, column.name)


def counted(connection: Connection, lead_id: int) -> dict[str, int]:
    """Table → rows that name this lead; without those that have none."""
    counts: dict[str, int] = {}
    for place in places():
        query = f"SELECT count(*) FROM {place.table} WHERE {place.column} = :lead"
        rows = connection.execute(text(query), {"lead": lead_id}).scalar_one()
        if rows:
            counts[place.table] = counts.get(place.table, 0) + rows
    return counts


def move(connection: Connection, place: Place, from_id: int, into_id: int) -> MovedRows:
    """Have the rows of a place name another lead."""
    table = Table.metadata.tables[place.table]
    keys = [column.name for column in table.primary_key.columns]
    ids = {"from": from_id, "into": into_id}
    unlike = "".join(
        f" AND NOT EXISTS (SELECT FROM {place.table} AS own WHERE own.{place.column} = :into"
        + "".join(f" AND own.{one} = {place.table}.{one}" for one in others)
        + ")"
        for others in _unique_beside(table, place.column)
    )
    moved = connection.execute(
        text(
            f"UPDATE {place.table} SET {place.column} = :into WHERE {place.column} = :from{unlike} "
            f"RETURNING {', '.join(keys)}"
        ),
        ids,
    ).mappings()
    found = [_as_json(dict(row)) for row in moved]
    left: Sequence[dict[str, Any]] = ()
    if unlike:
        gone = f"DELETE FROM {place.table} WHERE {place.column} = :from RETURNING "
        left = connection.scalars(text(f"{gone}to_jsonb({place.table})"), ids).all()
    return MovedRows(found, list(left))


def move_back(connection: Connection, place: Place, rows: MovedRows, from_id: int, to: int) -> None:
    """Undo :func:`move`, of the rows that still name the lead they were moved to."""
    table = Table.metadata.tables[place.table]
    keys = [column.name for column in table.primary_key.columns]
    if rows.moved:
        same = " AND ".join(f"{place.table}.{key} = old.{key}" for key in keys)
        connection.execute(
            text(
                f"UPDATE {place.table} SET {place.column} = :to "
                f"FROM jsonb_populate_recordset(NULL::{place.table}, cast(:rows AS jsonb)) AS old "
                f"WHERE {same} AND {place.table}.{place.column} = :from"
            ),
            {"to": to, "from": from_id, "rows": json.dumps(rows.moved)},
        )
    restore(connection, place.table, rows.left)


def restore(connection: Connection, name: str, rows: Sequence[KeptRow]) -> None:
    """Put whole rows back that were kept as JSON; one that is there already stays as it is."""
    if not rows:
        return
    columns = ", ".join(
        f'"{column.name}"' for column in Table.metadata.tables[name].columns if not column.computed
    )
    connection.execute(
        text(
            f"INSERT INTO {name} ({columns}) SELECT {columns} "
            f"FROM jsonb_populate_recordset(NULL::{name}, cast(:rows AS jsonb)) "
            "ON CONFLICT DO NOTHING"
        ),
        {"rows": json.dumps([dict(row) for row in rows])},
    )


def row_of(connection: Connection, name: str, condition: str, lead_id: int) -> KeptRow | None:
    """One row as JSON; None when there is none."""
    found: KeptRow | None = connection.scalar(
        text(f"SELECT to_jsonb({name}) FROM {name} WHERE {condition}"), {"lead": lead_id}
    )
    return found


def _unique_beside(table: SqlTable, column: str) -> Iterator[list[str]]:
    """Of each set of columns that no two rows share, those beside ``column``."""
    sets = [
        [one.name for one in constraint.columns]
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint)
    ]
    sets += [[one.name for one in index.columns] for index in table.indexes if index.unique]
    for names in sets:
        if column in names:
            yield [name for name in names if name != column]


def _as_json(key: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in key.items()
    }
