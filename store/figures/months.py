"""What the facts say of units by the month in which they first entered a stage."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from domain.figures.funnel import Kind, Quartiles, Question
from domain.figures.months import (
    STEP_DAYS,
    STEPS,
    Between,
    CohortCount,
    PaceCount,
    PaceDepartures,
    PaceQuartiles,
    first_days,
)
from domain.figures.periods import midnight
from domain.figures.stages import DAY, WON
from domain.figures.survival import Departures
from store.figures.funnel import Split, in_period


class _Entries:
    """The units that entered in the period, as SQL: ``month`` from 0, ``recycled``, for how many
    seconds they are there (``age``), in how many they reached the later stage (NULL: not so far),
    and whether that is ``timed``."""

    def __init__(self, question: Question, between: Between) -> None:
        split = Split(question, "facts")
        zone = question.period.time_zone
        months = [midnight(day, zone) for day in first_days(question.period)]
        self.values: dict[str, Any] = {
            **split.values,
            **in_period(question),
            "stage": between.stage,
            "months": months,
            "now": question.now,
            "step": STEP_DAYS * DAY,
            "steps": STEPS,
        }
        later = ""
        if between.reached == between.stage + 1:
            seconds, timed = "facts.next_seconds", "facts.timed_next"
        elif between.reached == WON:
            seconds, timed = "facts.won_seconds", "facts.timed_won"
        else:
            seconds = "date_part('epoch', later.at - facts.at)"
            timed = "coalesce(NOT facts.implied AND NOT later.implied, false)"
            later = (
                " LEFT JOIN funnel_passage AS later"
                " ON later.unit_id = facts.unit_id AND later.stage = :reached"
            )
            self.values["reached"] = between.reached
        self.sql = f"""
            SELECT width_bucket(facts.at, cast(:months AS timestamptz[])) - 1 AS month,
                facts.cycle > 1 AS recycled, facts.implied,
                date_part('epoch', :now - facts.at) AS age,
                {seconds} AS seconds, {timed} AS timed
            FROM funnel_passage AS facts{later}{split.join}
            WHERE facts.stage = :stage AND facts.at >= :start AND facts.at < :end{split.where}
        """


def cohort_counts(
    connection: Connection, question: Question, between: Between
) -> list[CohortCount]:
    """The units by month, kind, and the steps after which they are counted."""
    entries = _Entries(question, between)
    rows = connection.execute(
        text(
            f"""
            SELECT month, recycled,
                cast(least(:steps, greatest(0, floor(age / :step))) AS int) AS over,
                CASE WHEN seconds <= :steps * :step
                    THEN cast(greatest(1, ceil(seconds / :step)) AS int) END AS within,
                count(*) AS units
            FROM ({entries.sql}) AS entered GROUP BY 1, 2, 3, 4
            """
        ),
        entries.values,
    )
    return [CohortCount(row.month, _kind(row.recycled), *row[2:]) for row in rows]


def pace_counts(connection: Connection, question: Question, between: Between) -> list[PaceCount]:
    """The units by month and kind."""
    entries = _Entries(question, between)
    rows = connection.execute(
        text(
            f"""
            SELECT month, recycled, count(*) AS entered, count(seconds) AS reached,
                count(*) FILTER (WHERE timed AND seconds > 0) AS timed,
                count(*) FILTER (WHERE timed AND seconds <= 0) AS faults
            FROM ({entries.sql}) AS entered GROUP BY 1, 2
            """
        ),
        entries.values,
    )
    return [PaceCount(row.month, _kind(row.recycled), *row[2:]) for row in rows]


def pace_quartiles(
    connection: Connection, question: Question, between: Between
) -> list[PaceQuartiles]:
    """How long those took that went on, by month and kind, of all months and of both kinds."""
    entries = _Entries(question, between)
    rows = connection.execute(
        text(
            f"""
            SELECT month, recycled,
                percentile_cont(ARRAY[0.25, 0.5, 0.75, 0.9]) WITHIN GROUP (ORDER BY seconds) AS took
            FROM ({entries.sql}) AS entered WHERE timed AND seconds > 0
            GROUP BY GROUPING SETS ((), (recycled), (month), (month, recycled))
            """
        ),
        entries.values,
    )
    return [
        PaceQuartiles(
            row.month, None if row.recycled is None else _kind(row.recycled), Quartiles(*row.took)
        )
        for row in rows
        if row.took is not None
    ]


def pace_departures(
    connection: Connection, question: Question, between: Between
) -> list[PaceDepartures]:
    """When units went on, or for how long they wait. Times that differ by less than two in a
    hundred are taken as one, so that of a million units some thousand rows are read."""
    entries = _Entries(question, between)
    rows = connection.execute(
        text(
            f"""
            SELECT month, recycled, cast(50 * ln(waited) AS int) AS bucket, max(waited) AS seconds,
                count(seconds) AS gone, count(*) AS units
            FROM (
                SELECT month, recycled, seconds, coalesce(seconds, age) AS waited
                FROM ({entries.sql}) AS entered
                WHERE NOT implied AND (timed OR seconds IS NULL)
            ) AS waited WHERE waited > 0 GROUP BY 1, 2, 3
            """
        ),
        entries.values,
    )
    return [
        PaceDepartures(row.month, _kind(row.recycled), Departures(row.seconds, row.gone, row.units))
        for row in rows
    ]


def _kind(recycled: bool) -> Kind:
    return Kind.RECYCLED if recycled else Kind.NET_NEW
