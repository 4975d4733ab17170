"""Figures of each day, as they are kept: for warehouses, and for what has stopped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from domain.access import Action
from domain.csv_text import csv_line
from domain.figures.periods import Period, period, today_in
from domain.figures.snapshots import MEASURES, RestatedFigure, SnapshotRow, Subject
from domain.refusals import Invalid
from domain.sentences import sentence
from services.access import authorise
from services.context import Context
from services.exports import record_export
from store.access.api_tokens import Caller
from store.figures import snapshots
from store.figures.anomalies import Anomaly, list_anomalies

DEFAULT_PERIOD = timedelta(days=28)
MOST_DAYS = 92
"""Days of which the API and the terminal tell at a time."""
MOST_ANOMALIES = 200
MOST_RESTATED = 1000
KEYS: Mapping[Subject, tuple[str, str]] = {
    Subject.STAGE: ("stage", "kind"),
    Subject.SOURCE: ("source", "kind"),
    Subject.MONEY: ("source", "currency"),
    Subject.INTAKE: ("way", ""),
}
"""What the columns of a file are called that say which figures a row has."""


@dataclass(frozen=True)
class DaysReport:
    """The figures of some days, and what was restated of them since they were stated first."""

    begins: date
    ends: date
    time_zone: str
    rows: list[SnapshotRow]
    restated: list[RestatedFigure]
    counted: list[date]
    """The days that have been counted; of the others nothing is known."""


def figures_of_days(
    context: Context,
    caller: Caller,
    begins: date | None = None,
    ends: date | None = None,
    subject: str | None = None,
) -> DaysReport:
    """The figures of each day as they are stated now.

    Args:
        begins: first day, the company's; four weeks before ``ends`` when left out.
        ends: the day after the last one; today when left out, for today is not over.
        subject: stage, source, money or intake; all when left out.

    Raises:
        Forbidden: the caller may not read figures of the whole company.
        Invalid: no such subject, or an empty, a future or too long a period.
    """
    authorise(caller, Action.READ_MONEY)
    if subject is not None and subject not in KEYS:
        raise Invalid(
            sentence(
                "There are no daily figures of '{name}'; there are {subjects}.",
                name=subject,
                subjects=list(KEYS),
            ),
            "subject",
        )
    days = _period(context, begins, ends)
    if (days.ends - days.begins).days > MOST_DAYS:
        raise Invalid(
            sentence(
                "These are more than {most} days: ask for fewer at a time, or export them.",
                most=MOST_DAYS,
            ),
            "from",
        )
    of = Subject(subject) if subject else None
    with context.database.connect() as connection:
        rows = snapshots.snapshot_rows(connection, days.begins, days.ends, of)
        counted = snapshots.snapshot_rows(connection, days.begins, days.ends, Subject.DAY)
        restated = snapshots.restated(connection, days.begins, days.ends, MOST_RESTATED, of)
    return DaysReport(
        days.begins,
        days.ends,
        days.time_zone,
        [one for one in rows if one.subject != Subject.DAY],
        restated,
        sorted({one.day for one in counted}),
    )


def anomalies(context: Context, caller: Caller) -> list[Anomaly]:
    """What has stopped or collapsed: what goes on first, then the latest.

    Raises:
        Forbidden: the caller may not read figures of the whole company.
    """
    authorise(caller, Action.READ_MONEY)
    with context.database.connect() as connection:
        return list_anomalies(connection, MOST_ANOMALIES)


def export_days(
    context: Context,
    caller: Caller,
    folder: Path,
    begins: date | None = None,
    ends: date | None = None,
) -> tuple[int, int]:
    """Write the figures of each day as CSV files, one for each subject and day: ``stage-2026-03-01.
    csv``. What is there and says the same stays as it is; what was restated is written anew, each
    file as a whole.

    Args:
        begins: first day; that of the first snapshot when left out.
        ends: the day after the last one; today when left out.

    Returns:
        How many files there are of these days, and how many of them were written.

    Raises:
        Forbidden: the caller may not read figures of the whole company.
        Invalid: an empty period, or one in the future.
    """
    authorise(caller, Action.READ_MONEY)
    with context.database.connect() as connection:
        counted = snapshots.days_counted(connection)
        first = begins or (counted[0] if counted else None)
        days = _period(context, first, ends)
        rows = snapshots.snapshot_rows(connection, days.begins, days.ends)
    record_export(context, caller, "/api/figures/days", len(rows), [])
    folder.mkdir(parents=True, exist_ok=True)
    files = written = 0
    for name, lines in _files(rows):
        files += 1
        written += _write(folder / name, lines)
    return files, written


def _period(context: Context, begins: date | None, ends: date | None) -> Period:
    time_zone, now = context.settings.company_time_zone, context.clock.now()
    until = ends or today_in(time_zone, now)
    return period(begins, until, first=until - DEFAULT_PERIOD, time_zone=time_zone, now=now)


def _files(rows: Sequence[SnapshotRow]) -> Iterator[tuple[str, str]]:
    """Name and content of each file: the days that were counted have one of each subject, if only
    with its heading."""
    found: dict[tuple[date, str], dict[tuple[str, str], dict[str, Decimal]]] = {}
    for row in rows:
        if row.subject == Subject.DAY:
            for own in KEYS:
                found.setdefault((row.day, own), defaultdict(dict))
            continue
        table = found.setdefault((row.day, row.subject), defaultdict(dict))
        table[row.name, row.kind][row.measure] = row.value
    for (day, subject), table in sorted(found.items()):
        of = Subject(subject)
        name, kind = KEYS[of]
        heading = ["day", name, *([kind] if kind else []), *MEASURES[of]]
        lines = [csv_line(heading)]
        for key, values in sorted(table.items()):
            named = key if kind else key[:1]
            numbers = [values.get(one, Decimal()) for one in MEASURES[of]]
            lines.append(csv_line([day, *named, *numbers]))
        yield f"{subject}-{day}.csv", "".join(lines)


def _write(file: Path, content: str) -> bool:
    """Write a file as a whole, unless it says the same already; whether it was written."""
    data = content.encode()
    if file.exists() and file.read_bytes() == data:
        return False
    beside = file.with_name(f".{file.name}.new")
    beside.write_bytes(data)
    beside.replace(file)
    return True
