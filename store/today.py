"""How a day stands: what waits, what was sent and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from store.figures import NOT_STARTED


@dataclass(frozen=True)
class DayFigures:
    """Figures of one day. ``tasks_open``, ``tasks_late`` and ``overflow`` are as they are now;
    promises (``kept``, ``broken``) are those decided in the day; ``bounced`` and ``answered``
    count leads."""

    tasks_open: int
    tasks_late: int
    overflow: int
    kept: int
    broken: int
    sent: int
    bounced: int
    answered: int
    meetings: int
    no_shows: int


_TEAMS = "(cast(:team AS text) IS NULL OR {} IN (SELECT code FROM rep WHERE rep.team = :team))"
_DAY = text(
    f"""
    SELECT
        tasks.tasks_open, tasks.tasks_late, tasks.overflow,
        promises.kept, promises.broken, mails.sent, answers.bounced, answers.answered,
        met.meetings, met.no_shows
    FROM (
        SELECT count(*) AS tasks_open, count(*) FILTER (WHERE due_at < :now) AS tasks_late,
            count(*) FILTER (WHERE owner = '') AS overflow
        FROM task WHERE state = 'open' AND {_TEAMS.format("owner")}
    ) AS tasks, (
        SELECT count(*) FILTER (WHERE state = 'met') AS kept,
            count(*) FILTER (WHERE state = 'breached') AS broken
        FROM sla_clock WHERE ended_at >= :begins AND ended_at < :ends
            AND (cast(:team AS text) IS NULL OR team = :team)
    ) AS promises, (
        SELECT count(*) AS sent FROM touch JOIN lead ON lead.id = touch.lead_id
        WHERE touch.state = 'sent' AND sent_at >= :begins AND sent_at < :ends
            AND {_TEAMS.format("lead.owner")}
    ) AS mails, (
        SELECT
            count(DISTINCT lead.id) FILTER (WHERE kind IN ('bounce', 'soft_bounce')) AS bounced,
            count(DISTINCT lead.id) FILTER (WHERE kind = 'reply') AS answered
        FROM engagement JOIN lead ON lead.id = engagement.lead_id
        WHERE at >= :begins AND at < :ends AND kind IN ('bounce', 'soft_bounce', 'reply')
            AND {_TEAMS.format("lead.owner")}
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
    SELECT CASE WHEN phase = '' THEN :not_started ELSE stage END AS stage, count(*) AS leads
    FROM lead WHERE {_TEAMS.format("owner")} GROUP BY 1
    """
)


def day_figures(
    connection: Connection, begins: datetime, ends: datetime, now: datetime, team: str | None
) -> DayFigures:
    """The figures from ``begins`` until before ``ends`` (journey time).

    Args:
        team: only those whose rep is of this team; None for everybody.
    """
    row = connection.execute(_DAY, {"begins": begins, "ends": ends, "now": now, "team": team}).one()
    return DayFigures(**row._mapping)


def leads_by_stage(connection: Connection, team: str | None) -> dict[str, int]:
    """Stage → leads in it now; those whose journey has not begun are under ``not started``."""
    rows = connection.execute(_STAGES, {"team": team, "not_started": NOT_STARTED})
    return {row.stage: row.leads for row in rows}
