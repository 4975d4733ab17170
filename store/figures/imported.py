"""Imported history as facts: units that are nobody's lead."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, text

from domain.figures.history import HistoryUnit
from domain.figures.history_columns import TEXTS
from domain.figures.stages import FUNNEL
from store.figures.refresh import BATCH, remake_passages

_TIMES = tuple(f"{stage}_at" for stage in FUNNEL)
_COPIED = (
    *("record", "implied", "stage", "stage_since", "outcome", "outcome_at", "amount", "currency"),
    *(one for one in TEXTS if one != "reason"),
    *("outcome_reason", *_TIMES),
)
_STAGED = """
    CREATE TEMPORARY TABLE imported_unit ON COMMIT DROP AS
    SELECT {columns}, ARRAY[]::smallint[] AS move_stages, ARRAY[]::timestamptz[] AS move_times
    FROM funnel_unit WITH NO DATA
"""
_UNITS = """
    INSERT INTO funnel_unit (cycle, {columns})
    SELECT 1, {columns} FROM imported_unit
    ON CONFLICT (record) WHERE record <> '' DO UPDATE SET {changed}
    RETURNING id, xmax = 0 AS new
"""
_NO_MOVES = "DELETE FROM funnel_move WHERE unit_id = ANY(:units)"
_MOVES = """
    INSERT INTO funnel_move (unit_id, number, at, from_stage, to_stage, cycle)
    SELECT unit.id, number, moved.at,
        lag(moved.stage) OVER (PARTITION BY unit.id ORDER BY number), moved.stage, 1
    FROM imported_unit JOIN funnel_unit AS unit USING (record),
        unnest(move_stages, move_times) WITH ORDINALITY AS moved (stage, at, number)
"""
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class ImportedUnits(NamedTuple):
    """How many units are new, and how many replaced those of the same id."""

    created: int
    updated: int


def import_units(connection: Connection, units: Iterable[tuple[str, HistoryUnit]]) -> ImportedUnits:
    """Write units, each under the hash of its id; one that was imported before is replaced."""
    columns = ", ".join(_COPIED)
    connection.execute(text(_STAGED.format(columns=columns)))
    lines = io.StringIO()
    for record, unit in units:
        lines.write("\t".join(map(_cell, _values(record, unit))) + "\n")
    lines.seek(0)
    # SQLAlchemy has no COPY; this is psycopg2's own cursor on the same transaction.
    cursor = cast(Any, connection.connection.cursor())
    try:
        cursor.copy_expert(
            f"COPY imported_unit ({columns}, move_stages, move_times) FROM STDIN", lines
        )
    finally:
        cursor.close()
    changed = ", ".join(f"{one} = excluded.{one}" for one in _COPIED if one != "record")
    rows = connection.execute(text(_UNITS.format(columns=columns, changed=changed))).all()
    ids = [row.id for row in rows]
    connection.execute(text(_NO_MOVES), {"units": ids})
    connection.execute(text(_MOVES))
    for begin in range(0, len(ids), BATCH):
        remake_passages(connection, ids[begin : begin + BATCH])
    created = sum(row.new for row in rows)
    return ImportedUnits(created, len(ids) - created)


def _values(record: str, unit: HistoryUnit) -> Iterable[object]:
    implied = sum(
        1 << place
        for place, stage in enumerate(FUNNEL)
        if stage in unit.entries and unit.entries[stage].implied
    )
    stage, since = unit.moves[-1]
    yield from (record, implied, stage, since, unit.outcome, unit.outcome_at, unit.amount)
    yield unit.currency
    yield from (unit.texts.get(one, "") for one in TEXTS if one != "reason")
    yield unit.texts.get("reason", "") if unit.outcome not in ("", "won") else ""
    yield from (unit.entries[one].at if one in unit.entries else None for one in FUNNEL)
    yield "{" + ",".join(str(place) for place, _ in unit.moves) + "}"
    yield "{" + ",".join(f'"{at.isoformat()}"' for _, at in unit.moves) + "}"


def _cell(value: object) -> str:
    return "\\N" if value is None else str(value).translate(_ESCAPES)
