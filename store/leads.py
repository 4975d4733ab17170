"""Leads as people look at them: found and listed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.names import full_name, id_named
from domain.scoring.policy import ScoringPolicy
from domain.scoring.standing import standing_of
from store.engagement import record_engagement
from store.lead_search import searched
from store.policies import policy
from store.scoring import points_now

MOST_POINTS = 10_000
"""What may be added to a score, or taken away, at once."""


@dataclass(frozen=True)
class LeadLine:
    """A lead as a list shows it."""

    id: int
    first_name: str
    last_name: str
    company: str
    email: str
    stage: str
    phase: str
    phase_reason: str
    cycle: int
    owner: str
    score: int
    grade: str
    """Fit letter and interest level, such as ``B2``."""
    time_zone: str

    @property
    def name(self) -> str:
        """The lead's name in the order of its script, else the e-mail address."""
        return full_name(self.first_name, self.last_name) or self.email


_LINE = """
    SELECT lead.id, first_name, last_name, coalesce(account.name, '') AS company, email, stage,
        phase, phase_reason, cycle, lead.owner, lead.time_zone, fit, interest, interest_as_of
    FROM lead LEFT JOIN account ON account.id = lead.account_id
"""


def find_lead(connection: Connection, who: str, now: datetime) -> LeadLine | None:
    """The lead with this id (``42`` or ``lead-42``) or e-mail address as it is at ``now``
    (journey time, UTC), or None."""
    number = id_named(who, "lead")
    condition = "lead.id = :id" if number else "email_key = :email"
    row = connection.execute(
        text(f"{_LINE} WHERE {condition}"),
        {"id": number, "email": who.strip().casefold()},
    ).first()
    return _line(policy(connection, ScoringPolicy, "scoring"), row, now) if row else None


def list_leads(
    connection: Connection, now: datetime, *, stage: str = "", phase: str = "", limit: int = 50
) -> list[LeadLine]:
    """Leads by stage and phase ('' for any) as they are at ``now`` (journey time, UTC), the one
    whose phase is youngest first."""
    rows = connection.execute(
        text(
            f"{_LINE} WHERE (:stage = '' OR stage = :stage) AND (:phase = '' OR phase = :phase) "
            "ORDER BY phase_since DESC NULLS LAST, lead.id LIMIT :limit"
        ),
        {"stage": stage, "phase": phase, "limit": limit},
    ).all()
    if not rows:
        return []
    rules = policy(connection, ScoringPolicy, "scoring")
    return [_line(rules, row, now) for row in rows]


def leads_page(
    connection: Connection,
    now: datetime,
    *,
    stage: str = "",
    phase: str = "",
    owner: str | None = None,
    account_id: int | None = None,
    team: str | None = None,
    search: str = "",
    after: int = 0,
    limit: int = 50,
) -> list[LeadLine]:
    """Leads in the order of their ids, from the one after ``after``, as they are at ``now``
    (journey time, UTC).

    Args:
        owner: code of a rep, '' for those nobody owns, None for any.
        team: only those whose owner is of this team; None for all.
        search: beginnings of words that the lead or its account has (``store.lead_search``).
    """
    words, values = searched(connection, search)
    rows = connection.execute(
        text(
            f"{_LINE} WHERE {''.join(f'{word} AND ' for word in words)}lead.id > :after "
            "AND (:stage = '' OR stage = :stage) "
            "AND (:phase = '' OR phase = :phase) "
            "AND (cast(:owner AS text) IS NULL OR lead.owner = :owner) "
            "AND (cast(:account AS bigint) IS NULL OR account_id = :account) "
            "AND (cast(:team AS text) IS NULL "
            "OR lead.owner IN (SELECT code FROM rep WHERE rep.team = :team)) "
            "ORDER BY lead.id LIMIT :limit"
        ),
        values
        | {
            "after": after,
            "stage": stage,
            "phase": phase,
            "owner": owner,
            "account": account_id,
            "team": team,
            "limit": limit,
        },
    ).all()
    if not rows:
        return []
    rules = policy(connection, ScoringPolicy, "scoring")
    return [_line(rules, row, now) for row in rows]


def _line(rules: ScoringPolicy, row: Row[Any], now: datetime) -> LeadLine:
    values = dict(row._mapping)
    for name in ("fit", "interest", "interest_as_of"):
        del values[name]
    points = points_now(rules, row, now)
    return LeadLine(**values, score=points, grade=standing_of(rules, row.fit, points).grade)


def add_points(connection: Connection, lead_id: int, points: int, at: datetime) -> None:
    """Add ``points`` (may be negative) to a lead's score, as an engagement of kind ``score`` at
    ``at`` (journey time, UTC). Each call counts."""
    key = f"score:{uuid.uuid4()}"
    record_engagement(connection, lead_id=lead_id, kind="score", at=at, key=key, points=points)
