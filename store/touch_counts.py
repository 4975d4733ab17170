"""Touches that did not simply go out, hour by hour: what operators look at first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

LOOK_BACK = timedelta(hours=24)

_UNSETTLED = text(
    """
    SELECT date_trunc('hour', planned_at, 'UTC') AS hour, state, count(*) AS touches
    FROM touch
    WHERE state IN ('planned', 'claimed', 'sending', 'failed', 'unknown')
        AND planned_at > :since AND planned_at <= :now
    GROUP BY 1, 2 ORDER BY 1, 2
    """
)


@dataclass(frozen=True)
class HourOfTouches:
    """How many touches that were due in the hour from ``hour`` (journey time, UTC) are in
    ``state``."""

    hour: datetime
    state: str
    touches: int


def unsettled(connection: Connection, now: datetime) -> list[HourOfTouches]:
    """The touches of the last 24 hours that are neither sent nor suppressed, oldest hour first.

    ``failed`` and ``unknown`` are outcomes: the lead missed the mail, or perhaps did. ``planned``
    waits to be tried again, ``claimed`` is being prepared, ``sending`` is with the provider; of
    hours that are over, the last two belong to workers that died. Nothing personal is in it.

    Args:
        now: journey time, UTC.
    """
    rows = connection.execute(_UNSETTLED, {"since": now - LOOK_BACK, "now": now})
    return [HourOfTouches(*row) for row in rows]
