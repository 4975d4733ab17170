"""Events are kept by month (UTC), each a table of its own, so that recording one costs the same
however many there are, and an old month goes by dropping its table.

What is of no month that was prepared lies in ``engagement_other``: until its month is made, or it
is too old to be kept.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, text

from domain.consent.policy import ConsentPolicy
from domain.scoring.policy import ScoringPolicy
from store.bounded import wait_briefly
from store.published.policies import PolicyMissing, policy

AHEAD = 2
"""Months that are made before they begin."""
SLICE = 20_000
LEAST = timedelta(days=31)
"""A rule's limit counts in a month at most."""
HALF_LIVES = 7
"""After so many, less than a hundredth is left of an event's points."""

_MONTHS = text(
    """
    SELECT to_date(right(relname, 7), 'YYYY_MM') FROM pg_inherits
    JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = 'engagement'::regclass AND relname <> 'engagement_other' ORDER BY 1
    """
)
_WAITING = text(
    """
    SELECT DISTINCT cast(date_trunc('month', at AT TIME ZONE 'UTC') AS date) FROM engagement_other
    WHERE at >= :oldest AND at < :end
    """
)
_FORGET_OTHERS = text(
    "DELETE FROM engagement_other WHERE (id, at) IN "
    "(SELECT id, at FROM engagement_other WHERE at < :oldest LIMIT :slice)"
)
_FORGET_KEYS = text(
    "DELETE FROM engagement_key WHERE hash IN "
    "(SELECT hash FROM engagement_key WHERE month < :oldest LIMIT :slice)"
)


def months_needed(connection: Connection) -> int:
    """For how many months before the one that runs the policies in force read events."""
    spans = [LEAST]
    with suppress(PolicyMissing):
        spans.append(HALF_LIVES * policy(connection, ScoringPolicy).half_life.length)
    with suppress(PolicyMissing):
        spans.append(policy(connection, ConsentPolicy).soft_bounces.within.length)
    return -(-max(spans) // timedelta(days=28))


def kept_beyond(connection: Connection, months: int) -> int:
    """For how many months events are kept because the policies in force read them, where the
    setting says fewer; else 0.

    Args:
        months: the setting; 0 for ever.
    """
    needed = months_needed(connection)
    return needed if 0 < months < needed else 0


def keep_months(connection: Connection, now: datetime, months: int) -> None:
    """Make the tables of this month, the next ones, and those that events wait for; drop what is
    older than is kept. What the policies in force read is kept in any case.

    Args:
        now: journey time, UTC.
        months: for how many whole months events are kept; 0 for ever.
    """
    this = now.astimezone(UTC).date().replace(day=1)
    oldest = _months_later(this, -max(months, months_needed(connection))) if months else date.min
    end = _months_later(this, AHEAD + 1)
    made = set(connection.scalars(_MONTHS))
    span = {"oldest": oldest, "end": end}
    wanted = {_months_later(this, ahead) for ahead in range(AHEAD + 1)}
    wanted |= set(connection.scalars(_WAITING, span))
    gone = sorted(month for month in made if month < oldest)
    if gone or wanted - made:
        # Who records events holds the locks that are waited for: the next round tries again.
        wait_briefly(connection)
    for month in sorted(wanted - made):
        _make(connection, month)
    for month in gone:
        connection.execute(text(f"DROP TABLE {_table(month)}"))
    for statement in (_FORGET_OTHERS, _FORGET_KEYS) if months else ():
        connection.execute(statement, {"oldest": oldest, "slice": SLICE})


def _make(connection: Connection, month: date) -> None:
    """Make the table of a month, with what waited for it."""
    name, span = _table(month), {"begin": month, "end": _months_later(month, 1)}
    connection.execute(text("LOCK TABLE engagement_other IN ACCESS EXCLUSIVE MODE"))
    connection.execute(
        text(f"CREATE TABLE {name} (LIKE engagement INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
    )
    connection.execute(
        text(
            "WITH moved AS (DELETE FROM engagement_other WHERE at >= :begin AND at < :end "
            f"RETURNING *) INSERT INTO {name} SELECT * FROM moved"
        ),
        span,
    )
    connection.execute(
        text(f"ALTER TABLE engagement ATTACH PARTITION {name} FOR VALUES FROM (:begin) TO (:end)"),
        {bound: f"{day} 00:00:00+00" for bound, day in span.items()},
    )


def _table(month: date) -> str:
    return f"engagement_{month:%Y_%m}"


def _months_later(month: date, months: int) -> date:
    years, place = divmod(month.month - 1 + months, 12)
    return date(month.year + years, place + 1, 1)
