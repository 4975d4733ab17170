"""What the rows say of leads that crossed: when people tried to reach them, which promises were
kept, and what sales answered. Times are journey time, UTC."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from domain.contracts.tasks import Disposition
from domain.figures.funnel import Dimension, Question
from domain.figures.speed import ATTEMPTED_BY, AnswerCount, Crossed, Of, PromiseCount

_OWN = """
    (cast(:owner AS text) IS NULL OR {owner} = :owner)
    AND (cast(:team AS text) IS NULL OR coalesce(rep.team, '') = :team)
"""
# What people did before it crossed, or in a later cycle, was no answer to this crossing.
_CROSSED = text(
    f"""
    SELECT unit.owner, coalesce(rep.team, '') AS team, crossing.at, made.attempts
    FROM crossing JOIN funnel_unit AS unit USING (lead_id, cycle)
    LEFT JOIN rep ON rep.code = unit.owner
    LEFT JOIN LATERAL (
        SELECT coalesce(known_at, stage_since) AS at FROM funnel_unit AS next
        WHERE next.lead_id = crossing.lead_id AND next.cycle > crossing.cycle
        ORDER BY next.cycle LIMIT 1
    ) AS over ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(attempt.at ORDER BY attempt.at), '{{}}') AS attempts FROM (
            SELECT completed_at AS at FROM task WHERE task.lead_id = crossing.lead_id
                AND kind = ANY(:kinds) AND state = 'done' AND disposition <> :skipped
            UNION ALL
            SELECT note.at FROM lead_note AS note WHERE note.lead_id = crossing.lead_id
                AND kind IN ('call', 'mail') AND direction = 'out'
            UNION ALL
            SELECT mail.at FROM written_mail AS mail WHERE mail.lead_id = crossing.lead_id
        ) AS attempt
        WHERE attempt.at >= crossing.at AND attempt.at < coalesce(over.at, 'infinity')
    ) AS made
    WHERE crossing.at >= :start AND crossing.at < :end AND {_OWN.format(owner="unit.owner")}
    """
)
_MISSED = "(state = 'breached' OR state = 'running' AND due_at < :now)"
_PROMISES = text(
    f"""
    SELECT owner, coalesce(rep.team, '') AS team,
        to_char(started_at AT TIME ZONE :zone, 'YYYY-MM') AS month, promise,
        count(*) FILTER (WHERE state = 'met') AS met,
        count(*) FILTER (WHERE {_MISSED}) AS due,
        count(*) FILTER (WHERE {_MISSED} AND ended_at IS NULL) AS past_due,
        count(*) FILTER (WHERE state IN ('running', 'paused') AND NOT {_MISSED}) AS waiting
    FROM sla_clock LEFT JOIN rep ON rep.code = owner
    WHERE started_at >= :start AND started_at < :end AND state <> 'void'
        AND {_OWN.format(owner="owner")}
    GROUP BY 1, 2, 3, 4
    """
)
_ANSWERS = text(
    f"""
    SELECT coalesce(task.owner, '') AS owner, coalesce(rep.team, '') AS team,
        to_char(answer.at AT TIME ZONE :zone, 'YYYY-MM') AS month, lead.source,
        answer.verdict = 'accepted' AS accepted, answer.reason, count(*) AS leads
    FROM lead_feedback AS answer JOIN lead ON lead.id = answer.lead_id
    LEFT JOIN task ON task.id = answer.task_id LEFT JOIN rep ON rep.code = task.owner
    WHERE answer.at >= :start AND answer.at < :end
        AND {_OWN.format(owner="coalesce(task.owner, '')")}
    GROUP BY 1, 2, 3, 4, 5, 6
    """
)


def crossed_leads(connection: Connection, question: Question) -> list[Crossed]:
    """The leads that crossed in the period, by the rep who had them last in that cycle."""
    asked = _asked(question) | {
        "kinds": list(ATTEMPTED_BY),
        "skipped": Disposition.SKIPPED,
    }
    return [Crossed(*row) for row in connection.execute(_CROSSED, asked)]


def promise_counts(connection: Connection, question: Question) -> list[PromiseCount]:
    """The promises that were given in the period, by whose they are."""
    asked = _asked(question) | {"now": question.now, "zone": question.period.time_zone}
    return [PromiseCount(Of(*row[:3]), *row[3:]) for row in connection.execute(_PROMISES, asked)]


def answer_counts(connection: Connection, question: Question) -> list[AnswerCount]:
    """What sales answered in the period, by whose task it was."""
    asked = _asked(question) | {"zone": question.period.time_zone}
    return [AnswerCount(Of(*row[:3]), *row[3:]) for row in connection.execute(_ANSWERS, asked)]


def _asked(question: Question) -> dict[str, Any]:
    return {
        "start": question.period.start,
        "end": question.period.end,
        "owner": question.only.get(Dimension.OWNER),
        "team": question.only.get(Dimension.TEAM),
    }
