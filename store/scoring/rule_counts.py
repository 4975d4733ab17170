"""What the rules of scoring do today: how often each gave points of late, and how many points leads
have. Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from psycopg2.errors import QueryCanceled
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from domain.scoring.policy import ScoringPolicy
from store.bounded import wait_briefly
from store.scoring.points_in_sql import POINTS_NOW

HIGHEST = 200
"""Leads with so many points, or more, are counted together."""
_FEW = 5
"""Of fewer than so many times the leads that are wanted, chance chooses among all."""


class RuleFired(NamedTuple):
    """How many events a rule held of, beyond its cap too, and of how many leads they are."""

    times: int
    leads: int


class PointsNow(NamedTuple):
    """How many leads there are by points: from 0 to :data:`HIGHEST` of interest, and of fit as many
    as rules give."""

    interest: Mapping[int, int]
    fit: Mapping[int, int]


class LeadSample(NamedTuple):
    """Leads that chance has chosen, in no order; whether they are ``all`` that there are."""

    ids: Sequence[int]
    all: bool


class RuleFigures(NamedTuple):
    """What the rules in force do with some leads: by rule of interest what it held of, and how many
    of these leads have how many points."""

    fired: Mapping[str, RuleFired]
    points: PointsNow


def sample_of_leads(connection: Connection, most: int) -> LeadSample:
    """Up to so many leads, however many there are without looking at all of them."""
    few = _FEW * most
    if (
        connection.scalar(
            text("SELECT count(*) FROM (SELECT FROM lead LIMIT :few) AS one"), {"few": few}
        )
        < few
    ):
        chosen = text("SELECT id FROM lead ORDER BY hashint8(id) LIMIT :most")
        ids = connection.scalars(chosen, {"most": most + 1}).all()
        return LeadSample(ids[:most], len(ids) <= most)
    # The next lead from numbers on that are spread over all: an index has them.
    chosen = text(
        """
        SELECT found.id
        FROM (SELECT min(id) AS low, max(id) - min(id) + 1 AS span FROM lead) AS known
        CROSS JOIN generate_series(1, :tries) AS try
        CROSS JOIN LATERAL (
            SELECT id FROM lead
            WHERE id >= low + (hashint8extended(try, 0) & 9223372036854775807) % span
            ORDER BY id LIMIT 1
        ) AS found
        GROUP BY found.id ORDER BY min(try) LIMIT :most
        """
    )
    return LeadSample(connection.scalars(chosen, {"tries": 2 * most, "most": most}).all(), False)


def figures_of_rules(
    connection: Connection, ids: Sequence[int], rules: ScoringPolicy, since: datetime, now: datetime
) -> RuleFigures | None:
    """What the rules in force, ``rules``, did with these leads since a time, and what points they
    have; None when counting takes longer than somebody waits for it."""
    wait_briefly(connection)
    try:
        return RuleFigures(
            _rules_fired(connection, ids, since), _points_of_leads(connection, ids, rules, now)
        )
    except OperationalError as error:
        if isinstance(error.orig, QueryCanceled):
            return None
        raise


def _rules_fired(
    connection: Connection, ids: Sequence[int], since: datetime
) -> dict[str, RuleFired]:
    # What machines did is left out.
    rows = connection.execute(
        text(
            """
            SELECT rule, count(*) AS times, count(DISTINCT lead_id) AS leads FROM engagement
            WHERE lead_id = ANY(:ids) AND at >= :since AND rule <> '' AND machine = ''
            GROUP BY rule
            """
        ),
        {"ids": list(ids), "since": since},
    )
    return {row.rule: RuleFired(row.times, row.leads) for row in rows}


def _points_of_leads(
    connection: Connection, ids: Sequence[int], rules: ScoringPolicy, now: datetime
) -> PointsNow:
    interest = connection.execute(
        text(
            f"SELECT least({POINTS_NOW}, :highest) AS points, count(*) AS leads "
            "FROM lead WHERE id = ANY(:ids) GROUP BY 1"
        ),
        {
            "ids": list(ids),
            "now": now,
            "half_life": rules.half_life.length.total_seconds(),
            "highest": HIGHEST,
        },
    )
    fit = connection.execute(
        text(
            "SELECT fit_points, count(*) AS leads FROM lead WHERE id = ANY(:ids) AND fit <> '' "
            "GROUP BY fit_points"
        ),
        {"ids": list(ids)},
    )
    return PointsNow(
        {row.points: row.leads for row in interest}, {row.fit_points: row.leads for row in fit}
    )
