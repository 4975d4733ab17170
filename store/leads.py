"""Leads as people look at them: found, listed, with their history."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.names import full_name
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


@dataclass(frozen=True)
class HistoryLine:
    """Something that happened to a lead; ``at`` is journey time, UTC."""

    at: datetime
    what: str
    detail: str


_LINE = """
    SELECT lead.id, first_name, last_name, coalesce(account.name, '') AS company, email, stage,
        phase, phase_reason, cycle, lead.owner, lead.time_zone, fit, interest, interest_as_of
    FROM lead LEFT JOIN account ON account.id = lead.account_id
"""
_HISTORY = text(
    """
    SELECT at, what, detail FROM (
        SELECT at, 'stage' AS what,
            to_stage || ' · ' || phase || ' · ' || reason || ' · cycle ' || cycle AS detail
        FROM stage_transition WHERE lead_id = :lead
        UNION ALL
        SELECT coalesce(sent_at, planned_at), 'mail', state || ' · ' || step
            || CASE WHEN error = '' THEN '' ELSE ' · ' || error END
        FROM touch WHERE lead_id = :lead
        UNION ALL
        SELECT at, 'engagement', concat_ws(' · ', kind,
            coalesce(nullif(name, ''), detail->>'path', detail->>'url'), CASE machine
            WHEN '' THEN to_char(points, 'FMSG9,999,999,990') || ' points'
            ELSE 'a machine (' || replace(machine, '_', ' ') || ')' END)
        FROM engagement WHERE lead_id = :lead
        UNION ALL
        SELECT coalesce(completed_at, opened_at), 'task', kind || ' ' || id || ' · ' || state
            || CASE WHEN disposition = '' THEN '' ELSE ' · ' || disposition END
        FROM task WHERE lead_id = :lead
        UNION ALL
        SELECT cast(typed->>'at' AS timestamptz), 'refused', concat_ws(' · ',
            task.kind || ' ' || task.id, typed->>'disposition', typed->>'reason',
            'by ' || (typed->>'by'), typed->>'note')
        FROM task, jsonb_array_elements(coalesce(task.answer->'refused', '[]')) AS typed
        WHERE lead_id = :lead
        UNION ALL
        SELECT starts_at, 'meeting', state || ' · attempt ' || attempt
        FROM meeting WHERE lead_id = :lead
        UNION ALL
        SELECT at, 'owner', concat_ws(' · ', coalesce(nullif(owner, ''), 'nobody'),
            replace(cause, '_', ' '), 'from ' || nullif(previous, ''), 'by ' || nullif(by, ''))
        FROM assignment WHERE lead_id = :lead
        UNION ALL
        SELECT sla_action.at, 'promise', concat_ws(' · ', replace(promise, '_', ' '),
            replace(action, '_', ' '), nullif(sla_action.detail, ''),
            CASE WHEN sla_action.pilot THEN 'only noted' END)
        FROM sla_action JOIN sla_clock ON sla_clock.id = clock_id WHERE lead_id = :lead
        UNION ALL
        SELECT at, 'consent',
            concat_ws(' · ', action, nullif(topic, ''), source, nullif(evidence, ''))
        FROM consent_record WHERE email_key = (SELECT email_key FROM lead WHERE id = :lead)
    ) AS events ORDER BY at, what
    """
)


def find_lead(connection: Connection, who: str, now: datetime) -> LeadLine | None:
    """The lead with this id (``42`` or ``lead-42``) or e-mail address as it is at ``now``
    (journey time, UTC), or None."""
    number = who.removeprefix("lead-")
    is_id = number.isascii() and number.isdigit()
    condition = "lead.id = :id" if is_id else "email_key = :email"
    row = connection.execute(
        text(f"{_LINE} WHERE {condition}"),
        {
            "id": int(number) if is_id else 0,
            "email": who.strip().casefold(),
        },
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


def history(connection: Connection, lead_id: int) -> list[HistoryLine]:
    """Everything that happened to a lead, the oldest first."""
    rows: Any = connection.execute(_HISTORY, {"lead": lead_id})
    return [HistoryLine(**row._mapping) for row in rows]


def add_points(connection: Connection, lead_id: int, points: int, at: datetime) -> None:
    """Add ``points`` (may be negative) to a lead's score, as an engagement of kind ``score`` at
    ``at`` (journey time, UTC). Each call counts."""
    key = f"score:{uuid.uuid4()}"
    record_engagement(connection, lead_id=lead_id, kind="score", at=at, key=key, points=points)
