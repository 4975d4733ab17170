"""Events for other programs (Standard Webhooks): written where they become true, sent by workflows.

Payloads hold ids, codes and times. Who wants the name behind an id asks the API for it.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select, text, update
from sqlalchemy.dialects.postgresql import insert

from domain.contracts.webhooks import TEST_EVENT, WEBHOOK_WORKFLOW, webhook_workflow_id
from domain.refusals import Conflict
from domain.sentences import sentence
from store.outbox.relay_messages import QueuedMessage, post_all
from store.tables import WebhookDelivery, WebhookEndpoint


@dataclass(frozen=True)
class EndpointLine:
    """An endpoint as a list shows it; ``events`` is empty for all. One that is not active is
    paused, unless it was removed."""

    id: int
    url: str
    events: list[str]
    active: bool
    removed: bool
    created_at: datetime


@dataclass(frozen=True)
class DeliveryLine:
    """A delivery as the log shows it. Times are real time, UTC."""

    id: int
    url: str
    event_id: str
    event_type: str
    state: str
    attempts: int
    status: int | None
    error: str
    created_at: datetime
    last_attempt_at: datetime | None


@dataclass(frozen=True)
class Outgoing:
    """What an attempt sends: where, signed with which secret, and the body."""

    url: str
    secret: str
    event_id: str
    body: str


# Event type → the rows it tells of: key of the event, time, data.
_TASK = """
    SELECT 'task-' || id || '-{state}' AS key, {at} AS at, jsonb_build_object(
        'task_id', id, 'lead_id', lead_id, 'kind', kind, 'attempt', attempt, 'owner', owner,
        'hot', hot, 'due_at', due_at{more}) AS data
    FROM task WHERE id = ANY(cast(:ids AS bigint[]))
"""
_MEETING = """
    SELECT 'meeting-' || id || '-' || attempt || '-{state}' AS key,
        cast(:at AS timestamptz) AS at, jsonb_build_object(
        'meeting_id', id, 'lead_id', lead_id, 'owner', owner, 'starts_at', starts_at,
        'minutes', minutes, 'attempt', attempt) AS data
    FROM meeting WHERE id = ANY(cast(:ids AS bigint[]))
"""
_MERGE = """
    SELECT '{what}-' || id AS key, {at} AS at, jsonb_build_object(
        'lead_id', into_id, 'merged_id', merged_id) AS data
    FROM lead_merge WHERE id = ANY(cast(:ids AS bigint[]))
"""
_ROWS = {
    "lead.stage_changed": """
        SELECT 'stage-' || move.id AS key, at, jsonb_build_object(
            'lead_id', lead_id, 'from', from_stage, 'to', to_stage, 'phase', move.phase,
            'reason', reason, 'cycle', move.cycle, 'owner', lead.owner) AS data
        FROM stage_transition AS move JOIN lead ON lead.id = lead_id
        WHERE move.id = ANY(cast(:ids AS bigint[])) AND from_stage <> to_stage
    """,
    "lead.became_ready": """
        SELECT 'ready-' || lead_id || '-' || crossing.cycle AS key, at, jsonb_build_object(
            'lead_id', lead_id, 'cycle', crossing.cycle, 'cause', cause, 'grade', grade,
            'score', score, 'hot', hot) AS data
        FROM crossing JOIN lead ON lead.id = lead_id AND lead.crossed_cycle = crossing.cycle
        WHERE lead_id = ANY(cast(:ids AS bigint[]))
    """,
    "lead.erased": """
        SELECT 'erased-' || id AS key, cast(:at AS timestamptz) AS at,
            jsonb_build_object('lead_id', id) AS data
        FROM lead WHERE id = ANY(cast(:ids AS bigint[]))
    """,
    "lead.merged": _MERGE.format(what="merged", at="at"),
    "lead.merge_undone": _MERGE.format(what="merge-undone", at="undone_at"),
    "task.opened": _TASK.format(state="opened", at="opened_at", more=""),
    "task.completed": _TASK.format(
        state="completed",
        at="completed_at",
        more=", 'disposition', disposition, 'reason', answer->>'reason', 'by', completed_by",
    ),
    "sla.breached": """
        SELECT 'sla-' || clock.id || '-breached' AS key, action.at, jsonb_build_object(
            'promise', promise, 'lead_id', lead_id, 'task_id', task_id, 'owner', owner,
            'team', team, 'due_at', due_at, 'pilot', action.pilot) AS data
        FROM sla_action AS action JOIN sla_clock AS clock ON clock.id = clock_id
        WHERE clock.id = ANY(cast(:ids AS bigint[])) AND action.action = 'breach'
    """,
    "alert.raised": """
        SELECT 'alert-' || id || '-' || extract(epoch FROM raised_at)::bigint AS key,
            raised_at AS at, jsonb_build_object(
            'alert_id', id, 'kind', kind, 'lead_id', lead_id, 'owner', owner, 'due_at', due_at)
            AS data
        FROM alert WHERE id = ANY(cast(:ids AS bigint[]))
    """,
    "opportunity.closed": """
        SELECT 'opportunity-' || id || '-closed' AS key, closed_at AS at, jsonb_build_object(
            'opportunity_id', id, 'lead_id', lead_id, 'account_id', account_id, 'owner', owner,
            'stage', stage, 'outcome', outcome, 'reason', outcome_reason,
            'amount', cast(amount AS text), 'currency', currency) AS data
        FROM opportunity WHERE id = ANY(cast(:ids AS bigint[]))
    """,
} | {
    f"meeting.{state}": _MEETING.format(state=state)
    for state in ("booked", "rescheduled", "cancelled", "held", "no_show")
}
_WRITE = """
    INSERT INTO webhook_delivery (endpoint_id, event_id, event_type, payload)
    SELECT endpoint.id, one.key, :type,
        jsonb_build_object('type', cast(:type AS text), 'timestamp', one.at, 'data', one.data)
    FROM webhook_endpoint AS endpoint, ({rows}) AS one
    WHERE endpoint.active
        AND (endpoint.events = '[]' OR jsonb_exists(endpoint.events, :type))
    ORDER BY one.key, endpoint.id
    ON CONFLICT (endpoint_id, event_id) DO NOTHING
    RETURNING id
"""


def announce(connection: Connection, event_type: str, *ids: int, at: datetime | None = None) -> int:
    """Tell all endpoints that want to know what has just become true of some rows; it goes out
    when the transaction is committed. Told twice, it goes out once.

    Args:
        event_type: one of ``domain.contracts.webhooks.EVENTS``.
        ids: of stage transitions, of leads that crossed or were erased, of tasks, of meetings, of
            SLA clocks, of alerts, of opportunities, as the type says.
        at: journey time (UTC) of what happened to a meeting, or of an erasure; now when left out.
            The other rows have theirs.

    Returns:
        How many deliveries there are of it. Without endpoints this is one quick query.
    """
    if not ids:
        return 0
    new = connection.execute(
        text(_WRITE.format(rows=_ROWS[event_type])),
        {"type": event_type, "ids": list(ids), "at": at or datetime.now(UTC)},
    )
    deliveries = list(new.scalars())
    post_all(connection, [_message(delivery, f"webhook:{delivery}") for delivery in deliveries])
    return len(deliveries)


def send_test(connection: Connection, url: str) -> int | None:
    """Send an endpoint an event that tells of nothing, signed and tried again as any other.

    Returns:
        The delivery's id; None when nothing goes to this address now.
    """
    at = datetime.now(UTC)
    delivery: int | None = connection.scalar(
        text(
            """
            INSERT INTO webhook_delivery (endpoint_id, event_id, event_type, payload)
            SELECT id, 'test-' || gen_random_uuid(), :type, jsonb_build_object(
                'type', cast(:type AS text), 'timestamp', cast(:at AS timestamptz),
                'data', jsonb_build_object('endpoint_id', id))
            FROM webhook_endpoint WHERE url = :url AND active
            RETURNING id
            """
        ),
        {"type": TEST_EVENT, "at": at, "url": url},
    )
    if delivery is not None:
        post_all(connection, [_message(delivery, f"webhook:{delivery}")])
    return delivery


def find_delivery(connection: Connection, delivery_id: int) -> DeliveryLine | None:
    """One delivery of the log."""
    found = list_deliveries(connection, before=delivery_id + 1, limit=1)
    return found[0] if found and found[0].id == delivery_id else None


def _message(delivery_id: int, key: str) -> QueuedMessage:
    return QueuedMessage(
        key=key,
        workflow_id=webhook_workflow_id(delivery_id),
        kind="webhook",
        name=WEBHOOK_WORKFLOW,
        payload={"delivery_id": delivery_id},
    )


def add_endpoint(connection: Connection, url: str, events: Sequence[str]) -> str | None:
    """Send events (none for all) to ``url`` from now on; one that was removed comes back with a
    new secret.

    Returns:
        The secret (``whsec_…``); None when events go there already.
    """
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    values = {"secret": secret, "events": sorted(set(events)), "active": True}
    made = connection.execute(
        insert(WebhookEndpoint)
        .values(url=url, **values)
        .on_conflict_do_update(
            index_elements=["url"], set_=values, where=WebhookEndpoint.active.is_(False)
        )
        .returning(WebhookEndpoint.id)
    ).first()
    return secret if made else None


def remove_endpoint(connection: Connection, url: str) -> bool:
    """Send nothing more to ``url`` and forget its secret; the log stays. False when it is none."""
    return _switch(connection, url, active=False, secret="")


def pause_endpoint(connection: Connection, url: str, *, paused: bool) -> bool:
    """Send nothing to ``url`` until it is resumed; what happens meanwhile never goes there.

    Returns:
        False when there is no such endpoint, or it was removed.
    """
    return _switch(connection, url, active=not paused)


def _switch(connection: Connection, url: str, **values: Any) -> bool:
    switched = connection.execute(
        update(WebhookEndpoint)
        .where(WebhookEndpoint.url == url, WebhookEndpoint.secret != "")
        .values(values)
        .returning(WebhookEndpoint.id)
    ).first()
    return switched is not None


def list_endpoints(
    connection: Connection, *, after: str = "", limit: int | None = None
) -> list[EndpointLine]:
    """Endpoints by address, from the one after the address ``after``, those that were removed or
    switched off too; ``limit`` None: all."""
    rows = connection.execute(
        select(
            WebhookEndpoint.id,
            WebhookEndpoint.url,
            WebhookEndpoint.events,
            WebhookEndpoint.active,
            (WebhookEndpoint.secret == "").label("removed"),
            WebhookEndpoint.created_at,
        )
        .where(WebhookEndpoint.url > after)
        .order_by(WebhookEndpoint.url)
        .limit(limit)
    )
    return [EndpointLine(**row._mapping) for row in rows]


def list_deliveries(
    connection: Connection, *, failed: bool = False, before: int | None = None, limit: int = 50
) -> list[DeliveryLine]:
    """The log, the newest first; ``before`` is the last id of the page before."""
    query = (
        select(
            WebhookDelivery.id,
            WebhookEndpoint.url,
            WebhookDelivery.event_id,
            WebhookDelivery.event_type,
            WebhookDelivery.state,
            WebhookDelivery.attempts,
            WebhookDelivery.status,
            WebhookDelivery.error,
            WebhookDelivery.created_at,
            WebhookDelivery.last_attempt_at,
        )
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .order_by(WebhookDelivery.id.desc())
        .limit(limit)
    )
    if failed:
        query = query.where(WebhookDelivery.state == "failed")
    if before is not None:
        query = query.where(WebhookDelivery.id < before)
    return [DeliveryLine(**row._mapping) for row in connection.execute(query)]


def payload_of(connection: Connection, delivery_id: int) -> dict[str, object] | None:
    """What a delivery says; None when there is no such delivery."""
    return connection.scalar(
        select(WebhookDelivery.payload).where(WebhookDelivery.id == delivery_id)
    )


def resend(connection: Connection, delivery_id: int) -> None:
    """Send a delivery (again) now, under the same ``webhook-id``; one that waits for its next
    attempt waits no longer.

    Raises:
        Conflict: there is no such delivery, or nothing goes to its endpoint any more.
    """
    row = connection.execute(
        select(WebhookDelivery.attempts, WebhookEndpoint.active, WebhookEndpoint.url)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(WebhookDelivery.id == delivery_id)
        .with_for_update(of=WebhookDelivery)
    ).first()
    if row is None:
        raise Conflict(sentence("There is no delivery {delivery}.", delivery=delivery_id))
    if not row.active:
        raise Conflict(
            sentence(
                "Nothing is sent to {url} any more: add the endpoint again, then send this again.",
                url=row.url,
            )
        )
    connection.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id)
        .values(state="waiting", error="")
    )
    post_all(connection, [_message(delivery_id, f"webhook:{delivery_id}:{row.attempts}")])


def begin_attempt(connection: Connection, delivery_id: int) -> Outgoing | None:
    """Count an attempt and say what to send; None when nothing is to be sent: it was delivered,
    or its endpoint was removed meanwhile."""
    row = connection.execute(
        select(
            WebhookDelivery.state,
            WebhookDelivery.event_id,
            WebhookDelivery.payload,
            WebhookEndpoint.active,
            WebhookEndpoint.url,
            WebhookEndpoint.secret,
        )
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(WebhookDelivery.id == delivery_id)
        .with_for_update(of=WebhookDelivery)
    ).one()
    if row.state != "waiting":
        return None
    if not row.active:
        end_attempt(connection, delivery_id, "failed", None, "the endpoint is switched off")
        return None
    connection.execute(
        text(
            "UPDATE webhook_delivery SET attempts = attempts + 1, last_attempt_at = now() "
            "WHERE id = :id"
        ),
        {"id": delivery_id},
    )
    body = json.dumps(row.payload, ensure_ascii=False, separators=(",", ":"))
    return Outgoing(row.url, row.secret, row.event_id, body)


def end_attempt(
    connection: Connection, delivery_id: int, state: str, status: int | None, error: str
) -> None:
    """Note how an attempt went: ``waiting`` (for the next one), ``delivered`` or ``failed``.

    Args:
        status: HTTP status of the answer; None without one.
    """
    connection.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.state == "waiting")
        .values(state=state, status=status, error=error)
    )


def switch_off(connection: Connection, delivery_id: int) -> None:
    """Send nothing more to the endpoint of this delivery, which said that it is gone."""
    connection.execute(
        text(
            "UPDATE webhook_endpoint SET active = false "
            "WHERE id = (SELECT endpoint_id FROM webhook_delivery WHERE id = :id)"
        ),
        {"id": delivery_id},
    )
