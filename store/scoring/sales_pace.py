"""How fast sales gets leads that are ready without having done anything just now: by new rules, by
what a file or another program says of them, or as they come back. Times are journey time, UTC."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from domain.scoring.fit import letter_of
from domain.scoring.policy import LETTERS, ScoringPolicy
from domain.scoring.standing import points_to

PORTION = timedelta(minutes=5)
"""Journey time in which one portion of an hour's leads is handed over."""
HOUR = timedelta(hours=1)
_DUST = 5e-7
"""Less than ``domain.scoring.interest.score`` forgives: whoever is in the backlog does cross."""

# "remaining" is the logarithm (base 2) of the points that have not decayed: a power would
# underflow, which PostgreSQL takes for an error.
_READY = """
    FROM lead
    JOIN unnest(cast(:letters AS text[]), cast(:floors AS float8[])) AS ready (letter, floor)
        ON ready.letter = coalesce(nullif(lead.fit, ''), :unjudged)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN lead.interest > 0
            THEN ln(lead.interest) / ln(2::float8) - greatest(0,
                extract(epoch FROM cast(:now AS timestamptz) - lead.interest_as_of)
            ) / cast(:half_life AS float8)
            ELSE '-Infinity' END AS remaining
    ) AS points
    WHERE lead.crossed_cycle < lead.cycle AND remaining >= ready.floor
"""
BACKLOG = f"{_READY} AND lead.phase = 'Nurture'"
"""SQL: leads in nurture that the rules call ready; ``remaining`` is their interest."""
_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext('sales pace'))")
_HANDED_OVER = text(
    "SELECT count(*) FILTER (WHERE at > :portion) AS portion, count(*) AS hour FROM crossing "
    "WHERE cause IN ('rules', 'entry', 'fit') AND at > :hour"
)


def room(connection: Connection, rules: ScoringPolicy, now: datetime) -> int:
    """How many leads may go to sales now at the pace of the policy (``backlog_per_hour``). It is
    kept until the end of the transaction; meanwhile there is none for others.

    Args:
        now: journey time, UTC.
    """
    if not connection.execute(_LOCK).scalar_one():
        return 0  # Somebody hands over right now. Who is left waits for the next portion.
    done = connection.execute(_HANDED_OVER, {"portion": now - PORTION, "hour": now - HOUR}).one()
    portion = math.ceil(rules.backlog_per_hour * PORTION / HOUR)
    left: int = min(portion - done.portion, rules.backlog_per_hour - done.hour)
    return max(0, left)


def backlog_values(rules: ScoringPolicy, now: datetime) -> dict[str, object]:
    """The parameters of :data:`BACKLOG`."""
    return {
        "letters": list(LETTERS),
        "floors": [_floor(rules, letter) for letter in LETTERS],
        "half_life": rules.half_life.length.total_seconds(),
        "unjudged": letter_of(rules, 0),
        "now": now,
    }


def waiting(connection: Connection, rules: ScoringPolicy, now: datetime) -> int:
    """How many leads in nurture are ready by the rules of now, and not yet handed to sales."""
    count: int = connection.execute(
        text(f"SELECT count(*) {BACKLOG}"), backlog_values(rules, now)
    ).scalar_one()
    return count


@dataclass(frozen=True)
class Pace:
    """Leads that go to sales at the pace of the policy: how many of an import, and in how many
    hours of journey time the last of them does, those before them included."""

    ready: int
    per_hour: int
    hours: int


def pace_of(
    connection: Connection,
    rules: ScoringPolicy,
    whose: str,
    now: datetime,
    values: Mapping[str, object] | None = None,
) -> Pace:
    """What goes to sales of some leads that are in nurture or yet to begin.

    Args:
        whose: a subquery of the ids of the leads.
        now: journey time, UTC.
        values: parameters of the subquery.
    """
    of_these = f"lead.phase IN ('', 'Nurture') AND lead.id IN ({whose})"
    row = connection.execute(
        text(
            f"SELECT count(*) FILTER (WHERE {of_these}) AS ready, "
            f"count(*) FILTER (WHERE lead.phase = 'Nurture' OR {of_these}) AS whole {_READY}"
        ),
        {**backlog_values(rules, now), **(values or {})},
    ).one()
    per_hour = rules.backlog_per_hour
    return Pace(row.ready, per_hour, math.ceil(row.whole / per_hour) if row.ready else 0)


def _floor(rules: ScoringPolicy, letter: str) -> float:
    """The logarithm (base 2) of the points from which a lead with this letter is ready."""
    missing = points_to(rules, letter, 0, "mql")
    if missing is None:
        return math.inf
    return math.log2(missing - 0.5 - _DUST) if missing else -math.inf
