"""Leads as people look at them: found and listed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, text

from domain.email.addresses import address_key
from domain.names import full_name, id_named
from domain.scoring.interest import Interest
from domain.scoring.policy import ScoringPolicy
from domain.scoring.standing import standing_of
from store.identities.merged_leads import LEAD_AT
from store.published.policies import policy
from store.scoring.engagement import record_engagement
from store.scoring.scoring import points_now

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
    """Points of interest."""
    grade: str
    """Fit letter and interest level, such as ``B2``."""
    fit: str
    """Letter A to D."""
    fit_points: int
    interest: int
    """Level 1 (most) to 4."""
    time_zone: str

    @property
    def name(self) -> str:
        """The lead's name in the order of its script, else the e-mail address."""
        return full_name(self.first_name, self.last_name) or self.email


# Interest decays at one rate for all, so leads stand in the same order at any time: by the moment
# at which one point of each will be left.
INTEREST_ORDER = (
    "CASE WHEN {0}.interest > 0 THEN ln({0}.interest) / ln(2.0::float8) * :half_life "
    "+ date_part('epoch', {0}.interest_as_of) ELSE 0 END"
)
_LINE = """
    SELECT lead.id, first_name, last_name, coalesce(account.name, '') AS company, email, stage,
        phase, phase_reason, cycle, lead.owner, lead.time_zone, fit, fit_points, interest,
        interest_as_of
    FROM lead LEFT JOIN account ON account.id = lead.account_id
"""


LineOrder = Literal["phase", "fit", "interest"]
_ORDERS = {
    "phase": "phase_since DESC NULLS LAST, lead.id",
    "fit": "lead.fit_points DESC, lead.id DESC",
    "interest": f"{INTEREST_ORDER.format('lead')} DESC, lead.id DESC",
}


_PART_OF = """coalesce((SELECT lead_id FROM lead_merge WHERE merged_id = :id AND undone_at IS NULL
    ORDER BY id DESC LIMIT 1), :id)"""


def find_lead(connection: Connection, who: str, now: datetime) -> LeadLine | None:
    """The lead with this id (``42`` or ``lead-42``) or e-mail address as it is at ``now``
    (journey time, UTC), or None; of one that was merged away, the one that it is part of."""
    number = id_named(who, "lead")
    wanted = _PART_OF if number else LEAD_AT
    row = connection.execute(
        text(f"{_LINE} WHERE lead.id = {wanted}"),
        {"id": number, "email": address_key(who)},
    ).first()
    return _line(policy(connection, ScoringPolicy), row, now) if row else None


def list_leads(
    connection: Connection,
    now: datetime,
    *,
    stage: str = "",
    phase: str = "",
    order: LineOrder = "phase",
    limit: int = 50,
) -> list[LeadLine]:
    """Leads by stage and phase ('' for any) as they are at ``now`` (journey time, UTC): the one
    whose phase is youngest first, the best fitting or the most interested."""
    rules = policy(connection, ScoringPolicy)
    rows = connection.execute(
        text(
            f"{_LINE} WHERE (:stage = '' OR stage = :stage) AND (:phase = '' OR phase = :phase) "
            f"ORDER BY {_ORDERS[order]} LIMIT :limit"
        ),
        {
            "stage": stage,
            "phase": phase,
            "limit": limit,
            "half_life": rules.half_life.length.total_seconds(),
        },
    ).all()
    return [_line(rules, row, now) for row in rows]


def _line(rules: ScoringPolicy, row: Row[Any], now: datetime) -> LeadLine:
    values = dict(row._mapping)
    for name in ("fit", "interest", "interest_as_of"):
        del values[name]
    points = points_now(rules, Interest(row.interest, row.interest_as_of), now)
    standing = standing_of(rules, row.fit, points)
    return LeadLine(
        **values,
        score=points,
        grade=standing.grade,
        fit=standing.grade[0],
        interest=standing.level,
    )


def add_points(connection: Connection, lead_id: int, points: int, at: datetime) -> None:
    """Add ``points`` (may be negative) to a lead's score, as an engagement of kind ``score`` at
    ``at`` (journey time, UTC). Each call counts."""
    key = f"score:{uuid.uuid4()}"
    record_engagement(connection, lead_id=lead_id, kind="score", at=at, key=key, points=points)
