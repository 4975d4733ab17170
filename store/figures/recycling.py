"""What the facts say of leads that were recycled, and of net-new ones to compare with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

from domain.contracts.journey import Phase
from domain.contracts.tasks import Disposition
from domain.figures.funnel import Question
from domain.figures.recycle_waits import WaitCount
from domain.figures.recycling import (
    WAIT_BANDS,
    WAITS,
    NetNewCount,
    RecycledBy,
    RecycledCount,
    TouchCount,
    WonSum,
    YieldBy,
)
from domain.figures.speed import ATTEMPTED_BY
from domain.figures.stages import POSITION
from store.figures.funnel import Split, in_period, within

# A lead that still rests has no wait to speak of.
_WAIT = " ".join(
    [
        "CASE WHEN facts.next_cycle_at IS NULL THEN ''",
        *(
            f"WHEN facts.next_cycle_at - facts.outcome_at < interval '{days} days' THEN '{band}'"
            for days, band in zip(WAITS, WAIT_BANDS[:-1], strict=True)
        ),
        f"ELSE '{WAIT_BANDS[-1]}' END",
    ]
)
_ENDS = "{0}.next_cycle_at AS until, coalesce({0}.outcome_at, {0}.next_cycle_at) AS ended,"
# What a rep writes is an attempt, though it goes out as other mail does.
_TOUCHES = """
    SELECT lead_id, sent_at AS at, true AS mail FROM touch
    WHERE state = 'sent' AND sent_at >= :start AND NOT starts_with(key, 'written-')
    UNION ALL
    SELECT lead_id, completed_at, false FROM task
    WHERE kind = ANY(:kinds) AND state = 'done' AND disposition <> :skipped
    UNION ALL
    SELECT lead_id, at, false FROM lead_note WHERE kind IN ('call', 'mail') AND direction = 'out'
    UNION ALL
    SELECT lead_id, at, false FROM written_mail
"""


def _recycled(
    question: Question, by: YieldBy, fold: list[str], *, ends: bool = False
) -> tuple[str, dict[str, object]]:
    """The leads that were recycled in the period, each with its next cycle, as SQL.

    Args:
        ends: whether columns are wanted that say until when the next cycle was: ``until`` the one
            after began, and ``ended`` it was itself.
    """
    split = Split(question, "facts", fold)
    match by:
        case RecycledBy.REASON:
            value = "facts.outcome_reason"
        case RecycledBy.WAIT:
            value = _WAIT
        case _:
            value = split.value
    sql = f"""
        SELECT facts.lead_id, {value} AS value, facts.outcome_reason AS reason, {_WAIT} AS wait,
            facts.outcome_at, facts.outcome_at AS begins, facts.next_cycle_at AS since,
            back.mql_at, back.customer_at, {_ENDS.format("back") if ends else ""}
            facts.next_cycle_at IS NULL AND lead.phase = '{Phase.RECYCLE}' AS resting
        FROM funnel_unit AS facts JOIN lead ON lead.id = facts.lead_id{split.join}
        LEFT JOIN funnel_unit AS back
            ON back.lead_id = facts.lead_id AND back.cycle = facts.next_cycle
        WHERE facts.outcome IN ('recycled', 'lost')
            AND facts.outcome_at >= :start AND facts.outcome_at < :end{split.where}
    """
    return sql, {**split.values, **in_period(question), **within(question)}


def _net_new(question: Question, *, ends: bool = False) -> tuple[str, dict[str, object]]:
    split = Split(question, "facts")
    sql = f"""
        SELECT facts.lead_id, NULL::text AS value, facts.known_at AS begins,
            facts.known_at AS since, facts.mql_at, {_ENDS.format("facts") if ends else ""}
            facts.customer_at
        FROM funnel_passage AS entered JOIN funnel_unit AS facts ON facts.id = entered.unit_id
        {split.join}
        WHERE entered.stage = {POSITION["known"]} AND entered.cycle = 1 AND NOT entered.imported
            AND entered.at >= :start AND entered.at < :end{split.where}
    """
    return sql, {**split.values, **in_period(question), **within(question)}


def _reached(stage: str) -> str:
    return (
        f"count(*) FILTER (WHERE since <= :ripe "
        f"AND extract(epoch FROM {stage}_at - since) <= :window)"
    )


def recycled_counts(
    connection: Connection, question: Question, by: YieldBy, fold: list[str]
) -> list[RecycledCount]:
    """The leads that were recycled in the period, all and by value.

    Args:
        fold: values that are counted together, as :data:`domain.figures.funnel.FOLDED`.
    """
    leads, values = _recycled(question, by, fold)
    rows = connection.execute(
        text(
            f"""
            SELECT CASE WHEN grouping(value) = 0 THEN value END AS value, count(*) AS recycled,
                count(*) FILTER (WHERE resting) AS resting, count(since) AS re_entered,
                count(*) FILTER (WHERE since > :ripe) AS immature,
                {_reached("mql")} AS requalified, {_reached("customer")} AS won,
                percentile_cont(0.5) WITHIN GROUP (
                    ORDER BY extract(epoch FROM since - outcome_at)) AS wait_seconds
            FROM ({leads}) AS recycled GROUP BY GROUPING SETS ((), (value))
            """
        ),
        values,
    )
    return [RecycledCount(*row) for row in rows]


def net_new_count(connection: Connection, question: Question) -> NetNewCount:
    """The leads that entered the funnel for the first time in the period."""
    leads, values = _net_new(question)
    row = connection.execute(
        text(
            f"SELECT count(*), count(*) FILTER (WHERE since > :ripe), {_reached('mql')}, "
            f"{_reached('customer')} FROM ({leads}) AS entered"
        ),
        values,
    ).one()
    return NetNewCount(*row)


def first_net_new(connection: Connection) -> datetime | None:
    """When the first lead that was not imported entered the funnel (UTC); None when none has."""
    first: datetime | None = connection.scalar(
        text(
            f"SELECT at FROM funnel_passage WHERE stage = {POSITION['known']} AND cycle = 1 "
            "AND NOT imported ORDER BY at LIMIT 1"
        )
    )
    return first


def net_new_sources(connection: Connection, question: Question) -> list[str]:
    """The sources of the leads that entered the funnel for the first time in the period, as they
    were written."""
    rows = connection.scalars(
        text(
            "SELECT DISTINCT source FROM funnel_passage AS entered "
            f"WHERE entered.stage = {POSITION['known']} AND cycle = 1 AND NOT imported "
            "AND at >= :start AND at < :end"
        ),
        in_period(question),
    )
    return list(rows)


def won_sums(
    connection: Connection, question: Question, by: YieldBy, fold: list[str]
) -> dict[str, list[WonSum]]:
    """What opportunities were won in the cycle after, and in the first one of net-new leads; by
    value, currency and the company's day."""
    found = {}
    for name, (leads, values) in (
        ("recycled", _recycled(question, by, fold, ends=True)),
        ("net_new", _net_new(question, ends=True)),
    ):
        rows = connection.execute(
            text(
                f"""
                SELECT value, currency, cast(closed_at AT TIME ZONE :zone AS date) AS day,
                    sum(amount) AS amount, count(*) AS number
                FROM ({leads}) AS unit
                JOIN opportunity AS won ON won.lead_id = unit.lead_id AND won.outcome = 'won'
                    AND won.closed_at >= since AND won.closed_at < coalesce(until, 'infinity')
                WHERE since <= :ripe AND extract(epoch FROM closed_at - since) <= :window
                GROUP BY 1, 2, 3, amount IS NULL
                """
            ),
            {**values, "zone": question.period.time_zone},
        )
        found[name] = [WonSum(*row) for row in rows]
    return found


def touch_counts(
    connection: Connection, question: Question, by: YieldBy, fold: list[str]
) -> dict[str, list[TouchCount]]:
    """Mails and attempts that leads got which are old enough, no later than conversions count:
    from being recycled until the end of the next cycle, and of net-new leads in their first. A
    cycle that is recycled is over then, so that no rest is counted twice."""
    found = {}
    for name, (leads, values) in (
        ("recycled", _recycled(question, by, fold, ends=True)),
        ("net_new", _net_new(question, ends=True)),
    ):
        rows = connection.execute(
            text(
                f"""
                SELECT value, count(*) FILTER (WHERE mail) AS mails,
                    count(*) FILTER (WHERE NOT mail) AS attempts
                FROM ({leads}) AS unit JOIN ({_TOUCHES}) AS touch USING (lead_id)
                WHERE (since IS NULL OR since <= :ripe
                        AND extract(epoch FROM touch.at - since) <= :window)
                    AND touch.at >= begins AND touch.at < coalesce(ended, 'infinity')
                GROUP BY 1
                """
            ),
            {**values, "kinds": list(ATTEMPTED_BY), "skipped": Disposition.SKIPPED},
        )
        parts = [TouchCount(*row) for row in rows]
        mails, attempts = sum(one.mails for one in parts), sum(one.attempts for one in parts)
        found[name] = [TouchCount(None, mails, attempts), *parts]
    return found


def wait_counts(connection: Connection, question: Question) -> list[WaitCount]:
    """What came of leads that came back long enough ago, by reason and by how long they waited."""
    leads, values = _recycled(question, RecycledBy.WAIT, [])
    rows = connection.execute(
        text(
            f"""
            SELECT reason, wait, count(*) AS leads, {_reached("mql")} AS requalified,
                {_reached("customer")} AS won
            FROM ({leads}) AS recycled WHERE since <= :ripe GROUP BY 1, 2
            """
        ),
        values,
    )
    return [WaitCount(*row) for row in rows]
