"""The transactional outbox: what must reach Temporal is written where it became true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import insert

from domain.journey import Notice, Phase, journey_id
from store.tables import RelayMessage

CHANNEL = "relay"
"""PostgreSQL notification channel that wakes the relays."""


def post(
    connection: Connection,
    *,
    key: str,
    workflow_id: str,
    kind: str,
    name: str = "",
    payload: Mapping[str, Any],
) -> bool:
    """Queue one message for the relay, once per ``key``.

    Returns:
        Whether it is new.
    """
    result = connection.execute(
        insert(RelayMessage)
        .values(key=key, workflow_id=workflow_id, kind=kind, name=name, payload=dict(payload))
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(RelayMessage.id)
    ).first()
    if result is None:
        return False
    connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
    return True


def notify_journey(
    connection: Connection, lead_id: int, *, key: str, signal: str, notice: Notice
) -> bool:
    """Queue a signal (``engagement``, ``meeting`` or ``deal``) for the lead's journey."""
    return post(
        connection,
        key=key,
        workflow_id=journey_id(lead_id),
        kind="signal",
        name=signal,
        payload=asdict(notice),
    )


def start_again(
    connection: Connection,
    lead_id: int,
    *,
    phase: Phase,
    cycle: int,
    reason: str,
    meeting_id: int = 0,
) -> bool:
    """Queue a new journey, in ``phase``, for a lead whose last one has ended."""
    return post(
        connection,
        key=f"start-again:lead-{lead_id}:{cycle}",
        workflow_id=journey_id(lead_id),
        kind="start_again",
        name=phase,
        payload={
            "lead_id": lead_id,
            "cycle": cycle,
            "reason": reason,
            "meeting_id": meeting_id,
        },
    )
