"""The figures of each day: counted anew from the facts, and kept with what they were before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from domain.figures.flows import StageMoves
from domain.figures.funnel import Kind
from domain.figures.periods import midnight, today_in
from domain.figures.snapshots import (
    DayMoves,
    FigureKey,
    Intake,
    RestatedFigure,
    SnapshotRow,
    Subject,
    stage_figures,
)
from domain.figures.stages import FUNNEL

INTAKE_DAYS = 35
"""Days of which it is counted again what came in: events are not kept for ever."""
SLICE = timedelta(days=60)
"""Days whose moves are counted at a time."""
Figures = Mapping[FigureKey, Decimal | int]

_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext('figures of days'))")
_FIRST = text("SELECT min(at) FROM funnel_move")
_DAY = "cast(at AT TIME ZONE :zone AS date)"
_KIND = f"CASE WHEN cycle > 1 THEN '{Kind.RECYCLED}' ELSE '{Kind.NET_NEW}' END"
# Imported history is of another system, and ends where ours begins: it would stand in stages for
# ever, and each of its sources would have stopped.
_MOVES = text(
    f"""
    SELECT {_DAY} AS day, {_KIND} AS kind, from_stage, to_stage, count(*) AS units
    FROM funnel_move WHERE at >= :start AND at < :end AND NOT EXISTS (
        SELECT FROM funnel_unit WHERE funnel_unit.id = unit_id AND lead_id IS NULL)
    GROUP BY 1, 2, 3, 4
    """
)
_SOURCES = text(
    f"""
    SELECT {_DAY} AS day, source, {_KIND} AS kind, count(*) AS units
    FROM funnel_passage WHERE stage = :stage AND at < :end AND NOT imported GROUP BY 1, 2, 3
    """
)
_WINS = text(
    """
    SELECT cast(closed_at AT TIME ZONE :zone AS date) AS day, lead.source, currency,
        count(*) AS wins, coalesce(sum(amount), 0) AS amount
    FROM opportunity JOIN lead ON lead.id = opportunity.lead_id
    WHERE outcome = 'won' AND closed_at < :end GROUP BY 1, 2, 3
    """
)
# A month's spend falls on its days in equal parts.
_SPEND = text(
    """
    SELECT falls.day, source, currency, sum(CASE span WHEN 'month'
        THEN round(amount / extract(day FROM month.ends)::int, 6) ELSE amount END) AS spend
    FROM spend
    CROSS JOIN LATERAL (SELECT cast(date_trunc('month', day) + interval '1 month - 1 day' AS date)
        AS ends) AS month
    CROSS JOIN LATERAL (SELECT cast(one AS date) AS day FROM generate_series(
        cast(spend.day AS timestamp), CASE span WHEN 'month' THEN month.ends ELSE spend.day END,
        interval '1 day') AS one) AS falls
    WHERE falls.day < :last GROUP BY 1, 2, 3
    """
)
_INTAKE = text(
    f"""
    SELECT {_DAY} AS day, way, count(*) AS events FROM (
        SELECT at, CASE WHEN kind IN ('page', 'screen', 'track') THEN '{Intake.TRACKING}'
            ELSE '{Intake.MAIL_EVENTS}' END AS way
        FROM engagement WHERE at >= :start AND at < :end
            AND (kind IN ('page', 'screen', 'track') OR starts_with(key, 'sendgrid:'))
        UNION ALL
        SELECT delivered_at, '{Intake.MAIL_EVENTS}' FROM touch
        WHERE delivered_at >= :start AND delivered_at < :end
        UNION ALL
        SELECT received_at, '{Intake.RECEIVED_MAIL}' FROM inbound_message
        WHERE received_at >= :start AND received_at < :end
        UNION ALL
        SELECT set_told_at, '{Intake.BOOKINGS}' FROM calendar_booking
        WHERE set_told_at >= :start AND set_told_at < :end
    ) AS event GROUP BY 1, 2
    """
)
_SAME = (
    "(old.day, old.subject, old.name, old.kind, old.measure) = "
    "(new.day, new.subject, new.name, new.kind, new.measure)"
)
_STAGED = text(
    """
    CREATE TEMPORARY TABLE figure_counted ON COMMIT DROP AS
    SELECT * FROM unnest(cast(:days AS date[]), cast(:subjects AS text[]), cast(:names AS text[]),
        cast(:kinds AS text[]), cast(:measures AS text[]), cast(:values AS numeric[]))
        AS new (day, subject, name, kind, measure, value)
    """
)
_REPLACE = text(
    f"""
    UPDATE figure_snapshot AS old SET replaced_at = :now
    WHERE replaced_at IS NULL AND day < :last AND (subject <> 'intake' OR day >= :intake_from)
        AND NOT EXISTS (SELECT FROM figure_counted AS new
            WHERE {_SAME} AND new.value = old.value)
    """
)
_STATE = text(
    f"""
    INSERT INTO figure_snapshot (day, subject, name, kind, measure, value, stated_at)
    SELECT new.*, :now FROM figure_counted AS new
    WHERE NOT EXISTS (SELECT FROM figure_snapshot AS old
        WHERE replaced_at IS NULL AND {_SAME})
    """
)
# Whether a day was counted is told by no figure, and balances follow from the others.
_LISTED = (
    "measure <> 'balance' AND subject <> 'day' "
    "AND (cast(:subject AS text) IS NULL OR subject = :subject)"
)
_RESTATED = f"""
    WITH stated AS (
        SELECT *, lag(value) OVER versions AS before, lag(replaced_at) OVER versions AS over_at,
            lead(stated_at) OVER versions AS next_at,
            min(stated_at) OVER (PARTITION BY day) AS first_at
        FROM figure_snapshot WHERE day >= :begins AND day < :ends
        WINDOW versions AS (PARTITION BY day, subject, name, kind, measure ORDER BY id)
    )
    SELECT day, subject, name, kind, measure,
        CASE WHEN over_at = stated_at THEN before ELSE 0 END AS was, value AS now, stated_at AS at
    FROM stated WHERE stated_at > first_at AND {_LISTED}
    UNION ALL
    SELECT day, subject, name, kind, measure, value, 0, replaced_at FROM stated
    WHERE replaced_at IS DISTINCT FROM next_at AND replaced_at IS NOT NULL AND {_LISTED}
    ORDER BY at DESC, day DESC, subject, name, kind, measure
"""


def snapshot(connection: Connection, time_zone: str, now: datetime) -> tuple[int, int] | None:
    """Count each day that is over, from the first on, and state what is new or not as it was.

    Args:
        time_zone: the company's.
        now: journey time, UTC.

    Returns:
        How many figures were stated, and how many of those before they replaced; None while
        another process is at it.
    """
    if not connection.scalar(_LOCK):
        return None
    today = today_in(time_zone, now)
    counted = count_days(connection, time_zone, today)
    connection.execute(
        _STAGED,
        {
            "days": [key.day for key in counted],
            "subjects": [str(key.subject) for key in counted],
            "names": [key.name for key in counted],
            "kinds": [key.kind for key in counted],
            "measures": [key.measure for key in counted],
            "values": list(counted.values()),
        },
    )
    about = {"now": now, "last": today, "intake_from": today - timedelta(days=INTAKE_DAYS)}
    replaced = connection.execute(_REPLACE, about).rowcount
    stated = connection.execute(_STATE, about).rowcount
    return stated, replaced


def count_days(connection: Connection, time_zone: str, today: date) -> Figures:
    """The figures of all days before ``today``, as the facts say now; those of what came in only of
    the last :data:`INTAKE_DAYS`."""
    end = midnight(today, time_zone)
    asked: dict[str, Any] = {"zone": time_zone, "end": end, "last": today}
    moves = [
        DayMoves(row.day, Kind(row.kind), StageMoves(row.from_stage, row.to_stage, row.units))
        for start, until in _slices(connection.scalar(_FIRST), end)
        for row in connection.execute(_MOVES, {"zone": time_zone, "start": start, "end": until})
    ]
    intake_from = today - timedelta(days=INTAKE_DAYS)
    first = min((one.day for one in moves), default=today - timedelta(days=1))
    found: dict[FigureKey, Decimal | int] = dict(stage_figures(moves, first, today))
    for place, stage in enumerate(FUNNEL):
        for row in connection.execute(_SOURCES, asked | {"stage": place}):
            found[FigureKey(row.day, Subject.SOURCE, row.source, row.kind, stage)] = row.units
    for row in connection.execute(_WINS, asked):
        key = FigureKey(row.day, Subject.MONEY, row.source, row.currency, "wins")
        found[key] = row.wins
        if row.amount:
            found[key._replace(measure="amount")] = row.amount
    for row in connection.execute(_SPEND, asked):
        if row.spend:
            key = FigureKey(row.day, Subject.MONEY, row.source, row.currency, "spend")
            found[key] = row.spend
    start = midnight(intake_from, time_zone)
    for row in connection.execute(_INTAKE, asked | {"start": start}):
        found[FigureKey(row.day, Subject.INTAKE, row.way, "", "events")] = row.events
    first = min(first, *(key.day for key in found)) if found else first
    for number in range((today - first).days):
        day = first + timedelta(days=number)
        found[FigureKey(day, Subject.DAY, "", "", "counted")] = 1
    return found


def _slices(first: datetime | None, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Spans that one statement each looks at: whoever waits for an answer for long is taken for
    dead."""
    start = first or end
    while start < end:
        until = min(start + SLICE, end)
        yield start, until
        start = until


def snapshot_rows(
    connection: Connection, begins: date, ends: date, subject: Subject | None = None
) -> list[SnapshotRow]:
    """The figures of the days from ``begins`` to before ``ends``, as they are stated now."""
    rows = connection.execute(
        text(
            "SELECT day, subject, name, kind, measure, value, stated_at FROM figure_snapshot "
            "WHERE replaced_at IS NULL AND day >= :begins AND day < :ends "
            "AND (cast(:subject AS text) IS NULL OR subject = :subject) "
            "ORDER BY day, subject, name, kind, measure"
        ),
        {"begins": begins, "ends": ends, "subject": subject},
    )
    return [SnapshotRow(*row) for row in rows]


def restated(
    connection: Connection,
    begins: date,
    ends: date,
    limit: int | None = None,
    subject: Subject | None = None,
) -> list[RestatedFigure]:
    """What was restated of these days, the latest first; balances follow from it."""
    rows = connection.execute(
        text(f"{_RESTATED} LIMIT :limit"),
        {"begins": begins, "ends": ends, "limit": limit, "subject": subject},
    )
    return [RestatedFigure(*row) for row in rows]


def days_counted(connection: Connection) -> Sequence[date]:
    """The first and the last day that was counted; nothing before there was one."""
    row = connection.execute(
        text("SELECT min(day), max(day) FROM figure_snapshot WHERE subject = 'day'")
    ).one()
    return [] if row[0] is None else list(row)
