"""The relay's side of ``relay_message``: messages are leased, delivered, and settled.

A lease is a time, not a lock: a relay that dies or freezes with messages in hand holds them for
``LEASE_SECONDS`` and no longer, and no transaction is open while it speaks to Temporal. One that
wakes up too late settles nothing of what another has leased since, except that a delivery is a
delivery.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from psycopg2 import extensions
from sqlalchemy import Engine, text

from crash_points import crash_point
from store.outbox.relay_messages import CHANNEL

LEASE_SECONDS = 20

# The oldest message of each workflow that is due; a younger one waits for it. In the order of the
# index of what waits: in that of ids, all that was ever delivered would be read first.
_LEASE = text(
    """
    UPDATE relay_message SET lease = :lease,
        leased_until = clock_timestamp() + make_interval(secs => :seconds)
    WHERE id IN (
        SELECT id FROM relay_message AS message
        WHERE outcome = '' AND not_before <= now()
            AND coalesce(leased_until <= clock_timestamp(), true)
            AND NOT EXISTS (
                SELECT 1 FROM relay_message AS older
                WHERE older.workflow_id = message.workflow_id AND older.outcome = ''
                    AND older.id < message.id
            )
        ORDER BY not_before, id LIMIT :room
        FOR UPDATE SKIP LOCKED
    )
    RETURNING id, workflow_id, kind, name, payload, attempts, traceparent,
        extract(epoch FROM clock_timestamp() - CASE WHEN attempts = 0 THEN not_before
                ELSE created_at END)::float AS waited
    """
)
_SETTLE = text(
    """
    UPDATE relay_message AS message SET
        outcome = said.outcome, error = said.error, attempts = attempts + 1,
        leased_until = NULL, lease = '',
        delivered_at = CASE WHEN said.outcome <> '' THEN now() END,
        not_before = CASE WHEN said.outcome = '' THEN now() + make_interval(secs => said.delay)
                          ELSE not_before END
    FROM unnest(cast(:ids AS bigint[]), cast(:outcomes AS text[]), cast(:errors AS text[]),
                cast(:delays AS float[])) AS said (id, outcome, error, delay)
    WHERE message.id = said.id AND message.outcome = ''
        AND (message.lease = :lease OR said.outcome = 'delivered')
    """
)
_HURRY = text(
    """
    UPDATE relay_message SET not_before = now()
    WHERE outcome = '' AND not_before > now()
        AND kind = ANY(cast(:kinds AS text[])) AND error = ANY(cast(:errors AS text[]))
    """
)


@dataclass(frozen=True)
class Leased:
    """A message in the hands of one relay, until ``lease`` runs out."""

    id: int
    workflow_id: str
    kind: str
    name: str
    payload: dict[str, Any]
    attempts: int
    traceparent: str
    lease: str
    waited: float
    """Seconds since it was due, or written if it was tried before."""


@dataclass(frozen=True)
class RelayDelivery:
    """What became of one message; ``delay`` are the seconds until it is tried again."""

    outcome: Literal["delivered", "undeliverable", "retry"]
    error: str = ""
    delay: float = 0.0


def listen(database: Engine) -> extensions.connection:
    """A connection of its own that hears of each message as it is posted: wait until it can be
    read, and ``poll`` it."""
    pooled = database.raw_connection()
    listener = cast(extensions.connection, pooled.driver_connection)
    pooled.detach()
    listener.set_isolation_level(extensions.ISOLATION_LEVEL_AUTOCOMMIT)
    listener.cursor().execute(f"LISTEN {CHANNEL}")
    return listener


def lease_due(database: Engine, room: int) -> list[Leased]:
    """Lease up to ``room`` messages that are due, in their order; at most one of each workflow."""
    lease = uuid.uuid4().hex
    with database.begin() as connection:
        rows = connection.execute(
            _LEASE, {"lease": lease, "seconds": LEASE_SECONDS, "room": room}
        ).all()
    leased = [Leased(**row._mapping, lease=lease) for row in sorted(rows, key=lambda row: row.id)]
    if leased:
        crash_point("relay.leased")
    return leased


def settle(database: Engine, settled: Sequence[tuple[Leased, RelayDelivery]]) -> None:
    """Record what became of leased messages; each is of the same lease or of an earlier one."""
    for lease in {message.lease for message, _ in settled}:
        those = [(message, said) for message, said in settled if message.lease == lease]
        with database.begin() as connection:
            connection.execute(
                _SETTLE,
                {
                    "lease": lease,
                    "ids": [message.id for message, _ in those],
                    "outcomes": [_outcome(said) for _, said in those],
                    "errors": [said.error for _, said in those],
                    "delays": [said.delay for _, said in those],
                },
            )


def hurry(database: Engine, kinds: Collection[str], errors: Collection[str]) -> None:
    """Make messages of these kinds due that wait because of one of these errors."""
    with database.begin() as connection:
        connection.execute(_HURRY, {"kinds": list(kinds), "errors": list(errors)})


def _outcome(said: RelayDelivery) -> str:
    return "" if said.outcome == "retry" else said.outcome
