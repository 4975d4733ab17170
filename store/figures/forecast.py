"""How soon opportunities were won or lost, and what was open at past moments. Times are journey
time, UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from domain.figures.forecast import AgeClosings, ForecastMoment, OpenThen, PipelineStageCount
from domain.figures.stages import POSITION
from domain.figures.win_rates import AGES, Closings

FOR_EVER = 100_000
"""Days that nothing is open for."""
# What was open when history was imported would be open for ever: nobody knows what became of it. So
# imported opportunities are known until the last move that the files tell of; what is open then, or
# closed later, has no outcome (NULL). Imported history has no changes.
_IMPORTED = f"""
    imported AS MATERIALIZED (
        SELECT opportunity_at AS opened_at, least(coalesce(outcome_at, known_until), known_until)
                AS closed_at,
            CASE WHEN outcome_at <= known_until THEN outcome END AS outcome,
            amount, currency, known_until
        FROM funnel_unit, (
            SELECT max(stage_since) AS known_until FROM funnel_unit
            WHERE lead_id IS NULL AND stage_since <= :now
        ) AS last_move
        WHERE lead_id IS NULL AND opportunity_at < known_until
            AND (outcome_at IS NULL OR outcome_at > opportunity_at)
            AND implied & {1 << POSITION["opportunity"]} = 0
    )
"""
_CLOSINGS = text(
    f"""
    WITH {_IMPORTED}, history AS MATERIALIZED (
        SELECT opened_at, coalesce(closed_at, 'infinity') AS closed_at, outcome FROM opportunity
        UNION ALL
        SELECT opened_at, closed_at, outcome FROM imported
    ), age AS (
        SELECT place - 1 AS place, make_interval(days => lowest) AS lowest,
            make_interval(days => highest) AS highest
        FROM unnest(cast(:lowest AS int[]), cast(:highest AS int[]))
            WITH ORDINALITY AS age (lowest, highest, place)
    ), month AS (
        SELECT history.*, place, bounds[place] AS begins, bounds[place + 1] AS ends
        FROM history, LATERAL (SELECT cast(:bounds AS timestamptz[]) AS bounds) AS given,
            generate_series(greatest(width_bucket(opened_at, bounds), 1),
                least(width_bucket(closed_at, bounds), cardinality(bounds) - 1)) AS place
    ), aged AS (
        SELECT month.place - 1 AS place, age.place AS age, outcome, closed_at, ends,
            greatest(opened_at + lowest, begins) AS since,
            least(closed_at, opened_at + highest, ends) AS until, opened_at + highest AS older
        FROM month JOIN age ON opened_at + lowest < ends AND opened_at + lowest <= closed_at
            AND opened_at + highest > begins
    )
    SELECT place, age,
        sum(greatest(0, extract(epoch FROM until - since)) / 86400)::float AS days,
        count(*) FILTER (WHERE outcome = 'won' AND ended) AS won,
        count(*) FILTER (WHERE outcome <> 'won' AND ended) AS lost
    FROM aged, LATERAL (
        SELECT closed_at >= since AND closed_at < least(ends, older) AS ended
    ) AS at_its_end
    GROUP BY 1, 2
    """
)
# An amount held from the change that said it until the next, and before the first change what that
# one found. Imported history is in no forecast whose days the files don't tell of to their end.
_STANDING = text(
    f"""
    WITH {_IMPORTED}, said AS (
        SELECT opportunity_id, amount, currency, at AS since,
            coalesce(lead(at) OVER (PARTITION BY opportunity_id ORDER BY at, id), 'infinity')
                AS until
        FROM opportunity_change
        UNION ALL
        (SELECT DISTINCT ON (opportunity_id) opportunity_id, amount_before, currency_before,
            '-infinity', at FROM opportunity_change ORDER BY opportunity_id, at, id)
    ), history AS MATERIALIZED (
        SELECT opened_at, coalesce(closed_at, 'infinity') AS closed_at, outcome,
            CASE WHEN said.opportunity_id IS NULL THEN opportunity.amount ELSE said.amount END
                AS amount,
            CASE WHEN said.opportunity_id IS NULL THEN opportunity.currency ELSE said.currency END
                AS currency,
            coalesce(said.since, '-infinity') AS since, coalesce(said.until, 'infinity') AS until,
            opportunity.amount AS won_amount, opportunity.currency AS won_currency,
            timestamptz 'infinity' AS known_until
        FROM opportunity LEFT JOIN said ON said.opportunity_id = opportunity.id
        UNION ALL
        SELECT opened_at, closed_at, outcome, amount, own.code, '-infinity', 'infinity',
            amount, own.code, known_until
        FROM imported, LATERAL (SELECT coalesce(nullif(currency, ''), :currency) AS code) AS own
    ), moment AS (
        SELECT history.*, places[number] AS place, ats[number] AS at, untils[number] AS ends
        FROM history, LATERAL (
                SELECT cast(:places AS int[]) AS places, cast(:at AS timestamptz[]) AS ats,
                    cast(:until AS timestamptz[]) AS untils
            ) AS given,
            generate_series(width_bucket(greatest(opened_at, since), ats) + 1,
                width_bucket(least(closed_at, until), ats)) AS number
        WHERE untils[number] <= known_until
    )
    SELECT place, floor(extract(epoch FROM at - opened_at) / 86400)::int AS age,
        CASE WHEN amount IS NULL THEN '' ELSE currency END AS currency,
        count(*) AS number, sum(amount) AS amount, sum(amount * amount) AS squares,
        count(*) - count(amount) AS without_amount,
        CASE WHEN came THEN won_currency ELSE '' END AS won_currency,
        count(*) FILTER (WHERE came) AS won, sum(won_amount) FILTER (WHERE came) AS won_amount
    FROM moment, LATERAL (SELECT outcome = 'won' AND closed_at < ends AS came) AS at_its_end
    GROUP BY 1, 2, 3, 8
    """
)
_STAGES = text(
    """
    WITH been AS (
        SELECT stage, count(DISTINCT id) AS closed,
            count(DISTINCT id) FILTER (WHERE outcome = 'won') AS won
        FROM (
            SELECT opportunity.id, outcome, said.stage FROM opportunity
            JOIN opportunity_stage AS said ON said.opportunity_id = opportunity.id
            WHERE closed_at >= :since AND closed_at < :now
        ) AS closed GROUP BY 1
    ), now AS (
        SELECT stage, CASE WHEN amount IS NULL THEN '' ELSE currency END AS currency,
            count(*) AS number, sum(amount) AS amount
        FROM opportunity WHERE opened_at < :now AND (closed_at IS NULL OR closed_at >= :now)
        GROUP BY 1, 2
    )
    SELECT stage, now.currency, coalesce(now.number, 0) AS number, now.amount,
        coalesce(been.closed, 0) AS closed, coalesce(been.won, 0) AS won
    FROM been FULL JOIN now USING (stage) ORDER BY stage
    """
)


def age_closings(connection: Connection, bounds: Sequence[datetime]) -> list[AgeClosings]:
    """How long opportunities were open between each two bounds, and how many were closed, by age.

    Args:
        bounds: in their order, the last of them now.
    """
    rows = connection.execute(
        _CLOSINGS,
        {
            "now": bounds[-1],
            "bounds": list(bounds),
            "lowest": list(AGES),
            "highest": [*AGES[1:], FOR_EVER],
        },
    )
    return [AgeClosings(row.place, row.age, Closings(*row[2:])) for row in rows]


def open_then(
    connection: Connection, moments: Sequence[ForecastMoment], currency: str
) -> list[OpenThen]:
    """What was open at each moment, with what was known of it then, and what became of it.

    Args:
        moments: in their order, the last of them now.
        currency: that of imported amounts that say none.
    """
    rows = connection.execute(
        _STANDING,
        {
            "now": moments[-1].at,
            "places": [one.place for one in moments],
            "at": [one.at for one in moments],
            "until": [one.until for one in moments],
            "currency": currency,
        },
    )
    return [OpenThen(*row) for row in rows]


def stage_counts(
    connection: Connection, since: datetime, now: datetime
) -> list[PipelineStageCount]:
    """What is open in each stage, and what became of those that had been in it and were closed
    since then."""
    found: dict[str, PipelineStageCount] = {}
    for stage, currency, number, amount, closed, won in connection.execute(
        _STAGES, {"since": since, "now": now}
    ):
        one = found.setdefault(stage, PipelineStageCount(stage, {}, 0, closed, won))
        if amount is not None:
            one = one._replace(open={**one.open, currency: (number, amount)})
        else:
            one = one._replace(without_amount=number)
        found[stage] = one
    return list(found.values())
