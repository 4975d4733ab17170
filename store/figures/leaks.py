"""What the facts say of leaks: cases counted by value, and the baseline to compare with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, text

from domain.figures.funnel import Question
from domain.figures.leaks import (
    BookedAhead,
    DecidedCount,
    FirstResponse,
    ResponseCount,
    RestCount,
    SettingCount,
    StageBaseline,
    StandingCount,
)
from domain.figures.periods import Period
from domain.figures.stages import WON
from store.figures import leak_cases
from store.figures.funnel import Split, in_period

_BASELINE = text(
    f"""
    SELECT stage - 1 AS stage, count(*) AS units,
        percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY before_seconds) AS took
    FROM funnel_passage
    WHERE stage BETWEEN 1 AND {WON} AND at >= :start AND at < :end
        AND timed_before AND before_seconds > 0
    GROUP BY stage
    """
)


def baseline(connection: Connection, period: Period) -> dict[int, StageBaseline]:
    """By the position of a stage: how long those stood there that went on from it in this period,
    imported history among them."""
    rows = connection.execute(_BASELINE, {"start": period.start, "end": period.end})
    return {row.stage: StageBaseline(row.units, *row.took) for row in rows}


def standing_counts(
    connection: Connection, question: Question, limits: Mapping[int, float], fold: Sequence[str]
) -> list[StandingCount]:
    """The units that stand in each stage now, all and by value.

    Args:
        limits: by position, the seconds after which one is overdue.
        fold: values that are counted together, as :data:`store.figures.funnel.FOLDED`; here and
            below.
    """
    cases = leak_cases.standing(question, limits, fold)
    sets = "(stage), (stage, value)" if question.by else "(stage, value)"
    rows = connection.execute(
        text(
            f"""
            SELECT CASE WHEN grouping(value) = 0 THEN value END AS value, stage, count(*),
                count(*) FILTER (WHERE overdue),
                percentile_cont(0.5) WITHIN GROUP (ORDER BY cast(waited AS float8)),
                cast(max(waited) AS float8)
            FROM ({cases.sql}) AS standing GROUP BY GROUPING SETS ({sets})
            """
        ),
        cases.values,
    )
    return [StandingCount(*row) for row in rows]


def decided_counts(
    connection: Connection, question: Question, fold: Sequence[str]
) -> list[DecidedCount]:
    """The units that were lost in the period, and those that went on in it, by stage and value."""
    cases = leak_cases.lost(question, fold)
    split = Split(question, "facts", list(fold))
    rows = connection.execute(
        text(
            f"""
            SELECT value, stage, cast(sum(lost) AS int), cast(sum(went_on) AS int) FROM (
                SELECT value, stage, count(*) AS lost, 0 AS went_on
                FROM ({cases.sql}) AS lost GROUP BY 1, 2
                UNION ALL
                SELECT {split.value}, facts.stage - 1, 0, count(*)
                FROM funnel_passage AS facts{split.join}
                WHERE facts.stage BETWEEN 1 AND {WON} AND facts.at >= :start AND facts.at < :end
                    AND NOT facts.imported{split.where}
                GROUP BY 1, 2
            ) AS decided GROUP BY 1, 2
            """
        ),
        {**cases.values, **in_period(question)},
    )
    return [DecidedCount(*row) for row in rows]


def response_counts(
    connection: Connection, question: Question, fold: Sequence[str]
) -> list[ResponseCount]:
    """The leads that were handed over in the period, by first response and value."""
    cases = leak_cases.handed_over(question, fold)
    rows = connection.execute(
        text(
            f"""
            SELECT value, response, count(*) AS leads, count(*) FILTER (WHERE open) AS open,
                count(*) FILTER (WHERE mature) AS mature,
                count(*) FILTER (WHERE mature AND went_on) AS went_on
            FROM ({cases.sql}) AS handed_over GROUP BY 1, 2
            """
        ),
        cases.values,
    )
    return [ResponseCount(row.value, FirstResponse(row.response), *row[2:]) for row in rows]


def setting_counts(
    connection: Connection, question: Question, fold: Sequence[str]
) -> list[SettingCount]:
    """The appointments of the period that were kept or missed, by value, how far ahead they were
    booked, and whether a reminder went out."""
    cases = leak_cases.settings(question, fold)
    rows = connection.execute(
        text(
            f"""
            SELECT value, ahead, reminded, count(*) AS settings,
                count(*) FILTER (WHERE missed) AS missed,
                count(*) FILTER (WHERE rebooked) AS rebooked,
                count(*) FILTER (WHERE recovered) AS recovered
            FROM ({cases.sql}) AS setting GROUP BY 1, 2, 3
            """
        ),
        cases.values,
    )
    return [SettingCount(row.value, BookedAhead(row.ahead), *row[2:]) for row in rows]


def rest_counts(connection: Connection, question: Question, fold: Sequence[str]) -> list[RestCount]:
    """The recycled leads whose day has passed, by value."""
    cases = leak_cases.resting(question, fold)
    rows = connection.execute(
        text(
            f"SELECT value, count(*) AS leads, cast(max(overdue_for) AS float8) AS longest "
            f"FROM ({cases.sql}) AS resting GROUP BY 1"
        ),
        cases.values,
    )
    return [RestCount(*row) for row in rows]
