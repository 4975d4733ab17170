"""The limits of senders and receivers over all workers: counters in the database, each locked while
a place under it is taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from domain.sending.limits import Cap, Counter, Turn, hour_of, take

UNUSED = timedelta(days=3)
"""After so long without mail a counter of a receiver tells nothing."""

# All who take places lock them in this order.
_LOCK = text(
    """
    SELECT counter.scope, counter.name, hour, day, in_hour, in_day, climbed, began, tail
    FROM send_counter AS counter
    JOIN unnest(cast(:scopes AS text[]), cast(:names AS text[])) AS asked (scope, name)
        ON counter.scope = asked.scope AND counter.name = asked.name
    ORDER BY counter.scope, counter.name FOR UPDATE OF counter
    """
)
_MAKE = text(
    """
    INSERT INTO send_counter (scope, name, hour, day, in_hour, in_day, climbed)
    SELECT scope, name, :hour, :day, 0, 0, 0
    FROM unnest(cast(:scopes AS text[]), cast(:names AS text[])) AS new (scope, name)
    ORDER BY scope, name ON CONFLICT DO NOTHING
    """
)
_KEEP = text(
    """
    UPDATE send_counter SET hour = :hour, day = :day, in_hour = :in_hour, in_day = :in_day,
        climbed = :climbed, began = :began, tail = :tail
    WHERE scope = :scope AND name = :name
    """
)
_WAIT = text(
    "UPDATE touch SET state = 'planned', error = '', waits_for = :waits_for "
    "WHERE key = :key AND state = 'claimed' AND claim = :claim"
)
_FORGET = text(
    "DELETE FROM send_counter WHERE scope = 'receiver' AND hour < :before AND "
    "coalesce(tail, :before) <= :before"
)
# A queue is no longer than those who wait in it: who has left its cadence frees its place.
_EMPTIED = text(
    """
    UPDATE send_counter AS counter SET tail = NULL WHERE tail > :now AND NOT EXISTS (
        SELECT FROM touch JOIN enrollment ON enrollment.id = touch.enrollment_id
        WHERE touch.state = 'planned' AND touch.waits_for = counter.scope || ' ' || counter.name
            AND enrollment.ended_at IS NULL)
    """
)


def take_place(
    connection: Connection,
    caps: Sequence[Cap],
    now: datetime,
    zone: ZoneInfo,
    *,
    waited: bool,
) -> Turn:
    """Take a place under each of the caps for a mail that goes now, or under none.

    In a transaction of its own: the counters are locked until it ends.

    Args:
        caps: of different keys, ordered by them.
        now: journey time, UTC.
        zone: whose days are counted.
        waited: whether it was put off for want of a place before.
    """
    asked: Mapping[str, object] = {
        "scopes": [cap.scope for cap in caps],
        "names": [cap.name for cap in caps],
    }
    found = _locked(connection, asked)
    if len(found) < len(caps):
        day = now.astimezone(zone).date()
        connection.execute(_MAKE, {**asked, "hour": hour_of(now), "day": day})
        found = _locked(connection, asked)
    answer = take(caps, [found[cap.key] for cap in caps], now, zone, waited=waited)
    connection.execute(
        _KEEP,
        [
            {**asdict(counter), "scope": cap.scope, "name": cap.name}
            for cap, counter in zip(caps, answer.counters, strict=True)
        ],
    )
    return answer


def _locked(connection: Connection, asked: Mapping[str, object]) -> dict[tuple[str, str], Counter]:
    return {
        (scope, name): Counter(*rest) for scope, name, *rest in connection.execute(_LOCK, asked)
    }


def wait_for(connection: Connection, key: str, *, claim: str, code: str) -> bool:
    """Have the touch that ``claim`` holds wait, for what ``code`` names; whether it still held
    it."""
    waits = {"key": key, "claim": claim, "waits_for": code}
    return connection.execute(_WAIT, waits).rowcount == 1


def tidy_queues(connection: Connection, now: datetime) -> None:
    """Have nobody go behind a queue in which nobody waits any more, and forget counters of
    receivers that nothing was sent to for days."""
    connection.execute(_EMPTIED, {"now": now})
    connection.execute(_FORGET, {"before": now - UNUSED})


def counters(connection: Connection) -> dict[tuple[str, str], Counter]:
    """All counters, by scope and name."""
    rows = connection.execute(
        text(
            "SELECT scope, name, hour, day, in_hour, in_day, climbed, began, tail "
            "FROM send_counter ORDER BY scope, name LIMIT 1000"
        )
    )
    return {(scope, name): Counter(*rest) for scope, name, *rest in rows}
