"""What a manager sees of the team: absences to come, work that is late, what an absence moves, and
who could take the leads that wait. Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from domain.names import full_name
from domain.sales.team import TeamPolicy
from store.routing.presence import MeetingAhead, RepLine, meetings_during, moves_leads, reps
from store.routing.roster import team_policy
from store.routing.unassigned import UnassignedLead, unassigned
from store.tables import IN_SALES_HANDS

MOST = 500
"""Leads of a rep that a list shows."""


@dataclass(frozen=True)
class AbsenceLine:
    """Time off, of now or to come."""

    id: int
    rep: str
    begins_at: datetime
    until: datetime
    reason: str


@dataclass(frozen=True)
class Member:
    """A rep as the team's list shows one, with the tasks that are late and the time off."""

    rep: RepLine
    tasks_late: int
    absences: tuple[AbsenceLine, ...]


@dataclass(frozen=True)
class WorkLine:
    """A lead of a rep in sales' hands, or one for whose owner the rep does a task; ``kind`` and
    ``due_at`` are of the open task that is due first ('' and None without one)."""

    lead_id: int
    name: str
    company: str
    phase: str
    owner: str
    kind: str
    due_at: datetime | None


@dataclass(frozen=True)
class Moves:
    """What an absence moves: the tasks due before its end, which colleagues do. In one of more
    than a business day (``with_leads``) the rep's own leads go with them."""

    tasks: tuple[WorkLine, ...]
    meetings: tuple[MeetingAhead, ...]
    with_leads: bool


@dataclass(frozen=True)
class Taker:
    """A rep who may take a lead by the rules; ``why_not`` is away, full or '' for free."""

    code: str
    why_not: str


@dataclass(frozen=True)
class QueuedLead:
    """A lead in the unassigned queue and those who may take it."""

    lead: UnassignedLead
    takers: tuple[Taker, ...]


def members(connection: Connection, now: datetime, team: str | None = None) -> list[Member]:
    """The reps (of ``team``) in the order of the team's file."""
    late = {
        row.owner: row.tasks
        for row in connection.execute(
            text(
                "SELECT owner, count(*) AS tasks FROM task WHERE state = 'open' AND due_at < :now "
                "GROUP BY owner"
            ),
            {"now": now},
        )
    }
    off: dict[str, list[AbsenceLine]] = {}
    for row in connection.execute(
        text(
            "SELECT id, rep, begins_at, until, reason FROM absence WHERE until > :now "
            "ORDER BY begins_at, id"
        ),
        {"now": now},
    ):
        off.setdefault(row.rep, []).append(AbsenceLine(**row._mapping))
    return [
        Member(one, late.get(one.code, 0), tuple(off.get(one.code, ())))
        for one in reps(connection, now)
        if team is None or one.team == team
    ]


def work_of(connection: Connection, rep: str, limit: int = MOST) -> list[WorkLine]:
    """The rep's leads in sales' hands, and those whose task the rep has; by when it is due."""
    return _work(connection, rep, limit=limit)


def what_moves(connection: Connection, rep: str, begins_at: datetime, until: datetime) -> Moves:
    """What an absence of that time would move, as it is now; tasks that are opened in it follow."""
    return Moves(
        tuple(_work(connection, rep, due_before=until)),
        tuple(meetings_during(connection, rep, begins_at, until)),
        moves_leads(connection, rep, begins_at, until),
    )


def queue(
    connection: Connection, now: datetime, team: str | None = None, limit: int | None = None
) -> list[QueuedLead]:
    """The unassigned queue (of ``team``), the longest waiting first, and who may take each;
    ``limit``
    None: all of it."""
    waiting = unassigned(connection, team, limit=limit)
    rules = team_policy(connection)
    if not waiting or rules is None:
        return [QueuedLead(one, ()) for one in waiting]
    known = reps(connection, now)
    named = {one.rule for one in waiting}
    takers = {rule: _takers(rules, rule, known) for rule in named}
    return [QueuedLead(one, takers[one.rule]) for one in waiting]


def _takers(rules: TeamPolicy, rule: str, known: Sequence[RepLine]) -> tuple[Taker, ...]:
    """Whom a routing rule sends leads to, and what keeps them from taking one."""
    to = next((one.to for one in rules.routing if one.rule == rule), None)
    return tuple(
        Taker(one.code, _why_not(one))
        for one in known
        if one.cap and (to is None or one.code in to or one.team in to)
    )


def _why_not(rep: RepLine) -> str:
    if not rep.present or rep.back_at is not None:
        return "away"
    return "full" if rep.open_leads >= rep.cap else ""


def _work(
    connection: Connection, rep: str, due_before: datetime | None = None, limit: int = MOST
) -> list[WorkLine]:
    """Of the rep's work, all or what has a task due before a time."""
    rows = connection.execute(
        text(
            f"""
            SELECT lead.id AS lead_id, first_name, last_name, email, phase, lead.owner,
                coalesce(account.name, '') AS company, coalesce(task.kind, '') AS kind, task.due_at
            FROM lead LEFT JOIN account ON account.id = lead.account_id
            LEFT JOIN LATERAL (
                SELECT kind, due_at FROM task
                WHERE task.lead_id = lead.id AND state = 'open' AND task.owner = :rep
                ORDER BY due_at, task.id LIMIT 1
            ) AS task ON true
            WHERE lead.id IN (SELECT lead_id FROM task WHERE owner = :rep AND state = 'open'
                    UNION SELECT id FROM lead WHERE owner = :rep AND phase IN {IN_SALES_HANDS})
                AND (cast(:before AS timestamptz) IS NULL OR task.due_at < :before)
            ORDER BY task.due_at, lead.id LIMIT :limit
            """
        ),
        {"rep": rep, "before": due_before, "limit": limit},
    )
    return [
        WorkLine(
            row.lead_id,
            full_name(row.first_name, row.last_name) or row.email,
            row.company,
            row.phase,
            row.owner,
            row.kind,
            row.due_at,
        )
        for row in rows
    ]
