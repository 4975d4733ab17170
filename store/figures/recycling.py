"""What the facts say of leads that were recycled, and of net-new ones to compare with."""

from __future__ import annotations

from itertools import pairwise

from sqlalchemy import Connection, text

from domain.contracts.journey import Phase
from domain.figures.funnel import Question
from domain.figures.recycling import WAITS, NetNewCount, RecycledBy, RecycledCount, WonSum, YieldBy
from domain.figures.stages import POSITION
from store.figures.funnel import Split, in_period, within

# A lead that still rests has no wait to speak of.
_WAIT = "CASE " + " ".join(
    [
        "WHEN back.at IS NULL THEN ''",
        f"WHEN back.at - facts.outcome_at < interval '{WAITS[0]} days' THEN 'under {WAITS[0]}'",
        *(
            f"WHEN back.at - facts.outcome_at < interval '{end} days' THEN '{begin} to {end - 1}'"
            for begin, end in pairwise(WAITS)
        ),
        f"ELSE '{WAITS[-1]} and more' END",
    ]
)


def _recycled(question: Question, by: YieldBy, fold: list[str]) -> tuple[str, dict[str, object]]:
    """The leads that were recycled in the period, each with its next cycle, as SQL."""
    split = Split(question, "facts", fold)
    match by:
        case RecycledBy.REASON:
            value = "facts.outcome_reason"
        case RecycledBy.WAIT:
            value = _WAIT
        case _:
            value = split.value
    sql = f"""
        SELECT facts.lead_id, {value} AS value, facts.outcome_at, back.at AS since,
            back.mql_at, back.customer_at, over.at AS until,
            back.at IS NULL AND lead.phase = '{Phase.RECYCLE}' AS resting
        FROM funnel_unit AS facts JOIN lead ON lead.id = facts.lead_id{split.join}
        LEFT JOIN LATERAL (
            SELECT cycle, coalesce(known_at, stage_since) AS at, mql_at, customer_at
            FROM funnel_unit AS next
            WHERE next.lead_id = facts.lead_id AND next.cycle > facts.cycle
            ORDER BY cycle LIMIT 1
        ) AS back ON true
        LEFT JOIN LATERAL (
            SELECT coalesce(known_at, stage_since) AS at FROM funnel_unit AS next
            WHERE next.lead_id = facts.lead_id AND next.cycle > back.cycle ORDER BY cycle LIMIT 1
        ) AS over ON true
        WHERE facts.outcome IN ('recycled', 'lost')
            AND facts.outcome_at >= :start AND facts.outcome_at < :end{split.where}
    """
    return sql, {**split.values, **in_period(question), **within(question)}


def _net_new(question: Question) -> tuple[str, dict[str, object]]:
    split = Split(question, "facts")
    sql = f"""
        SELECT facts.lead_id, NULL::text AS value, facts.known_at AS since, facts.mql_at,
            facts.customer_at, over.at AS until
        FROM funnel_passage AS entered JOIN funnel_unit AS facts ON facts.id = entered.unit_id
        {split.join}
        LEFT JOIN LATERAL (
            SELECT coalesce(known_at, stage_since) AS at FROM funnel_unit AS next
            WHERE next.lead_id = facts.lead_id AND next.cycle > 1 ORDER BY cycle LIMIT 1
        ) AS over ON true
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


def won_sums(
    connection: Connection, question: Question, by: YieldBy, fold: list[str]
) -> dict[str, list[WonSum]]:
    """What opportunities were won in the cycle after, and in the first one of net-new leads; by
    value, currency and the company's day."""
    found = {}
    for name, (leads, values) in (
        ("recycled", _recycled(question, by, fold)),
        ("net_new", _net_new(question)),
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
