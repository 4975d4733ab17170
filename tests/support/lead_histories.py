"""Leads and what happened to them, written as the journeys write it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, text

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday."""
_NUMBERS = itertools.count(1)
_PHASES = {
    "known": "Nurture",
    "engaged": "Nurture",
    "mql": "FollowUp",
    "sal": "Meeting",
    "sql": "Opportunity",
    "opportunity": "Opportunity",
    "customer": "Customer",
    "recycled": "Recycle",
    "disqualified": "ended",
}
History = Sequence[tuple[int, str, float]]
"""Moves in their order: cycle, the stage entered, days since :data:`BEGIN`."""


def add_lead(connection: Connection, history: History, *, reason: str = "", **values: Any) -> int:
    """A lead with this history; ``values`` are columns of it. Returns its id."""
    number = next(_NUMBERS)
    columns = {"email": f"h{number}@acme.example", "email_key": f"h{number}@acme.example"} | values
    lead: int = connection.execute(
        text(
            f"INSERT INTO lead ({', '.join(columns)}) "
            f"VALUES ({', '.join(f':{name}' for name in columns)}) RETURNING id"
        ),
        columns,
    ).scalar_one()
    add_moves(connection, lead, history, reason=reason)
    return lead


def add_moves(connection: Connection, lead: int, history: History, *, reason: str = "") -> None:
    """More of a lead's history."""
    before = "known"
    for cycle, stage, days in history:
        connection.execute(
            text(
                "INSERT INTO stage_transition "
                "(lead_id, key, from_stage, to_stage, phase, reason, cycle, at) "
                "VALUES (:lead, :key, :before, :stage, :phase, :reason, :cycle, :at)"
            ),
            {
                "lead": lead,
                "key": f"move-{lead}-{next(_NUMBERS)}",
                "before": before,
                "stage": stage,
                "phase": _PHASES[stage],
                "reason": reason,
                "cycle": cycle,
                "at": BEGIN + timedelta(days=days),
            },
        )
        before = stage


@contextmanager
def facts_wait(database: Engine) -> Iterator[None]:
    """Meanwhile no facts are made anew, as while a worker is at it."""
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT pg_advisory_lock(hashtext('figures'))"))
        yield
        connection.execute(text("SELECT pg_advisory_unlock(hashtext('figures'))"))
