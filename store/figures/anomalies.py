"""Series of days that have stopped: looked for in what is kept of each day, found once, ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, text

from domain.figures.anomalies import WEEKS, WINDOWS, StoppedSeries
from domain.figures.periods import Period
from domain.figures.snapshots import Subject
from store.figures.snapshots import days_counted

DAYS = 7 * WEEKS + WINDOWS[-1]
"""How far back is looked."""
# Of a stage all that came into it, of a source all that was new by it.
_SERIES = text(
    """
    SELECT subject, name, day, sum(value)::bigint AS value FROM figure_snapshot
    WHERE replaced_at IS NULL AND day >= :begins AND day < :ends AND (
        subject = 'stage' AND measure = 'entered'
        OR subject = 'source' AND measure = 'known' AND kind = 'net_new'
        OR subject = 'intake')
    GROUP BY 1, 2, 3
    """
)
_OPEN = text("SELECT id, subject, name FROM figure_anomaly WHERE ended_on IS NULL FOR UPDATE")
_FOUND = text(
    """
    INSERT INTO figure_anomaly (subject, name, day, days, seen, expected, found_at)
    VALUES (:subject, :name, :day, :days, :seen, :expected, :now) RETURNING id
    """
)
_STILL = text(
    "UPDATE figure_anomaly SET day = :day, days = :days, seen = :seen, expected = :expected "
    "WHERE id = :id"
)
_ENDED = text("UPDATE figure_anomaly SET ended_on = :day WHERE id = :id")
ONE_DAY = timedelta(days=1)
ENDS_IN = 7
"""Days in one of which something must have come again."""
Series = tuple[str, str]
"""Subject and name."""


@dataclass(frozen=True)
class Anomaly:
    """A series of which in the ``days`` until ``day`` only ``seen`` came where about ``expected``
    were usual. ``found_at`` is journey time, UTC; ``ended_on`` None while it goes on."""

    id: int
    subject: str
    name: str
    day: date
    days: int
    seen: int
    expected: float
    found_at: datetime
    ended_on: date | None


def series(connection: Connection, today: date) -> dict[Series, Sequence[int]]:
    """The counts of each series, a number for each day that was counted, until yesterday."""
    counted = days_counted(connection)
    if not counted or counted[1] != today - timedelta(days=1):
        return {}
    begins = max(counted[0], today - timedelta(days=DAYS))
    length = (today - begins).days
    found: dict[Series, list[int]] = {}
    for row in connection.execute(_SERIES, {"begins": begins, "ends": today}):
        known = found.setdefault((row.subject, row.name), [0] * length)
        known[(row.day - begins).days] = row.value
    return {one: _since_known(one, days) for one, days in found.items()}


def _since_known(one: Series, days: list[int]) -> list[int]:
    """What came in is not known of the days before the first snapshot."""
    if one[0] != Subject.INTAKE:
        return days
    first = next((place for place, number in enumerate(days) if number), 0)
    return days[first:]


def keep(
    connection: Connection,
    stopped: Sequence[StoppedSeries[Series]],
    counts: Mapping[Series, Sequence[int]],
    day: date,
    now: datetime,
) -> list[int]:
    """Keep what has stopped as of ``day``, and end what goes on again: of what has been silent for
    so long that nothing is usual any more, it is not said.

    Args:
        counts: those that were judged.
        now: journey time, UTC.

    Returns:
        The ids of what was not known before.
    """
    known: Mapping[Series, int] = {
        (row.subject, row.name): row.id for row in connection.execute(_OPEN)
    }
    new = []
    for one in stopped:
        values = {"day": day, "days": one.days, "seen": one.seen, "expected": one.expected}
        if one.series in known:
            connection.execute(_STILL, values | {"id": known[one.series]})
            continue
        subject, name = one.series
        found = connection.scalar(_FOUND, values | {"subject": subject, "name": name, "now": now})
        new.append(int(found))
    for gone in known.keys() - {one.series for one in stopped}:
        if any(counts.get(gone, ())[-ENDS_IN:]):
            connection.execute(_ENDED, {"id": known[gone], "day": day})
    return new


def list_anomalies(connection: Connection, limit: int) -> list[Anomaly]:
    """What has stopped, what goes on first, then the latest."""
    rows = connection.execute(
        text(
            "SELECT id, subject, name, day, days, seen, expected, found_at, ended_on "
            "FROM figure_anomaly ORDER BY ended_on IS NOT NULL, found_at DESC, id DESC "
            "LIMIT :limit"
        ),
        {"limit": limit},
    )
    return [Anomaly(*row) for row in rows]


def found_in(connection: Connection, period: Period) -> list[Anomaly]:
    """What stopped on a day of the period: it is found on the next one."""
    return [
        one
        for one in list_anomalies(connection, 200)
        if period.start + ONE_DAY <= one.found_at < period.end + ONE_DAY
    ]
