"""One import of one file, whoever asked for it and however: its rows become leads, in the
transaction of whoever carries it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Connection

from domain.lead_files.columns import Columns
from domain.lead_files.lead_file import FileRow, LeadFile
from domain.lead_files.row import LeadRow, RejectedRowError, RowReader
from mail.links import deployment_secret
from services.context import Context
from store.erasure.erasure import ErasedPeople
from store.imports import lead_import
from store.imports.import_runs import Outcome, RowWarning
from store.imports.opportunity_terms import import_terms
from store.scoring.campaign_touches import keep_imported

BATCH_ROWS = 2_000


class Watch(Protocol):
    """What hears of an import while it goes on."""

    def reject(self, record: FileRow, kind: str, sentence: str) -> None:
        """A row can't be imported; ``kind`` is the short reason."""

    def read_up_to(self, line: int, rows: int, /) -> None:
        """So many rows have been read, the last on this line of the file."""


def import_rows(
    connection: Connection,
    context: Context,
    leads: LeadFile,
    columns: Columns,
    watch: Watch,
    *,
    file_name: str,
    source: str,
    cadence: str,
) -> Outcome:
    """Merge the rows of a file into the leads, and have the journeys of new ones begin.

    Args:
        source: where these leads come from; '' for what a column says.
        cadence: with which their journeys begin; '' to start none.

    Raises:
        LeadFileError: a person must say what a column is.
    """
    lead_import.prepare(connection)
    reader = RowReader(
        columns,
        source,
        ErasedPeople(connection, deployment_secret(context.settings)),
        context.settings.company_currency,
    )
    rows = 0
    reasons: Counter[str] = Counter()
    opted_out: set[str] = set()
    batch: list[tuple[int, LeadRow]] = []
    for record in leads.records():
        rows += 1
        try:
            batch.append((record.row, reader.read_record(record)))
        except RejectedRowError as error:
            reasons[error.kind] += 1
            watch.reject(record, error.kind, str(error))
            opted_out.update(error.opted_out)
        if rows % BATCH_ROWS == 0:
            lead_import.stage(connection, batch)
            batch.clear()
            watch.read_up_to(record.line, rows)
    lead_import.stage(connection, batch)
    watch.read_up_to(leads.line_count, rows)
    unsubscribed = lead_import.opt_out_staged(
        connection, opted_out, file_name=file_name, now=context.clock.now()
    )
    lead_import.one_at_a_time(connection)
    merged = lead_import.merge(connection, time_zone=context.settings.lead_time_zone)
    lead_import.keep_claims(connection, context.clock.now())
    warnings: Sequence[RowWarning] = ()
    if reader.tells_beside:
        keep_imported(connection, context.clock.now())
        warnings = import_terms(
            connection, context.settings.company_currency, by="import", at=context.clock.now()
        )
    lead_import.judge_fit(connection, context.clock.now())
    queued = lead_import.QueuedJourneys(0, 0.0)
    if cadence:
        queued = lead_import.queue_journeys(
            connection, cadence=cadence, per_second=context.settings.start_rate_per_second
        )
    pace = lead_import.ready_for_sales(connection, context.clock.now())
    return Outcome(
        rows=rows,
        created=merged.created,
        updated=merged.updated,
        unsubscribed=unsubscribed,
        reasons=reasons,
        not_understood=reader.not_understood,
        journeys=queued.journeys,
        starts_for=queued.seconds,
        ready=pace.ready,
        ready_hours=pace.hours,
        ready_per_hour=pace.per_hour,
        warnings=warnings,
    )
