"""``import``: leads from a CSV file, all or nothing, bad rows into a file of their own."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import psycopg2
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

import settings as settings_module
from cli.arguments import AsJson
from cli.errors import UserError, stderr
from cli.on_record import author, on_record
from cli.rejects_file import RejectsFile
from domain.lead_files.columns import Columns, ColumnsError, recognise
from domain.lead_files.encoding import LeadFileError
from domain.lead_files.lead_file import LeadFile, read_lead_file
from domain.lead_files.row import LeadRow, RejectedRowError, RowReader
from domain.lead_files.sampled import UnclearDaysError, settle
from mail.links import deployment_secret
from runtime import addresses, reach_database
from settings import Settings
from store import migrate
from store.engine import engine
from store.erasure.erasure import ErasedPeople
from store.imports import lead_import
from store.scoring.sales_pace import Pace

DEFAULT_CADENCE = "welcome-nurture"
BATCH_ROWS = 2_000
SHOWN_REASONS = 5
INTERRUPTED = 130


@dataclass
class Outcome:
    """What an import did, for the person or the program that asked."""

    leads: LeadFile
    columns: Columns
    rows: int = 0
    created: int = 0
    updated: int = 0
    unsubscribed: int = 0
    opted_out: set[str] = field(default_factory=set)
    not_understood: Counter[str] = field(default_factory=Counter)
    journeys_queued: int = 0
    last_start_s: float = 0.0
    cadence: str = ""
    pace: Pace = field(default_factory=lambda: Pace(0, 0, 0))
    rejects_file: Path | None = None
    rejected: Counter[str] = field(default_factory=Counter)


def import_leads(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV file, in any usual encoding and separator.")
    ],
    *,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="COLUMN=FIELD",
            help="Which field a column holds, consent and unsubscribed among them; attribute "
            "keeps it, - leaves it out. May be repeated.",
        ),
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Where these leads come from; replaces a source column.")
    ] = None,
    cadence: Annotated[
        str | None,
        typer.Option(help="Cadence the new leads begin with.", show_default=DEFAULT_CADENCE),
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Encoding of the file.", show_default="recognised")
    ] = None,
    dates: Annotated[
        str,
        typer.Option(help="Order of days such as 5/6/2027: dmy, mdy, ymd.", show_default="shown"),
    ] = "",
    no_start: Annotated[
        bool, typer.Option("--no-start", help="Start no journeys; a later import does.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Do everything, then undo it; keeps the rejects.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Import leads from a CSV file: new ones are created, known ones updated, none doubled."""
    started = time.monotonic()
    try:
        leads = read_lead_file(_bytes_of(file), encoding)
        columns = recognise(leads.header, _mapping(map_ or []), source_given=source is not None)
        columns = settle(columns.clear(), leads.records(), dates)
    except LeadFileError as error:
        raise _cannot_import(file, error) from error
    outcome = Outcome(leads, columns)
    settings = settings_module.get()
    url = _ready_database(settings)
    rejects = RejectsFile(file, leads)
    done = False
    try:
        with engine(url).connect() as connection, connection.begin() as transaction:
            outcome.cadence = _cadence(connection, cadence, start=not no_start)
            erased = ErasedPeople(connection, deployment_secret(settings))
            _stage(connection, RowReader(columns, source or "", erased), rejects, outcome)
            outcome.unsubscribed = lead_import.opt_out_staged(
                connection,
                outcome.opted_out,
                file_name=file.name,
                now=settings.clock().now(),
            )
            _merge(connection, outcome, None if no_start else settings.start_rate_per_second)
            outcome.pace = lead_import.ready_for_sales(connection, settings.clock().now())
            lead_import.record_run(
                connection,
                file_name=file.name,
                by=author(),
                source=source or "",
                cadence=outcome.cadence,
                rows=outcome.rows,
                created=outcome.created,
                updated=outcome.updated,
                rejected=rejects.kinds.total(),
                unsubscribed=outcome.unsubscribed,
                not_understood=outcome.not_understood,
            )
            on_record(connection, "POST", "/api/imports")
            outcome.rejects_file, outcome.rejected = rejects.close(), rejects.kinds
            with _uninterrupted():
                if dry_run:
                    transaction.rollback()
                else:
                    transaction.commit()
                done = True
    except KeyboardInterrupt:
        stderr.print("Stopped: nothing was imported.")
        raise typer.Exit(INTERRUPTED) from None
    except LeadFileError as error:
        raise _cannot_import(file, error) from error
    except (DBAPIError, psycopg2.Error) as error:
        raise UserError(_database_gave_up(error)) from error
    finally:
        if not done:
            rejects.discard()
    wall_s = time.monotonic() - started
    if as_json:
        typer.echo(json.dumps(_as_json(outcome, wall_s)))
    else:
        _tell(outcome, file.name, wall_s, dry_run=dry_run, no_start=no_start)


def _cannot_import(file: Path, error: LeadFileError) -> UserError:
    how = ""
    if isinstance(error, UnclearDaysError):
        how = " Say for example --dates dmy."
    elif isinstance(error, ColumnsError):
        how = f' Say for example --map "{error.column}={error.field}".'
    return UserError(f"{file} cannot be imported: {error}{how}")


def _ready_database(settings: Settings) -> str:
    url = addresses(settings).database_url
    reach_database(url)
    migrate.require_current(url)
    return url


def _database_gave_up(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    reason = str(cause).strip().partition("\n")[0].rstrip(".")
    return (
        f"The database gave up during the import ({reason}). It keeps all of an import or "
        "nothing: run the command again, that doubles nothing."
    )


def _bytes_of(file: Path) -> bytes:
    if file.is_dir():
        raise UserError(f"{file} is a folder: name the CSV file in it.")
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise UserError(f"There is no file {file}: check the name and the folder.") from None
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}.") from error


def _mapping(pairs: list[str]) -> dict[str, str]:
    mapping = {}
    for pair in pairs:
        # A column's name may hold an equals sign, a field's does not.
        column, equals, name = pair.rpartition("=")
        if not equals or not column.strip() or not name.strip():
            raise UserError(
                f'--map {pair} is not COLUMN=FIELD: write for example --map "Work mail=email".'
            )
        mapping[column] = name
    return mapping


def _cadence(connection: Connection, asked: str | None, *, start: bool) -> str:
    if asked is None and not start:
        return ""
    name = asked or DEFAULT_CADENCE
    published = lead_import.published_cadences(connection)
    if name in published:
        return name
    if not published:
        raise UserError(
            f"The cadence {name} is not published, nor is any other: publish one with "
            f"`starter.py cadence publish cadences/{name}.yaml`, or import with --no-start."
        )
    raise UserError(
        f"There is no published cadence {name}. Published are {', '.join(published)}: choose one "
        "with --cadence, or import with --no-start."
    )


def _stage(
    connection: Connection, reader: RowReader, rejects: RejectsFile, outcome: Outcome
) -> None:
    lead_import.prepare(connection)
    batch: list[tuple[int, LeadRow]] = []
    with Progress(
        TextColumn("Importing"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("lines"),
        TimeRemainingColumn(),
        console=stderr,
        transient=True,
        disable=not stderr.is_terminal,
    ) as progress:
        bar = progress.add_task("Importing", total=len(outcome.leads.lines))
        for record in outcome.leads.records():
            outcome.rows += 1
            try:
                batch.append((record.row, reader.read_record(record)))
            except RejectedRowError as error:
                rejects.add(record, error.kind, str(error))
                outcome.opted_out.update(error.opted_out)
            if len(batch) == BATCH_ROWS:
                lead_import.stage(connection, batch)
                batch.clear()
                progress.update(bar, completed=record.line)
        lead_import.stage(connection, batch)
    outcome.not_understood = reader.not_understood


def _merge(connection: Connection, outcome: Outcome, starts_per_second: float | None) -> None:
    """Merge what was staged; without ``starts_per_second`` no journeys are queued."""
    with stderr.status("Merging"):
        zone = settings_module.get().lead_time_zone
        merged = lead_import.merge(connection, time_zone=zone)
        outcome.created, outcome.updated = merged.created, merged.updated
        lead_import.judge_fit(connection, settings_module.get().clock().now())
        if starts_per_second is not None:
            queued = lead_import.queue_journeys(
                connection, cadence=outcome.cadence, per_second=starts_per_second
            )
            outcome.journeys_queued, outcome.last_start_s = queued.journeys, queued.seconds


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C waits: after the commit nobody may be told that nothing was imported."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _as_json(outcome: Outcome, wall_s: float) -> dict[str, object]:
    return {
        "rows": outcome.rows,
        "created": outcome.created,
        "updated": outcome.updated,
        "rejected": outcome.rejected.total(),
        "unsubscribed": outcome.unsubscribed,
        "not_understood": dict(outcome.not_understood),
        "rejects_file": str(outcome.rejects_file) if outcome.rejects_file else None,
        "journeys_queued": outcome.journeys_queued,
        "ready_for_sales": outcome.pace.ready,
        "ready_hours": outcome.pace.hours,
        "wall_s": round(wall_s, 3),
    }


def _tell(
    outcome: Outcome, file_name: str, wall_s: float, *, dry_run: bool, no_start: bool
) -> None:
    say = typer.echo
    say(f"{file_name} ({outcome.leads.encoding}, {outcome.rows:,} rows) in {wall_s:.1f} s")
    if dry_run:
        say("Dry run: the database is as it was. A real import would have")
    say(f"  created   {outcome.created:>9,}")
    say(f"  updated   {outcome.updated:>9,}")
    say(f"  rejected  {outcome.rejected.total():>9,}")
    if outcome.unsubscribed:
        say(f"  no mail   {outcome.unsubscribed:>9,}   (unsubscribed, as the file says)")
    _tell_not_understood(outcome.not_understood)
    if outcome.rejects_file:
        say("\nRejected because of")
        for kind, count in outcome.rejected.most_common(SHOWN_REASONS):
            say(f"  {kind:<45} {count:>9,}")
        others = len(outcome.rejected) - SHOWN_REASONS
        if others > 0:
            say(f"  and {others} more reasons")
        say(f"Mend these rows and import them:\n  {outcome.rejects_file}")
    if dry_run:
        _tell_columns(outcome.leads, outcome.columns)
    if no_start:
        say("\nNo journeys were queued; import the file without --no-start to queue them.")
    elif outcome.journeys_queued:
        verb = "would be" if dry_run else "are"
        say(
            f"\n{outcome.journeys_queued:,} journeys {verb} queued with {outcome.cadence}, the "
            f"last to start in about {_span(outcome.last_start_s)}."
        )
    else:
        say("\nNo journeys were queued: every lead of the file has, had or awaits one.")
    if outcome.pace.ready:
        say(_pace(outcome.pace, dry_run=dry_run, no_start=no_start))


def _pace(pace: Pace, *, dry_run: bool, no_start: bool) -> str:
    """How many go to sales by what the file says of them, and when."""
    leads = f"{pace.ready:,} {'lead' if pace.ready == 1 else 'leads'}"
    verb = "would be" if dry_run else "are" if pace.ready != 1 else "is"
    if no_start:
        return f"{leads} {verb} ready for sales once the journeys have begun."
    hours = f"{pace.hours:,} {'hour' if pace.hours == 1 else 'hours'}"
    return (
        f"{leads} {verb} ready for sales. Sales gets {pace.per_hour:,} an hour: the last in about "
        f"{hours}."
    )


def _tell_not_understood(counts: Counter[str]) -> None:
    unread = {name: count for name, count in counts.items() if name != "no_time_zone"}
    if unread:
        typer.echo("\nNot understood, and kept as an attribute")
        for name, count in sorted(unread.items()):
            typer.echo(f"  {name:<12} {count:>6,} rows")
    if nowhere := counts["no_time_zone"]:
        zone = settings_module.get().lead_time_zone
        typer.echo(
            f"\nNo time zone is known of {nowhere:,} rows: new leads are taken to be in {zone}."
        )


def _tell_columns(leads: LeadFile, columns: Columns) -> None:
    typer.echo("\nColumns read as")
    for name, indices in columns.fields.items():
        typer.echo(f"  {name:<12} {', '.join(leads.header[index] for index in indices)}")
    if columns.attributes:
        typer.echo(f"  attributes   {', '.join(key for key, _ in columns.attributes)}")


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
