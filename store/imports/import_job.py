"""An import from the browser as it is carried out: in a thread of the web app, all or nothing.

The rows are merged in one transaction, which also records the outcome; until it is committed,
nothing of the file is in. A second connection holds the lock that tells others that the import
runs, and notes how far it is.
"""

from __future__ import annotations

import csv
import io
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg2
import structlog
from sqlalchemy import Connection, Engine, func, text, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from domain.lead_files.columns import ASK, choose
from domain.lead_files.encoding import LeadFileError
from domain.lead_files.lead_file import LeadFile, Record, read_lead_file
from domain.lead_files.opt_outs import UndecidedError
from domain.lead_files.rejects import REJECT_COLUMNS, defused
from domain.lead_files.row import LeadRow, RejectedRowError, RowReader
from domain.lead_files.sampled import settle
from domain.sentences import sentence
from store.erasure.erasure import ErasedPeople
from store.imports import lead_import
from store.imports.import_runs import (
    CAN_START,
    LOCK_CLASS,
    ImportRefused,
    RunLine,
    data_of,
    find_run,
)
from store.tables import ImportFile, ImportRun

BATCH_ROWS = 2_000
log = structlog.get_logger(__name__)


@dataclass
class Job:
    """An import that holds its lock.

    Args:
        watch: the connection that has the lock; it commits each statement.
        now: the clock of journey time, UTC.
        starts_per_second: at which its journeys start.
        secret: of this deployment, by which people who were erased are known again.
        time_zone: IANA name, of new leads of whom nothing tells it.
    """

    database: Engine
    watch: Connection
    run: RunLine
    now: Callable[[], datetime]
    starts_per_second: float
    secret: str
    time_zone: str = "UTC"
    rows: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    opted_out: set[str] = field(default_factory=set)
    rejects: io.StringIO = field(default_factory=io.StringIO)

    def work(self) -> None:
        """Import the file, and end as done or failed."""
        try:
            with self.database.begin() as connection:
                self._import(connection)
        except LeadFileError as error:
            self._undecided(error)
        except (DBAPIError, psycopg2.Error) as error:
            self._failed("The database gave up during the import", error)
        except Exception as error:
            self._failed("Something went wrong during the import", error)
        finally:
            _release(self.watch, self.run.id)

    def _import(self, connection: Connection) -> None:
        run = self.run
        leads = read_lead_file(data_of(connection, run.id), run.encoding)
        columns = choose(leads.header, run.fields or [], source_given=bool(run.source))
        columns = settle(columns, leads.records(), run.dates)
        lead_import.prepare(connection)
        erased = ErasedPeople(connection, self.secret)
        reader = RowReader(columns, run.source, erased)
        self._stage(connection, leads, reader)
        unsubscribed = lead_import.opt_out_staged(
            connection, self.opted_out, file_name=run.file_name, now=self.now()
        )
        merged = lead_import.merge(connection, time_zone=self.time_zone)
        lead_import.judge_fit(connection, self.now())
        queued = lead_import.Queued(0, 0.0)
        if run.cadence:
            queued = lead_import.queue_journeys(
                connection, cadence=run.cadence, per_second=self.starts_per_second
            )
        pace = lead_import.ready_for_sales(connection, self.now())
        connection.execute(
            update(ImportFile)
            .where(ImportFile.run_id == run.id)
            .values(
                data=None,
                head=None,
                rejects=self.rejects.getvalue().encode("utf-8-sig") if self.reasons else None,
            )
        )
        connection.execute(
            update(ImportRun)
            .where(ImportRun.id == run.id)
            .values(
                state="done",
                line=run.lines,
                created=merged.created,
                updated=merged.updated,
                journeys=queued.journeys,
                starts_for=queued.seconds,
                ready=pace.ready,
                ready_hours=pace.hours,
                ended_at=datetime.now(UTC),
                unsubscribed=unsubscribed,
                not_understood=dict(reader.not_understood),
                **self._progress(),
            )
        )

    def _stage(self, connection: Connection, leads: LeadFile, reader: RowReader) -> None:
        rejects = csv.writer(self.rejects, delimiter=leads.delimiter)
        rejects.writerow([*REJECT_COLUMNS, *map(defused, leads.header)])
        batch: list[tuple[int, LeadRow]] = []

        def reject(record: Record, kind: str, sentence: str) -> None:
            self.reasons[kind] += 1
            cells = map(defused, (sentence, *record.values))
            rejects.writerow([record.row, record.line, *cells])

        for record in leads.records():
            self.rows += 1
            try:
                batch.append((record.row, reader.read_record(record)))
            except RejectedRowError as error:
                reject(record, error.kind, str(error))
                self.opted_out.update(error.opted_out)
            if self.rows % BATCH_ROWS == 0:
                lead_import.stage(connection, batch)
                batch.clear()
                self._note(line=record.line, **self._progress())
        lead_import.stage(connection, batch)
        self._note(line=self.run.lines, **self._progress())

    def _progress(self) -> dict[str, object]:
        return {
            "rows": self.rows,
            "rejected": self.reasons.total(),
            "reasons": dict(self.reasons),
        }

    def _note(self, **values: object) -> None:
        self.watch.execute(update(ImportRun).where(ImportRun.id == self.run.id).values(values))

    def _undecided(self, error: LeadFileError) -> None:
        """A person must say what a column is; one that a row showed is marked for them."""
        fields = list(self.run.fields or [])
        if isinstance(error, UndecidedError):
            fields[error.index] = ASK
        message = f"Nothing of the file was imported: {error}"
        self._note(state="failed", error=message, fields=fields, ended_at=datetime.now(UTC))

    def _failed(self, what: str, error: Exception) -> None:
        # Not the error's text: it may hold somebody's row.
        log.error("an import failed", run_id=self.run.id, error=type(error).__name__)
        # Without the database the lock is gone too, which says that it was interrupted.
        with suppress(DBAPIError):
            self._note(
                state="failed",
                error=f"{what} ({type(error).__name__}). Nothing of the file was imported: start "
                "it again.",
                ended_at=datetime.now(UTC),
            )


def begin(
    database: Engine,
    run_id: int,
    *,
    now: Callable[[], datetime],
    starts_per_second: float,
    secret: str,
    time_zone: str = "UTC",
) -> threading.Thread:
    """Begin an import, or begin again one that failed or was interrupted.

    Args:
        now: the clock of journey time, UTC.
        secret: of this deployment, by which people who were erased are known again.
        time_zone: IANA name, of new leads of whom nothing tells it.

    Returns:
        The thread that carries it out. It dies with the process: then the import is interrupted.

    Raises:
        ImportRefused: it runs or is done, or its cadence is not published any more.
    """
    watch = database.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        run = _take(watch, run_id)
    except ImportRefused:
        watch.close()
        raise
    except BaseException:
        # It may have the lock, which must not go back to the pool.
        watch.invalidate()
        raise
    job = Job(database, watch, run, now, starts_per_second, secret, time_zone)
    thread = threading.Thread(target=job.work, name=f"import-{run_id}", daemon=True)
    thread.start()
    return thread


def _take(watch: Connection, run_id: int) -> RunLine:
    run = find_run(watch, run_id)
    if run is None:
        raise ImportRefused(sentence("This import was discarded: choose the file again."))
    if run.state not in CAN_START:
        raise ImportRefused(
            sentence("This import is running.")
            if run.state == "running"
            else sentence("This import is done.")
        )
    published = lead_import.published_cadences(watch)
    if run.cadence and run.cadence not in published:
        raise ImportRefused(
            sentence(
                "The cadence {cadence} is not published: choose another one, or to start no "
                "journeys.",
                cadence=run.cadence,
            )
        )
    if not watch.scalar(text("SELECT pg_try_advisory_lock(:class, :id)"), _lock(run_id)):
        raise ImportRefused(sentence("This import is running."))
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
        _release(watch, run_id)
        raise ImportRefused(sentence("This import is done, or was discarded."))
    return run


def _release(watch: Connection, run_id: int) -> None:
    """Give the lock back; with a connection that is lost it is gone already."""
    try:
        watch.execute(text("SELECT pg_advisory_unlock(:class, :id)"), _lock(run_id))
    except SQLAlchemyError:
        watch.invalidate()
    watch.close()


def _lock(run_id: int) -> dict[str, int]:
    return {"class": LOCK_CLASS, "id": run_id}
