"""The transactional outbox: what must reach Temporal is written where it became true."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, text

from domain.contracts.journey import EventCode, JourneyEvent, Phase, journey_id
from domain.contracts.sales_sweep import SALES_SWEEP_ID
from tracing import traceparent

CHANNEL = "relay"
"""PostgreSQL notification channel that wakes the relays."""

OF_JOURNEYS = """
    (workflow_id = 'lead-' || :lead OR workflow_id LIKE 'lead-' || :lead || '-%'
     OR split_part(workflow_id, '-', 1) = 'opportunity' AND split_part(workflow_id, '-', 2) IN
        (SELECT id::text FROM opportunity WHERE lead_id = :lead))
"""
"""SQL: messages for the journey of ``:lead`` and for all that runs beside it."""


@dataclass(frozen=True)
class QueuedMessage:
    """One message for the relay; ``name`` is a workflow type or a signal's name."""

    key: str
    workflow_id: str
    kind: str
    payload: Mapping[str, Any]
    name: str = ""


def post_all(connection: Connection, messages: Sequence[QueuedMessage]) -> int:
    """Queue messages for the relay in their order, each once per ``key``.

    Returns:
        How many are new.
    """
    if not messages:
        return 0
    new = connection.execute(
        text(
            """
            INSERT INTO relay_message (key, workflow_id, kind, name, payload, traceparent)
            SELECT key, workflow_id, kind, name, cast(payload AS jsonb), :traceparent
            FROM unnest(cast(:keys AS text[]), cast(:workflows AS text[]), cast(:kinds AS text[]),
                        cast(:names AS text[]), cast(:payloads AS text[]))
                WITH ORDINALITY AS one (key, workflow_id, kind, name, payload, place)
            ORDER BY place
            ON CONFLICT (key) DO NOTHING
            """
        ),
        {
            "keys": [one.key for one in messages],
            "workflows": [one.workflow_id for one in messages],
            "kinds": [one.kind for one in messages],
            "names": [one.name for one in messages],
            "traceparent": traceparent(),
            "payloads": [json.dumps(dict(one.payload)) for one in messages],
        },
    ).rowcount
    if new:
        connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
    return new


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
    return post_all(connection, [QueuedMessage(key, workflow_id, kind, payload, name)]) == 1


def notify_journey(
    connection: Connection, lead_id: int, *, key: str, signal: str, event: JourneyEvent
) -> bool:
    """Queue a signal (``engagement``, ``meeting`` or ``opportunity``) for the lead's journey."""
    return post(
        connection,
        key=key,
        workflow_id=journey_id(lead_id),
        kind="signal",
        name=signal,
        payload=asdict(event),
    )


def plan_anew(connection: Connection, why: str, workflow_ids: Iterable[str]) -> None:
    """Have workflows that wait for their next touch plan it anew.

    Args:
        why: a word that the messages are known by.
    """
    event = asdict(JourneyEvent(EventCode.REPLAN))
    post_all(
        connection,
        [
            QueuedMessage(f"{why}:{one}:{uuid.uuid4()}", one, "signal", event, "engagement")
            for one in workflow_ids
        ],
    )


def notify_sales_sweep(connection: Connection, policy: str, version: int) -> bool:
    """Tell the sales sweep that a new version of the policy, ``team`` or ``sla``, is in force."""
    return post(
        connection,
        key=f"sales-sweep:{policy}-{version}",
        workflow_id=SALES_SWEEP_ID,
        kind="signal",
        name="team_changed",
        payload=asdict(JourneyEvent(EventCode.REPLAN)),
    )


def start_again(
    connection: Connection,
    lead_id: int,
    *,
    phase: Phase,
    cycle: int,
    reason: str,
    meeting_id: int = 0,
    cadence: str = "",
) -> bool:
    """Queue a new journey, in ``phase``, for a lead whose last one has ended; Nurture needs a
    ``cadence``."""
    payload = {"reason": reason, "meeting_id": meeting_id, "cadence": cadence}
    return post_all(connection, [journey_start(lead_id, phase, payload, again=cycle)]) == 1


def journey_start(
    lead_id: int, phase: Phase, payload: Mapping[str, Any], *, again: int = 0
) -> QueuedMessage:
    """The start of a lead's journey in ``phase``, one however many want it.

    Args:
        again: the cycle in which it begins, of a lead whose last journey has ended; 0 for the
            first journey.
    """
    workflow = journey_id(lead_id)
    return QueuedMessage(
        key=f"start-again:{workflow}:{again}" if again else f"start:{workflow}",
        workflow_id=workflow,
        kind="start_again" if again else "start",
        name=phase,
        payload={"lead_id": lead_id, **payload} | ({"cycle": again} if again else {}),
    )
