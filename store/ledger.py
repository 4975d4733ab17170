"""The ledger of touches: never the same touch twice, none dropped.

A touch is claimed before the provider is called and settled after; both are transactions of their
own. A claim that finds an earlier claim unsettled does not send: only the channel, or later the
provider's events, can say whether that one went out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, text

# Who gets no mail of this kind: marketing stops at any suppression, operational mail (a meeting's
# confirmation) only where the address itself is the trouble.
MARKETING_STOPS = ("unsubscribed", "bounced", "complained", "manual")
OPERATIONAL_STOPS = ("bounced", "complained")

_CLAIM = text(
    """
    INSERT INTO touch (key, lead_id, enrollment_id, template_version_id, step, channel, state,
                       claim, message_id, planned_at)
    SELECT :key, lead.id, cast(:enrollment AS bigint), :template_version, :step, :channel,
        CASE WHEN stopped.reason IS NULL THEN 'sending' ELSE 'suppressed' END,
        :claim, :message_id, :at
    FROM lead
    LEFT JOIN suppression stopped
        ON stopped.email_key = lead.email_key AND stopped.reason = ANY(:stops)
    WHERE lead.id = :lead
    ON CONFLICT (key) DO UPDATE SET
        claim = CASE WHEN touch.state = 'planned' THEN excluded.claim ELSE touch.claim END,
        state = CASE WHEN touch.state = 'planned' THEN excluded.state ELSE touch.state END
    RETURNING id, state, claim
    """
)
_SETTLE = text(
    """
    UPDATE touch SET state = :state, provider_message_id = :provider_id, error = :error,
        sent_at = CASE WHEN :state = 'sent' THEN cast(:at AS timestamptz) END
    WHERE key = :key AND state IN ('sending', 'unknown') AND (claim = :claim OR :state = 'sent')
    """
)
# Evidence of sending also closes a touch that waits to be tried again: the answer "not taken" was
# wrong, and another attempt would double it. That it was not sent leaves the retry its chance.
_SETTLE_BY_EVIDENCE = text(
    """
    UPDATE touch SET state = said.state, error = said.error,
        provider_message_id = coalesce(nullif(touch.provider_message_id, ''), said.provider_id),
        sent_at = CASE WHEN said.state = 'sent' THEN greatest(touch.planned_at, said.at) END
    FROM unnest(cast(:keys AS text[]), cast(:states AS text[]), cast(:ats AS timestamptz[]),
                cast(:provider_ids AS text[]), cast(:errors AS text[]))
        AS said (key, state, at, provider_id, error)
    WHERE touch.key = said.key
        AND (touch.state IN ('sending', 'unknown')
             OR (touch.state = 'planned' AND said.state = 'sent'))
    """
)


@dataclass(frozen=True)
class Claim:
    """The state of a touch after claiming it. ``mine`` is whether this claim may send, ``holder``
    the claim that the row carries."""

    touch_id: int
    state: str
    mine: bool
    holder: str


def claim(
    connection: Connection,
    *,
    key: str,
    claim: str,
    lead_id: int,
    enrollment_id: int | None,
    template_version_id: int,
    step: str,
    channel: str,
    message_id: str,
    stops: Sequence[str],
    at: datetime,
) -> Claim:
    """Take the touch ``key`` to ``sending``, unless it was claimed before or may not be sent.

    Suppression is checked in the same statement, so one that was committed before wins.

    Args:
        claim: names this run and attempt; two claims are never alike.
        stops: the suppression reasons that stop this kind of mail.
        at: journey time, UTC.
    """
    row = connection.execute(
        _CLAIM,
        {
            "key": key,
            "claim": claim,
            "lead": lead_id,
            "enrollment": enrollment_id,
            "template_version": template_version_id,
            "step": step,
            "channel": channel,
            "message_id": message_id,
            "stops": list(stops),
            "at": at,
        },
    ).one()
    return Claim(row.id, row.state, row.state == "sending" and row.claim == claim, row.claim)


def settle(
    connection: Connection,
    key: str,
    state: str,
    *,
    claim: str,
    at: datetime,
    provider_message_id: str = "",
    error: str = "",
) -> None:
    """Record what became of the touch under ``claim``: sent, failed, unknown, or planned (to try
    again).

    A touch that is settled already stays as it is. One that another attempt has claimed since can
    only become sent: an attempt that was given up on must not open it again.
    """
    connection.execute(
        _SETTLE,
        {
            "key": key,
            "state": state,
            "claim": claim,
            "provider_id": provider_message_id,
            "error": error,
            "at": at,
        },
    )


def find_touch(connection: Connection, key: str) -> Any | None:
    """The ledger row ``id, lead_id, state, template_version_id, sent_at`` of ``key``, or None."""
    return connection.execute(
        text("SELECT id, lead_id, state, template_version_id, sent_at FROM touch WHERE key = :key"),
        {"key": key},
    ).first()


@dataclass(frozen=True)
class Evidence:
    """What the provider itself says became of the touch ``key``. ``at`` is journey time, UTC;
    ``error`` a sentence without personal data, '' for a touch that was sent."""

    key: str
    state: Literal["sent", "failed"]
    at: datetime
    provider_message_id: str = ""
    error: str = ""


def settle_by_evidence(connection: Connection, evidence: Sequence[Evidence]) -> int:
    """Settle touches whose outcome nobody here knows, whoever claimed them.

    A touch that is settled already stays as it is. At most one piece of evidence per touch.

    Returns:
        How many touches it settled.
    """
    return connection.execute(
        _SETTLE_BY_EVIDENCE,
        {
            "keys": [said.key for said in evidence],
            "states": [said.state for said in evidence],
            "ats": [said.at for said in evidence],
            "provider_ids": [said.provider_message_id for said in evidence],
            "errors": [said.error for said in evidence],
        },
    ).rowcount


@dataclass(frozen=True)
class TouchOfLead:
    """A touch and whom it went to."""

    touch_id: int
    lead_id: int
    email_key: str


def touches_of_leads(connection: Connection, keys: Sequence[str]) -> dict[str, TouchOfLead]:
    """The touches with these keys, by key; those that do not exist are left out."""
    rows = connection.execute(
        text(
            "SELECT touch.key, touch.id, lead.id, lead.email_key FROM touch "
            "JOIN lead ON lead.id = touch.lead_id WHERE touch.key = ANY(cast(:keys AS text[]))"
        ),
        {"keys": list(keys)},
    )
    return {key: TouchOfLead(*rest) for key, *rest in rows}
