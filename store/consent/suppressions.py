"""Addresses that get no mail, as lists show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, text

from domain.names import full_name
from store.identities.merged_leads import lead_at
from store.tables import Suppression


@dataclass(frozen=True)
class SuppressionLine:
    """An address that is suppressed: why, since when (journey time, UTC), and the lead that has it
    (None and '' when none has)."""

    address: str
    reason: str
    at: datetime
    lead_id: int | None
    lead: str


_LINES = text(
    """
    SELECT suppression.email_key, reason, at, lead.id,
        coalesce(lead.first_name, '') AS first_name, coalesce(lead.last_name, '') AS last_name
    FROM suppression LEFT JOIN lead USING (email_key)
    WHERE (:search = '' OR strpos(suppression.email_key, :search) > 0)
        AND (:reasons = '{}' OR reason = ANY (cast(:reasons AS text[])))
        AND (cast(:team AS text) IS NULL
             OR lead.owner IN (SELECT code FROM rep WHERE rep.team = :team))
        AND (cast(:at AS timestamptz) IS NULL OR at < :at
             OR at = :at AND suppression.email_key > :last)
    ORDER BY at DESC, suppression.email_key LIMIT :limit
    """
)


def list_suppressions(
    connection: Connection,
    *,
    search: str,
    reasons: Sequence[str] = (),
    team: str | None,
    after: Sequence[object] | None = None,
    limit: int,
) -> list[SuppressionLine]:
    """The latest first.

    Args:
        search: a part of the address; '' for all.
        reasons: only those suppressed for one of them; none for all.
        team: only addresses of leads of this team; None for all, those of nobody too.
        after: only those after the one with this ``at`` and ``address``.
    """
    at, last = after or (None, None)
    words = search.strip().lower()
    values = {
        "search": words,
        "reasons": list(reasons),
        "team": team,
        "at": at,
        "last": last,
        "limit": limit,
    }
    return [
        SuppressionLine(
            row.email_key, row.reason, row.at, row.id, full_name(row.first_name, row.last_name)
        )
        for row in connection.execute(_LINES, values)
    ]


def reasons_there_are(connection: Connection) -> list[str]:
    """Why addresses are suppressed, each reason once."""
    return list(
        connection.scalars(select(Suppression.reason).distinct().order_by(Suppression.reason))
    )


def why_suppressed(connection: Connection, email_key: str) -> str | None:
    """The reason for which this address is suppressed; None when it is not."""
    return connection.scalar(select(Suppression.reason).where(Suppression.email_key == email_key))


def lead_with(connection: Connection, email_key: str) -> int | None:
    """Id of the lead that has this address."""
    return lead_at(connection, email_key)
