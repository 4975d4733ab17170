"""Leads whose address only a browser brought: asked once in a while, and confirmed. Times are
journey time, UTC."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, text

from domain.cadences.triggers import Way
from domain.contracts.confirmation import CONFIRMATION_WORKFLOW, AskToConfirm
from store.access.write_keys import WriteKeySource
from store.outbox.entries import record_confirmed, record_entries
from store.outbox.relay_messages import QueuedMessage, post_all
from store.published.policies import PolicyMissing
from store.scoring.scoring import recount

UNCONFIRMED = "unconfirmed"
"""Why such a lead gets no mail from marketing."""
ASK_AGAIN = timedelta(days=7)
"""After which time an address that is brought again is asked again."""
MOST_TIMES = 3
MOST_AN_HOUR = 100
"""Mails that ask, for one write key. Who comes after them is asked later."""

WAITING = "EXISTS (SELECT FROM confirmation WHERE lead_id = lead.id AND confirmed_at IS NULL)"
"""SQL: whether a lead has yet to confirm its address."""

_ASK = text(
    """
    UPDATE confirmation SET asked_at = :now, times_asked = times_asked + 1
    WHERE lead_id IN (
        SELECT lead_id FROM confirmation JOIN lead ON lead.id = lead_id
        WHERE write_key_id = :key AND asks AND confirmed_at IS NULL
            AND (cast(:leads AS bigint[]) IS NULL OR lead_id = ANY(cast(:leads AS bigint[])))
            AND times_asked < CASE WHEN cast(:leads AS bigint[]) IS NULL THEN 1 ELSE :times END
            AND (asked_at IS NULL OR asked_at <= :before) AND lead.phase <> 'ended'
            AND NOT EXISTS (SELECT FROM suppression WHERE email_key = lead.email_key)
        ORDER BY lead_id LIMIT greatest(0, :most - (
            SELECT count(*) FROM confirmation
            WHERE write_key_id = :key AND asked_at > cast(:now AS timestamptz) - interval '1 hour'))
    )
    RETURNING lead_id, times_asked
    """
)


def await_confirmation(
    connection: Connection, lead_ids: Sequence[int], source: WriteKeySource, now: datetime
) -> None:
    """Note leads that a browser brought: marketing writes to them when they have confirmed."""
    if lead_ids:
        connection.execute(
            text(
                "INSERT INTO confirmation (lead_id, write_key_id, cadence, asks, brought_at) "
                "SELECT id, :key, :cadence, :asks, :now "
                "FROM unnest(cast(:leads AS bigint[])) AS id ON CONFLICT DO NOTHING"
            ),
            {"leads": list(lead_ids), "now": now, **_as_told(source)},
        )


def take_over(connection: Connection, lead_id: int, source: WriteKeySource, now: datetime) -> None:
    """A lead that waits came through this source, which asks, as well: it is asked once more. One
    that waits without a cadence begins with the source's, once it has confirmed. Journey time,
    UTC."""
    connection.execute(
        text(
            "UPDATE confirmation SET write_key_id = :key, cadence = :cadence, asks = :asks "
            "WHERE lead_id = :lead AND confirmed_at IS NULL AND cadence = ''"
        ),
        {"lead": lead_id, **_as_told(source)},
    )
    waits_for = connection.scalar(
        text("SELECT write_key_id FROM confirmation WHERE lead_id = :lead"), {"lead": lead_id}
    )
    ask(connection, waits_for, now, [lead_id])


def _as_told(source: WriteKeySource) -> dict[str, object]:
    asks = source.asks or bool(source.cadence)
    return {"key": source.id, "cadence": source.cadence, "asks": asks}


def ask(
    connection: Connection, write_key_id: int, now: datetime, lead_ids: Collection[int] | None
) -> int:
    """Have these leads asked to confirm, as far as they wait for it, were not asked lately and
    want mail at all; at most :data:`MOST_AN_HOUR` of one write key.

    Args:
        now: journey time, UTC.
        lead_ids: None for all who were never asked.

    Returns:
        How many are asked.
    """
    # Of two at once, the second counts what the first has asked.
    connection.execute(
        text("SELECT FROM write_key WHERE id = :key FOR NO KEY UPDATE"), {"key": write_key_id}
    )
    asked = connection.execute(
        _ASK,
        {
            "key": write_key_id,
            "leads": None if lead_ids is None else list(lead_ids),
            "now": now,
            "before": now - ASK_AGAIN,
            "times": MOST_TIMES,
            "most": MOST_AN_HOUR,
        },
    )
    requests = [AskToConfirm(row.lead_id, row.times_asked) for row in asked]
    return post_all(
        connection,
        [
            QueuedMessage(
                key=one.key,
                workflow_id=one.workflow_id,
                kind="confirm",
                name=CONFIRMATION_WORKFLOW,
                payload=asdict(one),
            )
            for one in sorted(requests, key=lambda one: one.lead_id)
        ],
    )


class LeadToAsk(NamedTuple):
    """Whom to ask, and in which language."""

    email: str
    language: str


def lead_to_ask(connection: Connection, lead_id: int) -> LeadToAsk | None:
    """A lead that is to be asked; None when it has confirmed, or wants no mail."""
    row = connection.execute(
        text(
            f"SELECT email, language FROM lead WHERE id = :id AND {WAITING} "
            "AND NOT EXISTS (SELECT FROM suppression WHERE email_key = lead.email_key)"
        ),
        {"id": lead_id},
    ).first()
    return None if row is None else LeadToAsk(*row)


def ask_who_waits(connection: Connection, now: datetime) -> int:
    """Ask those for whom there was no room in the hour they came; returns how many."""
    keys = connection.scalars(
        text(
            "SELECT DISTINCT write_key_id FROM confirmation "
            "WHERE asked_at IS NULL AND confirmed_at IS NULL AND asks ORDER BY 1"
        )
    )
    return sum(ask(connection, key, now, None) for key in keys.all())


def confirm(connection: Connection, lead_ids: Collection[int], now: datetime) -> list[int]:
    """Somebody who may has said that these leads' addresses are their own: they enter the
    cadence of the key that brought them, if they may, and who is ready for sales goes there.

    Args:
        now: journey time, UTC.

    Returns:
        The leads that waited for it.
    """
    if not lead_ids:
        return []
    rows = connection.execute(
        text(
            "UPDATE confirmation SET confirmed_at = :now "
            "WHERE lead_id = ANY(cast(:leads AS bigint[])) AND confirmed_at IS NULL "
            "RETURNING lead_id, cadence"
        ),
        {"leads": list(lead_ids), "now": now},
    ).all()
    confirmed = sorted(row.lead_id for row in rows)
    for cadence in {row.cadence for row in rows} - {""}:
        leads = [row.lead_id for row in rows if row.cadence == cadence]
        record_entries(connection, leads, cadence, way=Way.CONFIRMED, at=now)
    record_confirmed(connection, confirmed, now)
    if confirmed:
        with contextlib.suppress(PolicyMissing):
            recount(connection, confirmed, now)
    return confirmed


def confirm_address(connection: Connection, email_key: str, now: datetime) -> bool:
    """The same of the lead with this address; whether it waited for it."""
    lead_id = connection.scalar(
        text("SELECT id FROM lead WHERE email_key = :email"), {"email": email_key}
    )
    return bool(lead_id is not None and confirm(connection, [lead_id], now))


def is_waiting(connection: Connection, email_key: str) -> bool:
    """Whether the lead with this address has yet to confirm it."""
    return bool(
        connection.scalar(
            text(f"SELECT {WAITING} FROM lead WHERE email_key = :email"), {"email": email_key}
        )
    )
