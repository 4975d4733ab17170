"""Imports from the browser: their files, what was chosen for them, and how far they are.

An import that runs holds an advisory lock of PostgreSQL, which ends with the process that runs it:
one that should run and has no lock was interrupted. Times of imports are real time, UTC.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from domain.lead_files.lead_file import LeadFile
from domain.lead_files.preview import Head
from domain.refusals import Conflict
from domain.sentences import read, sentence, written
from store.published.cadences import enterable_cadences
from store.tables import ImportFile, ImportRun

KEPT_DAYS = 7
"""How long files that nobody imports, and what was rejected, are kept."""
LOCK_CLASS = 7_041_984
"""First half of the lock of an import that runs; the second is its id."""

MOST_WARNINGS = 20
"""Warnings of an import that are kept; of the others only how many they are."""

CAN_START = ("ready", "failed", "interrupted")


@dataclass(frozen=True)
class RowWarning:
    """Something that an imported row says and that was not taken over. ``row`` is its number as a
    spreadsheet counts, of several rows of one lead that of the first."""

    row: int
    reason: str


@dataclass(frozen=True)
class RunLine:
    """One import. ``state``: ready, running, done, failed, interrupted. ``line`` of ``lines`` of
    the file have been read; ``reasons`` counts rejected rows by short reason, ``not_understood``
    rows by the field that was not; ``warnings`` are the first of ``warned`` rows of which something
    was not taken over; ``dates`` is the order of days that was said; ``starts_for`` are
    the real seconds within which its journeys start."""

    id: int
    file_name: str
    state: str
    by: str
    source: str
    cadence: str
    encoding: str
    fields: list[str] | None
    lines: int
    line: int
    rows: int
    created: int
    updated: int
    rejected: int
    journeys: int
    starts_for: float
    ready: int
    """How many of its leads go to sales by what is known of them."""
    ready_hours: int
    """In how many hours the last of them does, at ``backlog_per_hour``."""
    reasons: dict[str, int]
    unsubscribed: int
    not_understood: dict[str, int]
    warned: int
    warnings: list[RowWarning]
    dates: str
    has_rejects: bool
    error: str
    at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True)
class NewImport:
    """A file to import and what is chosen for it; ``cadence`` is '' to start no journeys."""

    file_name: str
    by: str
    leads: LeadFile
    data: bytes
    fields: Sequence[str]
    source: str
    cadence: str
    dates: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of an import. ``reasons`` counts rejected rows by short reason, ``not_understood``
    rows by the field that was not; ``starts_for`` are the real seconds within which its journeys
    start, ``ready_hours`` the hours within which ``ready`` leads go to sales."""

    rows: int
    created: int
    updated: int
    unsubscribed: int
    reasons: Mapping[str, int]
    not_understood: Mapping[str, int]
    journeys: int
    starts_for: float
    ready: int
    ready_hours: int
    ready_per_hour: int
    warnings: Sequence[RowWarning] = ()
    """What was not taken over of rows that were imported."""

    @property
    def rejected(self) -> int:
        """How many rows were."""
        return sum(self.reasons.values())

    def _columns(self) -> dict[str, Any]:
        kept = {one.name: getattr(self, one.name) for one in fields(self)}
        del kept["ready_per_hour"]
        kept |= {name: dict(kept[name]) for name in ("reasons", "not_understood")}
        return kept | {
            "rejected": self.rejected,
            "warned": len(self.warnings),
            "warnings": [
                {"row": one.row, "reason": written(one.reason)}
                for one in self.warnings[:MOST_WARNINGS]
            ],
            "ended_at": datetime.now(UTC),
        }


_COLUMNS = ", ".join(
    f'r."{one.name}"' for one in fields(RunLine) if one.name not in ("state", "has_rejects")
)
_LINES = f"""
    SELECT {_COLUMNS}, f.rejects IS NOT NULL AS has_rejects,
        CASE WHEN r.state = 'running' AND NOT EXISTS (
            SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = {LOCK_CLASS}
                AND objid = r.id::oid AND objsubid = 2
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        ) THEN 'interrupted' ELSE r.state END AS state
    FROM import_run r LEFT JOIN import_file f ON f.run_id = r.id
"""


def find_run(connection: Connection, run_id: int) -> RunLine | None:
    """One import."""
    found = _lines(connection, "WHERE r.id = :id", id=run_id)
    return found[0] if found else None


def list_runs(connection: Connection, *, before: int | None = None, limit: int) -> list[RunLine]:
    """The newest first, those of the command line too; ``before`` is the id of the last of the page
    before."""
    return _lines(
        connection,
        "WHERE r.id < coalesce(:before, r.id + 1) ORDER BY r.id DESC LIMIT :limit",
        before=before,
        limit=limit,
    )


def keep(connection: Connection, new: NewImport) -> int:
    """Keep a file until it is imported; its import's id."""
    forget_old(connection)
    run_id = connection.scalars(
        insert(ImportRun)
        .values(
            file_name=new.file_name,
            by=new.by,
            source=new.source,
            cadence=new.cadence,
            dates=new.dates,
            state="ready",
            encoding=new.leads.encoding,
            fields=list(new.fields),
            lines=new.leads.line_count,
            rows=0,
            created=0,
            updated=0,
            rejected=0,
        )
        .returning(ImportRun.id)
    ).one()
    connection.execute(
        insert(ImportFile).values(
            run_id=run_id, data=zlib.compress(new.data, 1), head=Head.of(new.leads).as_json()
        )
    )
    return run_id


def read_again(connection: Connection, run_id: int, leads: LeadFile, fields: Sequence[str]) -> None:
    """Take the file as read in another encoding."""
    choose(connection, run_id, encoding=leads.encoding, fields=fields)
    connection.execute(
        update(ImportFile).where(ImportFile.run_id == run_id).values(head=Head.of(leads).as_json())
    )


def choose(connection: Connection, run_id: int, **chosen: Any) -> None:
    """Change fields, source, cadence, dates or encoding of an import that does not run.

    Raises:
        Conflict: it runs or is done.
    """
    _can_start(connection, run_id)
    connection.execute(update(ImportRun).where(ImportRun.id == run_id).values(**chosen))


def head_of(connection: Connection, run_id: int) -> Head | None:
    """The first rows of an import's file; None when it is not kept any more."""
    kept = connection.scalar(select(ImportFile.head).where(ImportFile.run_id == run_id))
    return None if kept is None else Head.from_json(kept)


def data_of(connection: Connection, run_id: int) -> bytes:
    """The file of an import.

    Raises:
        Conflict: it is not kept any more.
    """
    kept = connection.scalar(select(ImportFile.data).where(ImportFile.run_id == run_id))
    if kept is None:
        raise Conflict(sentence("The file is not kept any more: choose it again."))
    return zlib.decompress(kept)


def rejects_of(connection: Connection, run_id: int) -> bytes | None:
    """The rows that an import rejected, CSV; None when there are none or they are gone."""
    return connection.scalar(select(ImportFile.rejects).where(ImportFile.run_id == run_id))


def discard(connection: Connection, run_id: int) -> None:
    """Forget an import that was not done, with its file.

    Raises:
        Conflict: it runs or is done.
    """
    _can_start(connection, run_id)
    connection.execute(delete(ImportRun).where(ImportRun.id == run_id))


def forget_old(connection: Connection) -> None:
    """Erase files and rejects that are older than :data:`KEPT_DAYS`, and what came of nothing."""
    old = {"days": KEPT_DAYS}
    kept = "coalesce(ended_at, started_at, at) > now() - make_interval(days => :days)"
    connection.execute(
        text(f"DELETE FROM import_run WHERE state IN ('ready', 'failed') AND NOT {kept}"), old
    )
    connection.execute(
        text(
            f"DELETE FROM import_file WHERE run_id IN (SELECT id FROM import_run WHERE NOT {kept})"
        ),
        old,
    )


def record(
    connection: Connection,
    *,
    file_name: str,
    by: str,
    source: str,
    cadence: str,
    dates: str = "",
    encoding: str,
    lines: int,
    outcome: Outcome,
) -> None:
    """Keep a record of an import whose file is not kept, as of the command line."""
    connection.execute(
        insert(ImportRun).values(
            file_name=file_name,
            by=by,
            source=source,
            cadence=cadence,
            dates=dates,
            encoding=encoding,
            lines=lines,
            line=lines,
            started_at=func.now(),
            **outcome._columns(),
        )
    )


def end(connection: Connection, run: RunLine, outcome: Outcome, rejects: bytes | None) -> None:
    """Record what came of an import, in the transaction that imports; its file is erased.

    Args:
        rejects: the rows that could not be imported, CSV.
    """
    connection.execute(
        update(ImportFile)
        .where(ImportFile.run_id == run.id)
        .values(data=None, head=None, rejects=rejects)
    )
    connection.execute(
        update(ImportRun)
        .where(ImportRun.id == run.id)
        .values(state="done", line=run.lines, **outcome._columns())
    )


def note(watch: Connection, run_id: int, **values: Any) -> None:
    """Note how far an import is, or how it ended."""
    watch.execute(update(ImportRun).where(ImportRun.id == run_id).values(values))


def _can_start(connection: Connection, run_id: int) -> None:
    connection.execute(select(ImportRun.id).where(ImportRun.id == run_id).with_for_update())
    run = find_run(connection, run_id)
    if run is None:
        raise Conflict(sentence("This import was discarded: choose the file again."))
    if run.state not in CAN_START:
        raise Conflict(
            sentence("This import is running: it can't be changed any more.")
            if run.state == "running"
            else sentence("This import is done: it can't be changed any more.")
        )


def _lines(connection: Connection, rest: str, **values: Any) -> list[RunLine]:
    query = text(_LINES + rest)
    found = [_line(row) for row in connection.execute(query, values)]
    if any(one.state == "interrupted" for one in found):
        # The lock goes after the end was committed: one that has just ended shows it now.
        found = [_line(row) for row in connection.execute(query, values)]
    return found


def _line(row: Row[Any]) -> RunLine:
    warnings = [RowWarning(one["row"], str(read(one["reason"]))) for one in row.warnings]
    return RunLine(**{**row._mapping, "warnings": warnings})


def take(watch: Connection, run_id: int) -> RunLine:
    """Begin an import: its row says so, and its lock is held by this connection, which commits each
    statement.

    Raises:
        Conflict: it runs or is done, or its cadence is not published any more.
    """
    run = find_run(watch, run_id)
    if run is None:
        raise Conflict(sentence("This import was discarded: choose the file again."))
    if run.state not in CAN_START:
        raise Conflict(
            sentence("This import is running.")
            if run.state == "running"
            else sentence("This import is done.")
        )
    published = enterable_cadences(watch)
    if run.cadence and run.cadence not in published:
        raise Conflict(
            sentence(
                "The cadence {cadence} is not published: choose another one, or to start no "
                "journeys.",
                cadence=run.cadence,
            )
        )
    if not watch.scalar(text("SELECT pg_try_advisory_lock(:class, :id)"), _lock(run_id)):
        raise Conflict(sentence("This import is running."))
    taken = watch.scalar(
        update(ImportRun)
        .where(ImportRun.id == run_id, ImportRun.state != "done")
        .values(
            state="running",
            rows=0,
            line=0,
            rejected=0,
            reasons={},
            error="",
            started_at=func.now(),
            ended_at=None,
        )
        .returning(ImportRun.id)
    )
    if taken is None:
        give_back(watch, run_id)
        raise Conflict(sentence("This import is done, or was discarded."))
    return run


def give_back(watch: Connection, run_id: int) -> None:
    """Give the lock back; with a connection that is lost it is gone already."""
    try:
        watch.execute(text("SELECT pg_advisory_unlock(:class, :id)"), _lock(run_id))
    except SQLAlchemyError:
        watch.invalidate()
    watch.close()


def _lock(run_id: int) -> dict[str, int]:
    return {"class": LOCK_CLASS, "id": run_id}
