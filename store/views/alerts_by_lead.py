"""What people must hear of now, lead by lead. Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.names import full_name


@dataclass(frozen=True)
class OpenAlert:
    """An alert nobody has answered, and for whom it is."""

    id: int
    kind: str
    owner: str
    due_at: datetime


@dataclass(frozen=True)
class LeadAlerts:
    """The open alerts about one lead, the one due first first. ``owner`` is the lead's; ``lead_id``
    is 0 where they are about no single lead."""

    lead_id: int
    name: str
    company: str
    owner: str
    alerts: tuple[OpenAlert, ...]


_GROUPS = text(
    """
    WITH open AS (
        SELECT id, kind, owner, due_at, coalesce(lead_id, 0) AS lead_id,
            coalesce(lead_id, -id) AS about FROM alert
        WHERE answered_at IS NULL AND (cast(:owner AS text) IS NULL OR owner = :owner)
    ), first AS (
        SELECT about, min(due_at) AS due FROM open GROUP BY about ORDER BY due, about LIMIT :limit
    )
    SELECT open.*, coalesce(lead.owner, '') AS lead_owner, coalesce(account.name, '') AS company,
        coalesce(lead.first_name, '') AS first_name, coalesce(lead.last_name, '') AS last_name
    FROM first JOIN open USING (about)
    LEFT JOIN lead ON lead.id = open.lead_id LEFT JOIN account ON account.id = lead.account_id
    ORDER BY first.due, open.about, open.due_at, open.id
    """
)


def alerts_by_lead(
    connection: Connection, owner: str | None = None, *, limit: int
) -> list[LeadAlerts]:
    """The open alerts for ``owner``, or everybody's, by lead: the lead with the one due first
    first; ``limit`` leads at most."""
    rows = connection.execute(_GROUPS, {"owner": owner, "limit": limit}).all()
    return list(_grouped(rows))


def _grouped(rows: Sequence[Row[Any]]) -> Iterator[LeadAlerts]:
    for _about, group in groupby(rows, lambda row: row.about):
        of_lead = list(group)
        one = of_lead[0]
        yield LeadAlerts(
            one.lead_id,
            full_name(one.first_name, one.last_name),
            one.company,
            one.lead_owner,
            tuple(OpenAlert(r.id, r.kind, r.owner, r.due_at) for r in of_lead),
        )
