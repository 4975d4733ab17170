"""What the facts say of a funnel: counts by stage, kind and value."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from domain.figures.flows import StageMoves
from domain.figures.funnel import (
    FEW,
    FOLDED,
    Dimension,
    Kind,
    Mode,
    MoveCount,
    PassageCount,
    Quartiles,
    Question,
)
from domain.figures.stages import DAY, WON
from domain.figures.survival import Departures, censored_median

_QUARTILES = "percentile_cont(ARRAY[0.25, 0.5, 0.75, 0.9]) WITHIN GROUP (ORDER BY {0})"


class Split:
    """What a question is split and narrowed by, as SQL over a table of facts.

    Args:
        facts: its name in the statement, with the columns of ``funnel_passage`` or ``funnel_unit``.
        fold: values of the split that are counted together as ``FOLDED``.
    """

    def __init__(self, question: Question, facts: str, fold: list[str] | None = None) -> None:
        self._facts = facts
        self.values: dict[str, Any] = {"fold": fold or []}
        self.value = self._column(question.by) if question.by else "NULL::text"
        if fold:
            self.value = (
                f"CASE WHEN {self.value} = ANY(:fold) THEN '{FOLDED}' ELSE {self.value} END"
            )
        conditions = []
        for number, (dimension, value) in enumerate(question.only.items()):
            conditions.append(f"{self._column(dimension)} = :only{number}")
            self.values[f"only{number}"] = value
        if question.imported is not None:
            conditions.append(f"{facts}.imported = :imported")
            self.values["imported"] = question.imported
        self.where = "".join(f" AND {one}" for one in conditions)
        by_team = Dimension.TEAM in (question.by, *question.only)
        self.join = f" LEFT JOIN rep ON rep.code = {facts}.owner" if by_team else ""
        # Where nothing is split, the one value of all is NULL.
        self.sets = (
            "(stage), (stage, kind), (stage, kind, value)"
            if question.by
            else "(stage, value), (stage, kind, value)"
        )

    def _column(self, dimension: Dimension) -> str:
        if dimension == Dimension.TEAM:
            return "coalesce(rep.team, '')"
        if dimension == Dimension.CYCLE:
            return f"{self._facts}.cycle::text"
        return f"{self._facts}.{dimension.value}"


def first_day(connection: Connection) -> datetime | None:
    """When the first unit of all entered the funnel (UTC); None when none has."""
    first: datetime | None = connection.scalar(
        text("SELECT min(at) FROM funnel_passage WHERE stage = 0")
    )
    return first


def owners_with_few(connection: Connection, question: Question, fewer_than: int) -> list[str]:
    """The reps of whom the report counts fewer units in the period; nobody is no rep.

    A report of activity counts what moved: a unit without a move is in its times alone.
    """
    split = Split(replace(question, by=Dimension.OWNER), "facts")
    moved = question.mode == Mode.ACTIVITY
    found = f"""
        SELECT facts.owner, {"NULL::bigint AS unit_id" if moved else "unit_id"}
        FROM funnel_passage AS facts{split.join}
        WHERE facts.at >= :start AND facts.at < :end{split.where}
    """
    if moved:
        found += f"""
            UNION ALL
            SELECT facts.owner, move.unit_id FROM funnel_move AS move
            JOIN (SELECT *, lead_id IS NULL AS imported FROM funnel_unit) AS facts
                ON facts.id = move.unit_id{split.join}
            WHERE move.at >= :start AND move.at < :end{split.where}
        """
    rows = connection.scalars(
        text(
            f"SELECT owner FROM ({found}) AS counted WHERE owner <> '' "
            "GROUP BY 1 HAVING count(DISTINCT unit_id) < :fewer_than"
        ),
        {**split.values, **in_period(question), "fewer_than": fewer_than},
    )
    return list(rows)


def cohort_counts(
    connection: Connection, question: Question, fold: list[str]
) -> list[PassageCount]:
    """Of the units that first entered a stage in the period, by stage, kind and value."""
    split = Split(question, "facts", fold)
    of_period = f"""
        FROM funnel_passage AS facts{split.join}
        WHERE facts.at >= :start AND facts.at < :end{split.where}
    """
    given = {**split.values, **in_period(question), **within(question), "now": question.now}
    rows = connection.execute(
        text(
            f"""
            SELECT {split.value} AS value, facts.cycle > 1 AS kind, stage, count(*) AS entered,
                count(*) FILTER (WHERE implied) AS implied,
                count(*) FILTER (WHERE at > :ripe) AS immature,
                count(*) FILTER (WHERE next_seconds <= :window AND at <= :ripe) AS converted,
                count(*) FILTER (WHERE won_seconds <= :window AND at <= :ripe) AS won,
                count(*) FILTER (WHERE timed_next AND next_seconds <= 0) AS faults
            {of_period} GROUP BY 1, 2, 3
            """
        ),
        given,
    )
    counts: dict[tuple[str | None, Kind | None, int], PassageCount] = {}
    for row in rows:
        kind = Kind.RECYCLED if row.kind else Kind.NET_NEW
        # The counts of all, of each kind, and of the parts: they add up.
        for group in {(None, None), (None, kind), (row.value, kind)}:
            key = (*group, row.stage)
            counts[key] = counts.get(key, PassageCount(*key)).plus(row[3:])
    _add_velocities(connection, split, counts, of_period, given)
    _add_censored_medians(connection, counts, of_period, given)
    return list(counts.values())


def _add_velocities(
    connection: Connection,
    split: Split,
    counts: dict[tuple[str | None, Kind | None, int], PassageCount],
    of_period: str,
    given: dict[str, Any],
) -> None:
    """Of those who went on and were timed alone: ordering them is most of the work."""
    for column, whose in (
        ("next_seconds", "timed_next AND next_seconds > 0"),
        ("won_seconds", "stage = 0 AND timed_won AND won_seconds > 0"),
    ):
        rows = connection.execute(
            text(
                f"""
                SELECT CASE WHEN grouping(value) = 0 THEN value END AS value, {_KIND} AS kind,
                    stage, {_QUARTILES.format(column)} AS took
                FROM (
                    SELECT stage, facts.cycle > 1 AS kind, {split.value} AS value, {column}
                    {of_period} AND {whose}
                ) AS facts
                GROUP BY GROUPING SETS ({split.sets})
                """
            ),
            given,
        )
        for row in rows:
            key = (row.value, _kind(row.kind), row.stage)
            took = Quartiles(*row.took)
            # What came since the units were counted is timed already.
            one = counts.get(key, PassageCount(*key))
            if column == "next_seconds":
                counts[key] = one._replace(quartiles=took)
            else:
                counts[key] = one._replace(median_to_won=took.median)


def _add_censored_medians(
    connection: Connection,
    counts: dict[tuple[str | None, Kind | None, int], PassageCount],
    of_period: str,
    given: dict[str, Any],
) -> None:
    """With those who have not gone on; not of the parts of a split, each of which would take as
    long as all. Times that differ by less than two in a hundred are taken as one, so that of a
    million units some thousand rows are read."""
    rows = connection.execute(
        text(
            f"""
            SELECT stage, kind, bucket, max(seconds) AS seconds, count(went_on) AS gone,
                count(*) AS units
            FROM (
                SELECT stage, kind, went_on, seconds, cast(50 * ln(seconds) AS int) AS bucket
                FROM (
                    SELECT stage, facts.cycle > 1 AS kind, next_seconds AS went_on,
                        coalesce(next_seconds, date_part('epoch', :now - at)) AS seconds
                    {of_period} AND stage < {WON} AND NOT implied
                        AND (timed_next OR next_seconds IS NULL)
                ) AS facts WHERE seconds > 0
            ) AS facts GROUP BY 1, 2, 3
            """
        ),
        given,
    )
    sums: dict[tuple[Kind | None, int], dict[int, Departures]] = defaultdict(dict)
    for stage, recycled, bucket, *of_row in rows:
        one = Departures(*of_row)
        for kind in (None, Kind.RECYCLED if recycled else Kind.NET_NEW):
            buckets = sums[kind, stage]
            known = buckets.get(bucket)
            buckets[bucket] = one if known is None else known.plus(one)
    for (kind, stage), buckets in sums.items():
        if sum(one.units for one in buckets.values()) >= FEW:
            count = counts.get((None, kind, stage), PassageCount(None, kind, stage))
            found = censored_median(buckets.values())
            counts[None, kind, stage] = count._replace(censored_median=found)


def activity_counts(
    connection: Connection, question: Question, fold: list[str]
) -> list[PassageCount]:
    """How long those took that went on in the period; by the stage that they went on from."""
    split = Split(question, "facts", fold)
    rows = connection.execute(
        text(
            f"""
            SELECT CASE WHEN grouping(value) = 0 THEN value END AS value,
                {_KIND} AS kind, stage,
                count(*) FILTER (WHERE timed_before AND before_seconds <= 0) AS faults,
                {_QUARTILES.format("before_seconds")}
                    FILTER (WHERE timed_before AND before_seconds > 0) AS quartiles,
                percentile_cont(0.5) WITHIN GROUP (ORDER BY to_won)
                    FILTER (WHERE to_won > 0) AS median_to_won
            FROM (
                SELECT facts.stage - 1 AS stage, timed_before, before_seconds,
                    NULL::float8 AS to_won, facts.cycle > 1 AS kind, {split.value} AS value
                FROM funnel_passage AS facts{split.join}
                WHERE facts.stage > 0 AND facts.at >= :start AND facts.at < :end{split.where}
                UNION ALL
                SELECT 0, false, NULL, first.won_seconds, facts.cycle > 1, {split.value}
                FROM funnel_passage AS facts
                JOIN funnel_passage AS first
                    ON first.unit_id = facts.unit_id AND first.stage = 0 AND first.timed_won
                {split.join}
                WHERE facts.stage = {WON} AND facts.at >= :start AND facts.at < :end{split.where}
            ) AS facts
            GROUP BY GROUPING SETS ({split.sets})
            """
        ),
        {**split.values, **in_period(question)},
    )
    return [_passage_count(row._mapping) for row in rows]


def move_counts(connection: Connection, question: Question, fold: list[str]) -> list[MoveCount]:
    """The moves of the period, by kind and value."""
    split = Split(question, "unit", fold)
    unit = ""
    if question.by or split.where:
        unit = (
            " JOIN (SELECT *, lead_id IS NULL AS imported FROM funnel_unit) AS unit "
            f"ON unit.id = move.unit_id{split.join}"
        )
    rows = connection.execute(
        text(
            f"""
            SELECT CASE WHEN grouping(value) = 0 THEN value END AS value, {_KIND} AS kind,
                from_stage, to_stage, sum(units) AS units
            FROM (
                SELECT {split.value} AS value, move.cycle > 1 AS kind, from_stage, to_stage,
                    count(*) AS units
                FROM funnel_move AS move{unit}
                WHERE move.at >= :start AND move.at < :end{split.where}
                GROUP BY 1, 2, 3, 4
            ) AS moved
            GROUP BY GROUPING SETS ({split.sets.replace("stage", "from_stage, to_stage")})
            """
        ),
        {**split.values, **in_period(question)},
    )
    return [
        MoveCount(
            row.value,
            Kind(row.kind) if row.kind else None,
            StageMoves(row.from_stage, row.to_stage, int(row.units)),
        )
        for row in rows
    ]


_KIND = (
    f"CASE WHEN grouping(kind) = 0 THEN "
    f"CASE WHEN kind THEN '{Kind.RECYCLED}' ELSE '{Kind.NET_NEW}' END END"
)


def in_period(question: Question) -> dict[str, datetime]:
    """The values of ``:start`` and ``:end``."""
    return {"start": question.period.start, "end": question.period.end}


def within(question: Question) -> dict[str, object]:
    """The values of ``:window``, in seconds, and of ``:ripe``: who entered later is immature."""
    if question.window is None:
        return {"ripe": "infinity", "window": float("inf")}
    return {
        "ripe": question.now - timedelta(days=question.window),
        "window": question.window * DAY,
    }


def _passage_count(row: Any) -> PassageCount:
    given = dict(row)
    kind, took = given.pop("kind"), given.pop("quartiles")
    return PassageCount(
        **given,
        kind=_kind(kind),
        quartiles=Quartiles(*took) if took else None,
    )


def _kind(code: str | None) -> Kind | None:
    return Kind(code) if code else None
