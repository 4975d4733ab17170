"""Events are kept by month (UTC), each a table of its own, so that recording one costs the same
however many there are, and an old month goes by dropping its table.

What is of no month that was prepared lies in ``engagement_other``: until its month is made, or it
is too old to be kept. No month before 2009 or far ahead is ever made.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from domain.consent.policy import ConsentPolicy
from domain.scoring.policy import ScoringPolicy
from store.bounded import wait_briefly
from store.published.policies import PolicyMissing, policy

log = structlog.get_logger(__name__)

EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)
"""No events come from before: SendGrid has none, and nobody else may tell of any."""
AHEAD = 2
"""Months that are made before they begin."""
MOST_SECONDS = 60
"""How long a statement may take that moves events into their month: some 100,000 a second, while
whoever records or reads events waits."""
SLICE = 20_000
MOST_SLICES = 100
"""Of each kind in a round of the sweep: more in five minutes than events come."""
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


def keep_months(database: Engine, now: datetime, months: int) -> None:
    """Make the tables of this month, the next ones, and those that events wait for; drop what is
    older than is kept. What the policies in force read is kept in any case.

    Each table is made or dropped by itself, and the next round tries again what failed.

    Args:
        now: journey time, UTC.
        months: for how many whole months events are kept; 0 for ever.
    """
    this = now.astimezone(UTC).date().replace(day=1)
    end = _months_later(this, AHEAD + 1)
    with database.begin() as connection:
        kept = max(months, months_needed(connection)) if months else 0
        oldest = max(EARLIEST.date(), _months_later(this, -kept)) if months else EARLIEST.date()
        made = set(connection.scalars(_MONTHS))
        waiting = sorted(connection.scalars(_WAITING, {"oldest": oldest, "end": end}))
    coming = [_months_later(this, ahead) for ahead in range(AHEAD + 1)]
    for month in dict.fromkeys([*coming, *waiting]):
        if month not in made:
            _try(database, make_month, month)
    for month in sorted(month for month in made if month < oldest):
        _try(database, _drop, month)
    for statement in (_FORGET_OTHERS, _FORGET_KEYS) if months else ():
        for _ in range(MOST_SLICES):
            with database.begin() as connection:
                gone = connection.execute(statement, {"oldest": oldest, "slice": SLICE}).rowcount
            if gone < SLICE:
                break


def _try(database: Engine, act: Callable[[Connection, date], None], month: date) -> None:
    try:
        with database.begin() as connection:
            # Who records events holds the lock that is waited for, or waits for ours.
            wait_briefly(connection, MOST_SECONDS)
            act(connection, month)
    except SQLAlchemyError as error:
        reason = type(getattr(error, "orig", error)).__name__
        log.error("a table of events was not made or dropped", table=_table(month), reason=reason)


def make_month(connection: Connection, month: date) -> None:
    """Make the table of a month, with what waited for it.

    Whoever waits for the lock meanwhile plans anew with it: one who waited for the table that the
    events leave would look for them there.
    """
    name, span = _table(month), {"begin": month, "end": _months_later(month, 1)}
    connection.execute(text("LOCK TABLE ONLY engagement IN ACCESS EXCLUSIVE MODE"))
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


def _drop(connection: Connection, month: date) -> None:
    connection.execute(text(f"DROP TABLE {_table(month)}"))


def _table(month: date) -> str:
    # strftime's %Y has fewer digits for early years on some platforms.
    return f"engagement_{month.year:04}_{month.month:02}"


def _months_later(month: date, months: int) -> date:
    years, place = divmod(month.month - 1 + months, 12)
    return date(month.year + years, place + 1, 1)
