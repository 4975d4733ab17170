"""Leads that something has enter a cadence, as a worker sees to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from services.enrollments import enter_due
from services.entries import look_at_dates, look_at_entries


def enter(database: Engine, now: datetime | None = None) -> None:
    """Look at what has leads enter, and tell the journeys of those whose time has come.

    Args:
        now: journey time, UTC.
    """
    now = now or datetime.now(UTC)
    for step in (
        look_at_dates,
        look_at_entries,
        lambda one, at: enter_due(one, at, timedelta(days=1)),
    ):
        some = True
        while some:
            with database.begin() as connection:
                some = step(connection, now)
