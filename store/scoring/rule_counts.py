"""What the rules of scoring do today: how often each gave points of late, and how many points leads
have. Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from domain.scoring.policy import ScoringPolicy

HIGHEST = 200
"""Leads with so many points, or more, are counted together."""


class RuleFired(NamedTuple):
    """How many events a rule held of, beyond its cap too, and of how many leads they are."""

    times: int
    leads: int


class PointsNow(NamedTuple):
    """How many leads there are by points: from 0 to :data:`HIGHEST` of interest, and of fit as many
    as rules give."""

    interest: Mapping[int, int]
    fit: Mapping[int, int]


def rules_fired(connection: Connection, since: datetime) -> dict[str, RuleFired]:
    """Name of a rule of interest → what it held of since a time; what machines did is left out."""
    rows = connection.execute(
        text(
            """
            SELECT rule, count(*) AS times, count(DISTINCT lead_id) AS leads FROM engagement
            WHERE at >= :since AND rule <> '' AND machine = '' AND lead_id IS NOT NULL
            GROUP BY rule
            """
        ),
        {"since": since},
    )
    return {row.rule: RuleFired(row.times, row.leads) for row in rows}


def points_of_leads(connection: Connection, rules: ScoringPolicy, now: datetime) -> PointsNow:
    """How many points leads have by the rules in force, of which ``rules`` are the half-life."""
    # So small a power that a double has no room for it is an error in PostgreSQL.
    interest = connection.execute(
        text(
            """
            SELECT least(greatest(floor(value + 0.5), 0), :highest)::int AS points,
                count(*) AS leads
            FROM (
                SELECT interest * power(0.5, least(900, greatest(0,
                    extract(epoch FROM :now - interest_as_of)::float8 / :half_life))) AS value
                FROM lead
            ) AS now GROUP BY 1
            """
        ),
        {
            "now": now,
            "half_life": rules.half_life.length.total_seconds(),
            "highest": HIGHEST,
        },
    )
    fit = connection.execute(
        text("SELECT fit_points, count(*) AS leads FROM lead WHERE fit <> '' GROUP BY fit_points")
    )
    return PointsNow(
        {row.points: row.leads for row in interest}, {row.fit_points: row.leads for row in fit}
    )
