"""Imports from the browser: their files, what was chosen for them, and how far they are.

An import that runs holds an advisory lock of PostgreSQL, which ends with the process that runs it:
one that should run and has no lock was interrupted. Times of imports are real time, UTC.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, text, update

from domain.lead_files.lead_file import LeadFile
from domain.lead_files.preview import Head
from domain.sentences import sentence
from store.tables import ImportFile, ImportRun

KEPT_DAYS = 7
"""How long files that nobody imports, and what was rejected, are kept."""
LOCK_CLASS = 7_041_984
"""First half of the lock of an import that runs; the second is its id."""

CAN_START = ("ready", "failed", "interrupted")


class ImportRefused(Exception):
    """What can't be done with an import; the sentence says why."""


@dataclass(frozen=True)
class RunLine:
    """One import. ``state``: ready, running, done, failed, interrupted. ``line`` of ``lines`` of
    the file have been read; ``reasons`` counts rejected rows by short reason, ``not_understood``
    rows by the field that was not; ``dates`` is the order of days that was said; ``starts_for`` are
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
            lines=len(new.leads.lines),
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
        ImportRefused: it runs or is done.
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
        ImportRefused: it is not kept any more.
    """
    kept = connection.scalar(select(ImportFile.data).where(ImportFile.run_id == run_id))
    if kept is None:
        raise ImportRefused(sentence("The file is not kept any more: choose it again."))
    return zlib.decompress(kept)


def rejects_of(connection: Connection, run_id: int) -> bytes | None:
    """The rows that an import rejected, CSV; None when there are none or they are gone."""
    return connection.scalar(select(ImportFile.rejects).where(ImportFile.run_id == run_id))


def discard(connection: Connection, run_id: int) -> None:
    """Forget an import that was not done, with its file.

    Raises:
        ImportRefused: it runs or is done.
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


def _can_start(connection: Connection, run_id: int) -> None:
    connection.execute(select(ImportRun.id).where(ImportRun.id == run_id).with_for_update())
    run = find_run(connection, run_id)
    if run is None:
        raise ImportRefused(sentence("This import was discarded: choose the file again."))
    if run.state not in CAN_START:
        raise ImportRefused(
            sentence("This import is running: it can't be changed any more.")
            if run.state == "running"
            else sentence("This import is done: it can't be changed any more.")
        )


def _lines(connection: Connection, rest: str, **values: Any) -> list[RunLine]:
    query = text(_LINES + rest)
    found = [RunLine(**row._mapping) for row in connection.execute(query, values)]
    if any(one.state == "interrupted" for one in found):
        # The lock goes after the end was committed: one that has just ended shows it now.
        found = [RunLine(**row._mapping) for row in connection.execute(query, values)]
    return found
