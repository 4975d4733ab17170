"""Figures of the loop: how many leads went where, and whether mails and ledger agree."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

NOT_STARTED = "not started"


@dataclass(frozen=True)
class LoopFigures:
    """What happened so far.

    ``escalated``, ``recycled``, ``reentered`` and ``disqualified`` count leads, each once however
    often it went round; ``reentered`` are those that began a second cycle. ``calls`` are finished
    call tasks, ``meetings`` appointments made, ``no_shows`` settings of one to which the lead did
    not come, ``rescheduled`` settings of one after its first, ``won`` opportunities.
    ``in_first_nurture`` are leads that wait for their start or are still in their first nurture.
    """

    leads: int
    in_first_nurture: int
    touches_sent: int
    escalated: int
    tasks_done: int
    calls: int
    meetings: int
    no_shows: int
    rescheduled: int
    won: int
    recycled: int
    reentered: int
    disqualified: int


_LOOP = text(
    """
    SELECT
        (SELECT count(*) FROM lead) AS leads,
        (SELECT count(*) FROM lead WHERE phase = '' OR (phase = 'Nurture' AND cycle = 1))
            AS in_first_nurture,
        (SELECT count(*) FROM touch WHERE state = 'sent') AS touches_sent,
        moved.escalated, worked.tasks_done, worked.calls, met.meetings, worked.no_shows,
        met.rescheduled,
        (SELECT count(*) FROM opportunity WHERE outcome = 'won') AS won,
        moved.recycled, moved.reentered, moved.disqualified
    FROM (
        SELECT
            count(DISTINCT lead_id) FILTER (WHERE phase = 'FollowUp') AS escalated,
            count(DISTINCT lead_id) FILTER (WHERE phase = 'Recycle') AS recycled,
            count(DISTINCT lead_id) FILTER (WHERE cycle > 1) AS reentered,
            count(DISTINCT lead_id) FILTER (WHERE to_stage = 'disqualified') AS disqualified
        FROM stage_transition
    ) AS moved, (
        SELECT
            count(*) FILTER (WHERE state = 'done') AS tasks_done,
            count(*) FILTER (WHERE kind = 'call' AND state = 'done') AS calls,
            count(*) FILTER (
                WHERE kind = 'meeting_outcome' AND disposition = 'no_show'
            ) AS no_shows
        FROM task
    ) AS worked, (
        SELECT count(*) AS meetings, coalesce(sum(attempt - 1), 0) AS rescheduled FROM meeting
    ) AS met
    """
)


def loop_figures(connection: Connection) -> LoopFigures:
    """The figures as they are now."""
    return LoopFigures(**connection.execute(_LOOP).one()._mapping)


def stage_counts(connection: Connection) -> dict[str, int]:
    """Stage → leads in it; leads whose journey has not begun are under ``not started``."""
    rows = connection.execute(
        text(
            "SELECT CASE WHEN phase = '' THEN :not_started ELSE stage END AS stage, "
            "count(*) AS leads FROM lead GROUP BY 1"
        ),
        {"not_started": NOT_STARTED},
    )
    return {row.stage: row.leads for row in rows}


@dataclass(frozen=True)
class Reconciliation:
    """What recipients got, held against the ledger.

    ``doubled`` are mails beyond the first that say the same thing to the same person on the same
    occasion, ``missing`` touches the ledger calls sent that nobody got, ``unaccounted`` mails
    that somebody got and the ledger does not call sent.
    """

    doubled: int
    missing: int
    unaccounted: int


# An occasion is a cycle of the lead, or one setting of a meeting. Keys of touches and enrollments
# begin with the run of the phase they belong to (or with the meeting). A phase that ran twice in
# one cycle has two runs, so its mails have different keys and pass the ledger; here they count.
_RECONCILE = text(
    """
    WITH mail AS (
        SELECT message.recipient_key, message.touch_key, touch.state,
            split_part(coalesce(enrollment.key, message.touch_key), ':', 1) AS origin,
            CASE WHEN enrollment.id IS NULL
                THEN substr(message.touch_key, strpos(message.touch_key, ':'))
                ELSE touch.step
            END AS step
        FROM outbox_message AS message
        -- What the rep of a meeting got hangs on the touch by which the lead got it.
        LEFT JOIN touch ON touch.key = regexp_replace(message.touch_key, '^rep:[0-9]+:', '')
        LEFT JOIN enrollment ON enrollment.id = touch.enrollment_id
    ), occasion AS (
        SELECT count(*) AS mails
        FROM mail LEFT JOIN stage_transition AS entry ON entry.key = mail.origin
        GROUP BY recipient_key, step, coalesce('cycle ' || entry.cycle, mail.origin)
    )
    SELECT
        (SELECT coalesce(sum(mails - 1), 0) FROM occasion)::int AS doubled,
        (SELECT count(*) FROM touch WHERE state = 'sent' AND channel = 'outbox' AND NOT EXISTS (
            SELECT FROM outbox_message WHERE touch_key = touch.key)) AS missing,
        (SELECT count(*) FROM mail WHERE state IS NULL
            OR state NOT IN ('sent', 'claimed', 'sending')) AS unaccounted
    """
)


def reconcile_outbox(connection: Connection) -> Reconciliation:
    """Hold the outbox against the ledger; a touch being sent this moment is no finding.

    A lead that an operator moved back to Nurture within one cycle gets its mails twice and counts
    as doubled: that is what happened to it.
    """
    return Reconciliation(**connection.execute(_RECONCILE).one()._mapping)
