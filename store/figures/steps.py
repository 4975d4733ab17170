"""What became of the touches of cadences, one row for each: what is counted of them, and listed.

Only what is in the period is read, by time or by enrollment, whichever is less; of what leads did,
only what came since the period began.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from domain.contracts.journey import Stage
from domain.contracts.tasks import Disposition
from domain.engagement.bounces import BounceMeaning
from domain.figures.stages import POSITION
from domain.figures.steps import CREDIT, StepCount, StepKind, StepQuestion
from store.figures.leak_cases import Cases

_IN_PERIOD = "{at} >= :start AND {at} < :end"
_VERSIONS = """
    ARRAY(SELECT id FROM cadence_version WHERE (:cadence = '' OR name = :cadence)
        AND (cast(:version AS int) IS NULL OR version = :version)
        AND (:template = '' OR jsonb_exists(templates, :template)))
"""
_COLUMNS = "id, lead_id, enrollment_id, template_version_id, step, state, delivered_at"
# What is settled another way has no time of sending: it belongs to when it was to go.
_MAILS = f"""
    SELECT mail.id, mail.lead_id, enrollment.cadence_version_id AS version_id, mail.step,
        mail.state, mail.at, mail.delivered_at, coalesce(template.language, '') AS language
    FROM (
        SELECT {_COLUMNS}, sent_at AS at FROM touch
        WHERE state = 'sent' AND {_IN_PERIOD.format(at="sent_at")}
        UNION ALL
        SELECT {_COLUMNS}, planned_at FROM touch
        WHERE state IN ('planned', 'claimed', 'sending', 'failed', 'unknown')
            AND {_IN_PERIOD.format(at="planned_at")}
        UNION ALL
        SELECT {_COLUMNS}, planned_at FROM touch WHERE state = 'suppressed'
            AND enrollment_id IS NOT NULL AND {_IN_PERIOD.format(at="planned_at")}
    ) AS mail
    JOIN enrollment ON enrollment.id = mail.enrollment_id
    LEFT JOIN template_version AS template ON template.id = mail.template_version_id
    WHERE enrollment.cadence_version_id = ANY({_VERSIONS})
        AND (:template = '' OR template.name = :template)
        AND (:step = '' OR mail.step = :step)
        AND (:language = '' OR template.language = :language)
"""
# A pause withdraws a task and opens another one for the time that is left: the last one counts.
_TASKS = f"""
    SELECT task.id, task.lead_id, enrollment.cadence_version_id AS version_id, task.step,
        CASE task.state WHEN 'done' THEN task.disposition ELSE task.state END AS ends,
        task.state = 'done' AND task.disposition <> '{Disposition.SKIPPED}' AS done,
        task.completed_at
    FROM task JOIN enrollment ON enrollment.id = task.enrollment_id
    WHERE {_IN_PERIOD.format(at="task.opened_at")} AND task.enrollment_id IS NOT NULL
        AND :template = '' AND :language = '' AND (:step = '' OR task.step = :step)
        AND enrollment.cadence_version_id = ANY({_VERSIONS})
        AND NOT EXISTS (SELECT FROM task AS later WHERE later.enrollment_id = task.enrollment_id
            AND later.step = task.step AND later.id > task.id)
"""
# A task is of the period in which it was opened, and may be done long after it.
_LAST_CREDIT = """
    greatest(cast(:end AS timestamptz), (SELECT max(completed_at) FROM did))
        + cast(:credit AS interval)
"""
# As of ``ended`` below: what did not arrive there is no touch to credit here.
_SENT_BOUNCED = f"""
    (EXISTS (SELECT FROM engagement WHERE touch_id = touch.id AND machine = ''
            AND kind IN ('bounce', 'soft_bounce')
            AND engagement.at >= touch.sent_at - interval '1 day')
        OR touch.delivered_at IS NULL AND EXISTS (SELECT FROM mail_refusal
            WHERE touch_id = touch.id AND meaning = '{BounceMeaning.REPUTATION}'
            AND mail_refusal.at >= touch.sent_at))
"""
_CASES = f"""
    WITH mail AS MATERIALIZED ({_MAILS}), did AS MATERIALIZED ({_TASKS}),
    heard AS (
        SELECT touch_id, bool_or(kind IN ('bounce', 'soft_bounce')) AS bounced,
            bool_or(kind IN ('open', 'click')) AS opened, bool_or(kind = 'click') AS clicked,
            bool_or(kind = 'reply') AS replied, bool_or(kind = 'unsubscribe') AS unsubscribed
        FROM engagement
        WHERE touch_id IN (SELECT id FROM mail) AND machine = ''
            AND at >= cast(:start AS timestamptz) - interval '1 day'
            AND kind IN ('bounce', 'soft_bounce', 'open', 'click', 'reply', 'unsubscribe')
        GROUP BY touch_id
    ), refused AS (
        SELECT touch_id, max(at) AS at FROM mail_refusal
        WHERE meaning = '{BounceMeaning.REPUTATION}' AND at >= :start
            AND touch_id IN (SELECT id FROM mail)
        GROUP BY touch_id
    ), ended AS MATERIALIZED (
        SELECT mail.*, coalesce(heard.bounced, false) OR delivered_at IS NULL
                AND (state = 'failed' OR state = 'sent' AND refused.at >= mail.at)
                AND refused.touch_id IS NOT NULL AS bounced,
            heard.opened, heard.clicked, heard.replied, heard.unsubscribed
        FROM mail LEFT JOIN heard ON heard.touch_id = mail.id
        LEFT JOIN refused ON refused.touch_id = mail.id
    ), became AS (
        SELECT unit.lead_id, passage.at, false AS booked, true AS mql,
            unit.opportunity_at IS NOT NULL AS opportunity, unit.customer_at IS NOT NULL AS won
        FROM funnel_unit AS unit JOIN funnel_passage AS passage ON passage.unit_id = unit.id
        WHERE passage.stage = {POSITION[Stage.MQL]} AND passage.at >= :start
            AND passage.at < {_LAST_CREDIT}
            AND unit.lead_id IN (SELECT lead_id FROM mail UNION SELECT lead_id FROM did)
        UNION ALL
        SELECT meeting.lead_id, setting.set_at, true, false, false, false
        FROM meeting JOIN meeting_setting AS setting ON setting.meeting_id = meeting.id
        WHERE setting.attempt = 1 AND setting.set_at >= :start
            AND setting.set_at < {_LAST_CREDIT}
            AND meeting.lead_id IN (SELECT lead_id FROM mail UNION SELECT lead_id FROM did)
    ), credited AS (
        SELECT last.kind, last.id, bool_or(booked) AS booked, bool_or(mql) AS mql,
            bool_or(opportunity) AS opportunity, bool_or(won) AS won
        FROM became CROSS JOIN LATERAL (
            SELECT * FROM (
                SELECT '{StepKind.MAIL}' AS kind, touch.id, touch.sent_at AS at FROM touch
                WHERE touch.lead_id = became.lead_id AND touch.state = 'sent'
                    AND touch.enrollment_id IS NOT NULL AND touch.sent_at <= became.at
                    AND touch.sent_at > became.at - cast(:credit AS interval)
                    AND NOT {_SENT_BOUNCED}
                UNION ALL
                SELECT '{StepKind.TASK}', task.id, task.completed_at FROM task
                WHERE task.lead_id = became.lead_id AND task.enrollment_id IS NOT NULL
                    AND task.state = 'done' AND task.disposition <> '{Disposition.SKIPPED}'
                    AND task.completed_at <= became.at
                    AND task.completed_at > became.at - cast(:credit AS interval)
            ) AS before ORDER BY at DESC, kind DESC, id DESC LIMIT 1
        ) AS last GROUP BY 1, 2
    ), touches AS (
        SELECT '{StepKind.MAIL}' AS kind, id, lead_id, version_id, step, language, '' AS ends,
            state = 'sent' OR state = 'failed' AND bounced AS sent,
            state = 'failed' AND NOT bounced AS failed, state = 'suppressed' AS held_back,
            state NOT IN ('sent', 'failed', 'suppressed') AS unsettled,
            delivered_at IS NOT NULL AND NOT bounced AND state = 'sent' AS delivered,
            state IN ('sent', 'failed') AND bounced AS bounced,
            state = 'sent' AND NOT bounced AND opened AS opened,
            state = 'sent' AND NOT bounced AND clicked AS clicked,
            state = 'sent' AND NOT bounced AND replied AS replied,
            state = 'sent' AND NOT bounced AND unsubscribed AS unsubscribed,
            false AS done, state = 'sent' AND NOT bounced AS reached
        FROM ended
        UNION ALL
        SELECT '{StepKind.TASK}', id, lead_id, version_id, step, '', ends, false, false, false,
            false, false, false, false, false, false, false, done, done
        FROM did
    )
    SELECT touches.*, reached AND credited.booked AS booked, reached AND credited.mql AS mql,
        reached AND credited.opportunity AS opportunity, reached AND credited.won AS won
    FROM touches LEFT JOIN credited USING (kind, id)
"""
_FLAGS = StepCount._fields[7:]
_COUNTS = text(
    f"""
    SELECT version.name, version.version, step, kind, language, ends, count(*) AS touches,
        {", ".join(f"count(*) FILTER (WHERE {one}) AS {one}" for one in _FLAGS)}
    FROM ({_CASES}) AS cases JOIN cadence_version AS version ON version.id = version_id
    GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
    """
)


def step_counts(connection: Connection, question: StepQuestion) -> list[StepCount]:
    """The touches that are asked for, by version, step, language, and how tasks ended."""
    rows = connection.execute(_COUNTS, _values(question))
    return [StepCount(row[0], row[1], row[2], StepKind(row[3]), *row[4:]) for row in rows]


def step_cases(question: StepQuestion) -> Cases:
    """The same touches one by one: what each is counted as, and ``ends`` of tasks."""
    return Cases(_CASES, _values(question))


def _values(question: StepQuestion) -> dict[str, object]:
    return {
        "start": question.period.start,
        "end": question.period.end,
        "credit": CREDIT,
        "cadence": question.cadence,
        "template": question.template,
        "version": question.version,
        "step": question.step,
        "language": question.language,
    }
