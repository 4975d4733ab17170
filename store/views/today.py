"""How a day stands: what waits, what was sent and what came of it; and the lists of what no other
list counts. Times are journey time, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from domain.contracts.journey import Stage
from domain.names import full_name
from store.erasure.erasure import ERASED
from store.routing.unassigned import how_many_wait
from store.views.figures import NOT_STARTED
from store.views.inbox import TaskFilter, how_many


@dataclass(frozen=True)
class DayFigures:
    """Figures of one day. ``tasks_open``, ``tasks_late`` and ``unassigned`` are as they are now;
    promises (``kept``, ``broken``) are those decided in the day; ``bounced`` and ``answered``
    count leads, ``meetings`` those that were not called off."""

    tasks_open: int
    tasks_late: int
    unassigned: int
    kept: int
    broken: int
    sent: int
    bounced: int
    answered: int
    meetings: int
    no_shows: int


@dataclass(frozen=True)
class DecidedPromise:
    """A promise that was kept or broken; ``owner`` is '' when it was the team's."""

    lead_id: int
    name: str
    company: str
    promise: str
    team: str
    owner: str
    kept: bool
    due_at: datetime
    ended_at: datetime


@dataclass(frozen=True)
class SentMail:
    """A mail that was sent; ``what`` is its template's name, else its step's."""

    touch_id: int
    lead_id: int
    name: str
    company: str
    owner: str
    what: str
    sent_at: datetime


_TEAMS = "(cast(:team AS text) IS NULL OR {} IN (SELECT code FROM rep WHERE rep.team = :team))"
# A figure and its list have the same condition.
_DECIDED = """
    sla_clock.state IN ('met', 'breached') AND ended_at >= :begins AND ended_at < :ends
    AND (cast(:team AS text) IS NULL OR sla_clock.team = :team)
"""
_SENT = f"""
    touch.state = 'sent' AND sent_at >= :begins AND sent_at < :ends
    AND {_TEAMS.format("lead.owner")}
"""
_DAY = text(
    f"""
    SELECT promises.kept, promises.broken, mails.sent, answers.bounced, answers.answered,
        met.meetings, met.no_shows
    FROM (
        SELECT count(*) FILTER (WHERE state = 'met') AS kept,
            count(*) FILTER (WHERE state = 'breached') AS broken
        FROM sla_clock WHERE {_DECIDED}
    ) AS promises, (
        SELECT count(*) AS sent FROM touch JOIN lead ON lead.id = touch.lead_id WHERE {_SENT}
    ) AS mails, (
        SELECT
            count(DISTINCT lead.id) FILTER (WHERE kind IN ('bounce', 'soft_bounce')) AS bounced,
            count(DISTINCT lead.id) FILTER (WHERE kind = 'reply') AS answered
        FROM engagement JOIN lead ON lead.id = engagement.lead_id
        WHERE at >= :begins AND at < :ends AND kind IN ('bounce', 'soft_bounce', 'reply')
            AND phase_reason <> '{ERASED}' AND {_TEAMS.format("lead.owner")}
    ) AS answers, (
        SELECT count(*) FILTER (WHERE state != 'cancelled') AS meetings,
            count(*) FILTER (WHERE state = 'no_show') AS no_shows
        FROM meeting JOIN lead ON lead.id = meeting.lead_id
        WHERE starts_at >= :begins AND starts_at < :ends AND {_TEAMS.format("lead.owner")}
    ) AS met
    """
)
_STAGES = text(
    f"""
    SELECT stage, sum(leads)::bigint AS leads,
        coalesce(sum(leads) FILTER (WHERE not_started), 0)::bigint AS not_started
    FROM lead_count WHERE {_TEAMS.format("owner")} OR :customers AND stage = '{Stage.CUSTOMER}'
    GROUP BY stage HAVING sum(leads) > 0
    """
)
_PROMISES = text(
    f"""
    SELECT lead.id AS lead_id, first_name, last_name, email, coalesce(account.name, '') AS company,
        promise, sla_clock.team, sla_clock.owner, sla_clock.state, due_at, ended_at
    FROM sla_clock JOIN lead ON lead.id = sla_clock.lead_id
    LEFT JOIN account ON account.id = lead.account_id
    WHERE {_DECIDED} ORDER BY sla_clock.state, ended_at DESC, sla_clock.id DESC LIMIT :limit
    """
)
_MAILS = text(
    f"""
    SELECT touch.id AS touch_id, lead.id AS lead_id, first_name, last_name, email,
        coalesce(account.name, '') AS company, lead.owner,
        coalesce(template.name, touch.step) AS what, sent_at
    FROM touch JOIN lead ON lead.id = touch.lead_id
    LEFT JOIN account ON account.id = lead.account_id
    LEFT JOIN template_version AS template ON template.id = touch.template_version_id
    WHERE {_SENT} ORDER BY sent_at DESC, touch.id DESC LIMIT :limit
    """
)


def day_figures(
    connection: Connection, begins: datetime, ends: datetime, now: datetime, team: str | None
) -> DayFigures:
    """The figures from ``begins`` until before ``ends``.

    Args:
        team: only those whose rep is of this team; None for everybody.
    """
    row = connection.execute(_DAY, {"begins": begins, "ends": ends, "team": team}).one()
    return DayFigures(
        tasks_open=how_many(connection, TaskFilter(team=team)),
        tasks_late=how_many(connection, TaskFilter(team=team, late_at=now)),
        unassigned=how_many_wait(connection, team),
        **row._mapping,
    )


def promises_decided(
    connection: Connection, begins: datetime, ends: datetime, team: str | None, limit: int
) -> list[DecidedPromise]:
    """The promises that ``kept`` and ``broken`` count, the broken ones and the last first."""
    asked = {"begins": begins, "ends": ends, "team": team, "limit": limit}
    return [
        DecidedPromise(
            row.lead_id,
            full_name(row.first_name, row.last_name) or row.email,
            row.company,
            row.promise,
            row.team,
            row.owner,
            row.state == "met",
            row.due_at,
            row.ended_at,
        )
        for row in connection.execute(_PROMISES, asked)
    ]


def mails_sent(
    connection: Connection, begins: datetime, ends: datetime, team: str | None, limit: int
) -> list[SentMail]:
    """The mails that ``sent`` counts, the last first."""
    asked = {"begins": begins, "ends": ends, "team": team, "limit": limit}
    return [
        SentMail(
            row.touch_id,
            row.lead_id,
            full_name(row.first_name, row.last_name) or row.email,
            row.company,
            row.owner,
            row.what,
            row.sent_at,
        )
        for row in connection.execute(_MAILS, asked)
    ]


def leads_by_stage(
    connection: Connection, team: str | None, *, customers: bool = False
) -> dict[str, int]:
    """Stage → leads in it now, and under ``not started`` how many of all have not begun their
    journey; who was erased is in neither. With ``customers`` those of all teams."""
    rows = connection.execute(_STAGES, {"team": team, "customers": customers}).all()
    waiting = {NOT_STARTED: sum(row.not_started for row in rows)}
    return {row.stage: row.leads for row in rows} | (waiting if waiting[NOT_STARTED] else {})
