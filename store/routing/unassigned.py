"""The unassigned queue: leads that nobody can take, and the alerts about them. Times are journey
time, UTC."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from domain.names import full_name
from domain.sales.team import Team, TeamPolicy
from store.alerts import NewAlert, raise_alerts
from store.published.policies import PolicyMissing, policy
from store.tables import IN_SALES_HANDS


@dataclass(frozen=True)
class UnassignedLead:
    """A lead without an owner in sales' hands; times are journey time, UTC."""

    lead_id: int
    name: str
    company: str
    country: str
    rule: str
    """The routing rule that fits the lead; '' for none."""
    since: datetime


_QUEUE = f"""
    FROM (
        SELECT lead.id, first_name, last_name, country, account_id,
            coalesce(last.rule, '') AS rule, coalesce(last.at, phase_since) AS since
        FROM lead LEFT JOIN LATERAL (
            SELECT rule, at FROM assignment
            WHERE assignment.lead_id = lead.id AND cause = 'unassigned' ORDER BY id DESC LIMIT 1
        ) AS last ON true
        WHERE lead.owner = '' AND phase IN {IN_SALES_HANDS}
    ) AS waiting
    WHERE (cast(:rules AS text[]) IS NULL OR rule = ANY(cast(:rules AS text[])))
"""


def unassigned(
    connection: Connection,
    of_team: str | None = None,
    *,
    after: Sequence[object] | None = None,
    limit: int | None = None,
) -> list[UnassignedLead]:
    """The queue, the longest waiting first; of one team the leads whose rule names it or a rep of
    it.

    Args:
        after: only those after the one with this ``since`` and ``lead_id``.
        limit: how many at most; None for all.
    """
    since, lead_id = after or (None, None)
    rows = connection.execute(
        text(
            f"""
            SELECT waiting.*, coalesce(
                (SELECT name FROM account WHERE account.id = account_id), '') AS company {_QUEUE}
                AND (:id IS NULL OR (since, waiting.id) > (:since, :id))
            ORDER BY since, waiting.id LIMIT :limit
            """
        ),
        {"rules": _rules(connection, of_team), "since": since, "id": lead_id, "limit": limit},
    )
    return [
        UnassignedLead(
            row.id,
            full_name(row.first_name, row.last_name),
            row.company,
            row.country,
            row.rule,
            row.since,
        )
        for row in rows
    ]


def how_many_wait(connection: Connection, of_team: str | None = None) -> int:
    """How many leads are in the queue, of a team or in all."""
    counted = connection.execute(
        text(f"SELECT count(*) {_QUEUE}"), {"rules": _rules(connection, of_team)}
    )
    return int(counted.scalar_one())


def _rules(connection: Connection, team: str | None) -> list[str] | None:
    """Names of the routing rules that send leads to a team, or to a rep of it; None for those of
    all teams."""
    if team is None:
        return None
    try:
        published = policy(connection, TeamPolicy)
    except PolicyMissing:
        return []
    codes = {team, *(rep.code for rep in published.reps_of(team))}
    return [rule.rule for rule in published.routing if codes & set(rule.to)]


def raise_at_once(
    connection: Connection,
    team: TeamPolicy,
    teams: Collection[str],
    assignment: int,
    now: datetime,
) -> None:
    """Alert those whose teams want to hear of unassigned leads without delay.

    Args:
        teams: codes of the teams that might have taken the lead.
        assignment: the id of the lead's assignment to the queue.
    """
    for one in team.teams:
        if one.team in teams and one.unassigned.after.span is None:
            _alert(connection, team, one, assignment=assignment, due=now, now=now)


def raise_overdue(
    connection: Connection,
    team: TeamPolicy,
    waiting: Sequence[tuple[Collection[str], int, datetime]],
    now: datetime,
) -> int:
    """Alert people about leads that have waited too long.

    Args:
        waiting: of each lead in the queue the codes of the teams that might take it, the id of
            its assignment to the queue, and since when it waits.

    Returns:
        How many alerts are new.
    """
    raised = 0
    for one in team.teams:
        for teams, assignment, since in waiting:
            due = one.unassigned.after.after(since, one.calendar)
            if one.team in teams and due <= now:
                raised += _alert(connection, team, one, assignment=assignment, due=due, now=now)
                break
    return raised


def settle(
    connection: Connection,
    team: TeamPolicy,
    waiting: Sequence[Collection[str]],
    now: datetime,
) -> None:
    """Answer the alerts of teams for which no lead waits any more.

    Args:
        waiting: of each lead in the queue the codes of the teams that might take it.
    """
    busy = {code for teams in waiting for code in teams}
    connection.execute(
        text(
            "UPDATE alert SET answered_at = :now WHERE kind = 'unassigned' "
            "AND answered_at IS NULL AND split_part(key, ':', 2) <> ALL(:busy)"
        ),
        {"now": now, "busy": sorted(busy & {one.team for one in team.teams})},
    )


def _alert(
    connection: Connection,
    policy: TeamPolicy,
    team: Team,
    *,
    assignment: int,
    due: datetime,
    now: datetime,
) -> int:
    """One alert per person and team as long as leads wait."""
    told = connection.execute(
        text(
            "SELECT owner FROM alert WHERE kind = 'unassigned' AND answered_at IS NULL "
            "AND split_part(key, ':', 2) = :team"
        ),
        {"team": team.team},
    ).scalars()
    people = set(policy.alerted(team)) - set(told)
    alerts = [
        NewAlert(f"unassigned:{team.team}:{person}:{assignment}", "unassigned", person, due)
        for person in sorted(people)
    ]
    return len(raise_alerts(connection, alerts, now, again=True))
