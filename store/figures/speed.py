"""What the rows say of leads that crossed: when people tried to reach them, which promises were
kept, and what sales answered. Times are journey time, UTC."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from domain.contracts.tasks import Disposition
from domain.figures.funnel import Dimension, Question
from domain.figures.speed import ATTEMPTED_BY, AnswerCount, Crossed, Of, PromiseCount
from store.figures.leak_cases import Cases

# The statement that lists leads has an owner, a team and a source of its own.
_OWN = """
    (cast(:of_owner AS text) IS NULL OR {owner} = :of_owner)
    AND (cast(:of_team AS text) IS NULL OR coalesce(rep.team, '') = :of_team)
"""
# What people did before it crossed, or in a later cycle, was no answer to this crossing.
_CROSSED = text(
    f"""
    SELECT unit.owner, coalesce(rep.team, '') AS team, crossing.at, made.attempts
    FROM crossing JOIN funnel_unit AS unit USING (lead_id, cycle)
    LEFT JOIN rep ON rep.code = unit.owner
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
        WHERE attempt.at >= crossing.at AND attempt.at < coalesce(unit.next_cycle_at, 'infinity')
    ) AS made
    WHERE crossing.at >= :start AND crossing.at < :end AND {_OWN.format(owner="unit.owner")}
    """
)
_MISSED = "(state = 'breached' OR state = 'running' AND due_at < :as_of)"
_PROMISE_CASES = f"""
    SELECT clock.lead_id, owner, coalesce(rep.team, '') AS team, started_at AS at, promise,
        state = 'met' AS met, {_MISSED} AS due, {_MISSED} AND ended_at IS NULL AS past_due,
        state IN ('running', 'paused') AND NOT {_MISSED} AS waiting
    FROM sla_clock AS clock LEFT JOIN rep ON rep.code = owner
    WHERE started_at >= :start AND started_at < :end AND state <> 'void'
        AND {_OWN.format(owner="owner")}
"""
_PROMISES = text(
    f"""
    SELECT owner, team, to_char(at AT TIME ZONE :zone, 'YYYY-MM') AS month, promise,
        count(*) FILTER (WHERE met) AS met, count(*) FILTER (WHERE due) AS due,
        count(*) FILTER (WHERE past_due) AS past_due, count(*) FILTER (WHERE waiting) AS waiting
    FROM ({_PROMISE_CASES}) AS promised GROUP BY 1, 2, 3, 4
    """
)
_ANSWER_CASES = f"""
    SELECT answer.lead_id, coalesce(task.owner, '') AS owner, coalesce(rep.team, '') AS team,
        answer.at, lead.source, answer.verdict = 'accepted' AS accepted, answer.reason
    FROM lead_feedback AS answer JOIN lead ON lead.id = answer.lead_id
    LEFT JOIN task ON task.id = answer.task_id LEFT JOIN rep ON rep.code = task.owner
    WHERE answer.at >= :start AND answer.at < :end
        AND {_OWN.format(owner="coalesce(task.owner, '')")}
        AND (cast(:of_source AS text) IS NULL OR lead.source = :of_source)
"""
_ANSWERS = text(
    f"""
    SELECT owner, team, to_char(at AT TIME ZONE :zone, 'YYYY-MM') AS month, source, accepted,
        reason, count(*) AS leads
    FROM ({_ANSWER_CASES}) AS answer GROUP BY 1, 2, 3, 4, 5, 6
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
    asked = _asked(question) | {"as_of": question.now, "zone": question.period.time_zone}
    return [PromiseCount(Of(*row[:3]), *row[3:]) for row in connection.execute(_PROMISES, asked)]


def answer_counts(connection: Connection, question: Question) -> list[AnswerCount]:
    """What sales answered in the period, by whose task it was."""
    asked = _asked(question) | {"zone": question.period.time_zone}
    return [AnswerCount(Of(*row[:3]), *row[3:]) for row in connection.execute(_ANSWERS, asked)]


def promise_cases(question: Question) -> Cases:
    """The promises that were given in the period: whose ``promise`` it is, and whether it was
    ``met``, is ``due`` or ``past_due``."""
    return Cases(_PROMISE_CASES, _asked(question) | {"as_of": question.now})


def answer_cases(question: Question) -> Cases:
    """What sales answered in the period: whether the lead was ``accepted``, else the ``reason``."""
    return Cases(_ANSWER_CASES, _asked(question))


def _asked(question: Question) -> dict[str, Any]:
    return {
        "start": question.period.start,
        "end": question.period.end,
        "of_owner": question.only.get(Dimension.OWNER),
        "of_team": question.only.get(Dimension.TEAM),
        "of_source": question.only.get(Dimension.SOURCE),
    }
