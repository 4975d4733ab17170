"""Addresses that get no mail, as lists show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, text

from domain.names import full_name
from store.tables import Lead


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
        AND (cast(:team AS text) IS NULL
             OR lead.owner IN (SELECT code FROM rep WHERE rep.team = :team))
    ORDER BY at DESC, suppression.email_key OFFSET :skip LIMIT :limit
    """
)


def list_suppressions(
    connection: Connection, *, search: str, team: str | None, skip: int, limit: int
) -> list[SuppressionLine]:
    """The latest first.

    Args:
        search: a part of the address; '' for all.
        team: only addresses of leads of this team; None for all, those of nobody too.
        skip: how many to leave out from the beginning.
    """
    values = {"search": search.strip().casefold(), "team": team, "skip": skip, "limit": limit}
    return [
        SuppressionLine(
            row.email_key, row.reason, row.at, row.id, full_name(row.first_name, row.last_name)
        )
        for row in connection.execute(_LINES, values)
    ]


def lead_with(connection: Connection, email_key: str) -> int | None:
    """Id of the lead that has this address."""
    return connection.scalar(select(Lead.id).where(Lead.email_key == email_key))
