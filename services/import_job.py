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
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg2
import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from domain.lead_files.columns import ASK, choose
from domain.lead_files.encoding import LeadFileError
from domain.lead_files.lead_file import FileRow, read_lead_file
from domain.lead_files.opt_outs import UndecidedError
from domain.lead_files.rejects import REJECT_COLUMNS, defused
from domain.lead_files.sampled import settle
from domain.refusals import Conflict
from services.context import Context
from services.lead_import import import_rows
from store.imports import import_runs
from store.imports.import_runs import RunLine

log = structlog.get_logger(__name__)


@dataclass
class Job:
    """An import that holds its lock.

    Args:
        watch: the connection that has the lock; it commits each statement.
    """

    context: Context
    watch: Connection
    run: RunLine
    reasons: Counter[str] = field(default_factory=Counter)
    rejects: io.StringIO = field(default_factory=io.StringIO)

    def work(self) -> None:
        """Import the file, and end as done or failed."""
        try:
            with self.context.database.begin() as connection:
                self._import(connection)
        except LeadFileError as error:
            self._undecided(error)
        except (DBAPIError, psycopg2.Error) as error:
            self._failed("The database gave up during the import", error)
        except Exception as error:
            self._failed("Something went wrong during the import", error)
        finally:
            import_runs.give_back(self.watch, self.run.id)

    def _import(self, connection: Connection) -> None:
        run = self.run
        leads = read_lead_file(import_runs.data_of(connection, run.id), run.encoding)
        columns = choose(leads.header, run.fields or [], source_given=bool(run.source))
        columns = settle(columns, leads.records(), run.dates)
        self._rows = csv.writer(self.rejects, delimiter=leads.delimiter)
        self._rows.writerow([*REJECT_COLUMNS, *map(defused, leads.header)])
        outcome = import_rows(
            connection,
            self.context,
            leads,
            columns,
            self,
            file_name=run.file_name,
            source=run.source,
            cadence=run.cadence,
        )
        rejected = self.rejects.getvalue().encode("utf-8-sig") if self.reasons else None
        import_runs.end(connection, run, outcome, rejected)

    def reject(self, record: FileRow, kind: str, sentence: str) -> None:
        """See :class:`services.lead_import.Watch`."""
        self.reasons[kind] += 1
        cells = map(defused, (sentence, *record.values))
        self._rows.writerow([record.row, record.line, *cells])

    def read_up_to(self, line: int, rows: int, /) -> None:
        """See :class:`services.lead_import.Watch`."""
        rejected = {"rejected": self.reasons.total(), "reasons": dict(self.reasons)}
        import_runs.note(self.watch, self.run.id, line=line, rows=rows, **rejected)

    def _undecided(self, error: LeadFileError) -> None:
        """A person must say what a column is; one that a row showed is marked for them."""
        fields = list(self.run.fields or [])
        if isinstance(error, UndecidedError):
            fields[error.index] = ASK
        message = f"Nothing of the file was imported: {error}"
        self._end(error=message, fields=fields)

    def _failed(self, what: str, error: Exception) -> None:
        # Not the error's text: it may hold somebody's row.
        log.error("an import failed", run_id=self.run.id, error=type(error).__name__)
        # Without the database the lock is gone too, which says that it was interrupted.
        with suppress(DBAPIError):
            self._end(
                error=f"{what} ({type(error).__name__}). Nothing of the file was imported: start "
                "it again."
            )

    def _end(self, **values: object) -> None:
        ended = datetime.now(UTC)
        import_runs.note(self.watch, self.run.id, state="failed", ended_at=ended, **values)


def begin(context: Context, run_id: int) -> threading.Thread:
    """Begin an import, or begin again one that failed or was interrupted.

    Returns:
        The thread that carries it out. It dies with the process: then the import is interrupted.

    Raises:
        Conflict: it runs or is done, or its cadence is not published any more.
    """
    watch = context.database.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        run = import_runs.take(watch, run_id)
    except Conflict:
        watch.close()
        raise
    except BaseException:
        # It may have the lock, which must not go back to the pool.
        watch.invalidate()
        raise
    job = Job(context, watch, run)
    thread = threading.Thread(target=job.work, name=f"import-{run_id}", daemon=True)
    thread.start()
    return thread
