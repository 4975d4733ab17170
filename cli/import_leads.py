"""``import``: leads from a CSV file, all or nothing, bad rows into a file of their own."""

from __future__ import annotations

import gc
import json
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import psycopg2
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import DBAPIError

import settings as settings_module
from cli.arguments import AsJson
from cli.connect import operator, terminal
from cli.errors import UserError, stderr
from cli.rejects_file import RejectsFile
from cli.screen import echo
from domain.lead_files.columns import Columns, ColumnsError, recognise
from domain.lead_files.lead_file import FileRow, LeadFile
from domain.lead_files.sampled import UnclearDaysError, settle
from domain.refusals import Invalid
from services.imports import DEFAULT_CADENCE, AtOnce, import_now, read, try_out, unreadable
from store.imports.import_runs import Outcome

SHOWN_REASONS = 5
SHOWN_WARNINGS = 20
OBJECTS_BETWEEN_COLLECTIONS = 50_000
INTERRUPTED = 130


class Watched:
    """Shows how far an import is, and writes down what is rejected."""

    def __init__(self, rejects: RejectsFile, lines: int) -> None:
        self._rejects = rejects
        self.rejects_file: Path | None = None
        self.progress = Progress(
            TextColumn("Importing"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("lines"),
            TimeRemainingColumn(),
            console=stderr,
            transient=True,
            disable=not stderr.is_terminal,
        )
        self._bar = self.progress.add_task("Importing", total=lines)

    def reject(self, record: FileRow, kind: str, sentence: str) -> None:
        """See :class:`services.lead_import.Watch`."""
        self._rejects.add(record, kind, sentence)

    def read_up_to(self, line: int, _rows: int, /) -> None:
        """See :class:`services.lead_import.Watch`."""
        self.progress.update(self._bar, completed=line)

    def before_the_end(self) -> None:
        """Have the rejected rows on the disk before the others are in the database."""
        self.rejects_file = self._rejects.close()


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
    collect_seldom()
    data = bytes_of(file)
    with _hints(file):
        leads = read(data, encoding or "")
        with unreadable("map"):
            columns = recognise(leads.header, mapping(map_ or []), source_given=source is not None)
            columns = settle(columns.clear(), leads.records(), dates)
    context = terminal()
    rejects = RejectsFile(file, leads)
    watch = Watched(rejects, leads.line_count)
    new = AtOnce(
        file_name=file.name,
        leads=leads,
        columns=columns,
        source=source or "",
        cadence=cadence if cadence or not no_start else "",
        dates=dates,
        watch=watch,
        before_the_end=watch.before_the_end,
        uninterrupted=_uninterrupted,
    )
    carry_out = try_out if dry_run else import_now
    done = False
    try:
        with _hints(file), watch.progress:
            outcome = carry_out(context, operator(), new)
        done = True
    except KeyboardInterrupt:
        stderr.print("Stopped: nothing was imported.")
        raise typer.Exit(INTERRUPTED) from None
    except (DBAPIError, psycopg2.Error) as error:
        raise UserError(_database_gave_up(error)) from error
    finally:
        if not done:
            rejects.discard()
    wall_s = time.monotonic() - started
    if as_json:
        echo(json.dumps(_as_json(outcome, watch.rejects_file, wall_s)))
        return
    echo(f"{file.name} ({leads.encoding}, {outcome.rows:,} rows) in {wall_s:.1f} s")
    _tell(outcome, watch.rejects_file, dry_run=dry_run)
    if dry_run:
        _tell_columns(leads, columns)
    _tell_journeys(outcome, cadence or DEFAULT_CADENCE, dry_run=dry_run, no_start=no_start)


def collect_seldom() -> None:
    """What is imported stays until the end and what a row needs is gone with it: to look for cycles
    among both, again and again, would take a sixth of the time."""
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)


@contextmanager
def _hints(file: Path) -> Iterator[None]:
    """Say which file can't be imported, and which option would help."""
    try:
        yield
    except Invalid as refusal:
        how, wrong = "", refusal.__cause__
        if isinstance(wrong, UnclearDaysError):
            how = " Say for example --dates dmy."
        elif isinstance(wrong, ColumnsError):
            how = f' Say for example --map "{wrong.column}={wrong.field}".'
        elif refusal.field == "cadence":
            how = " `starter.py cadence publish` publishes one; --no-start starts no journeys."
        said = f"{file} cannot be imported: {wrong}" if wrong else str(refusal)
        raise UserError(said + how) from refusal


def _database_gave_up(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    reason = str(cause).strip().partition("\n")[0].rstrip(".")
    return (
        f"The database gave up during the import ({reason}). It keeps all of an import or "
        "nothing: run the command again, that doubles nothing."
    )


def bytes_of(file: Path) -> bytes:
    """What is in a file.

    Raises:
        UserError: it can't be read.
    """
    if file.is_dir():
        raise UserError(f"{file} is a folder: name the CSV file in it.")
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise UserError(f"There is no file {file}: check the name and the folder.") from None
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}.") from error


def mapping(
    pairs: list[str],
    option: str = "--map",
    form: str = "COLUMN=FIELD",
    example: str = "Work mail=email",
) -> dict[str, str]:
    """Pairs that somebody typed for an option, such as ``Work mail=email``.

    Raises:
        UserError: one is no such pair.
    """
    found = {}
    for pair in pairs:
        # A column's name may hold an equals sign, a field's does not.
        column, equals, name = pair.rpartition("=")
        if not equals or not column.strip() or not name.strip():
            raise UserError(
                f'{option} {pair} is not {form}: write for example {option} "{example}".'
            )
        found[column] = name
    return found


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C waits: after the commit nobody may be told that nothing was imported."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _as_json(outcome: Outcome, rejects_file: Path | None, wall_s: float) -> dict[str, object]:
    return {
        "rows": outcome.rows,
        "created": outcome.created,
        "updated": outcome.updated,
        "rejected": outcome.rejected,
        "unsubscribed": outcome.unsubscribed,
        "not_understood": dict(outcome.not_understood),
        "warnings": [asdict(one) for one in outcome.warnings],
        "rejects_file": str(rejects_file) if rejects_file else None,
        "journeys_queued": outcome.journeys,
        "ready_for_sales": outcome.ready,
        "ready_hours": outcome.ready_hours,
        "wall_s": round(wall_s, 3),
    }


def _tell(outcome: Outcome, rejects_file: Path | None, *, dry_run: bool) -> None:
    say = typer.echo
    if dry_run:
        say("Dry run: the database is as it was. A real import would have")
    say(f"  created   {outcome.created:>9,}")
    say(f"  updated   {outcome.updated:>9,}")
    say(f"  rejected  {outcome.rejected:>9,}")
    if outcome.unsubscribed:
        say(f"  no mail   {outcome.unsubscribed:>9,}   (unsubscribed, as the file says)")
    _tell_not_understood(outcome.not_understood)
    if outcome.warnings:
        say(f"\nNot taken over of {len(outcome.warnings):,} rows that were imported")
        for one in outcome.warnings[:SHOWN_WARNINGS]:
            say(f"  row {one.row:<8,} {one.reason}")
        others = len(outcome.warnings) - SHOWN_WARNINGS
        if others > 0:
            say(f"  and {others:,} more")
    if rejects_file:
        say("\nRejected because of")
        for kind, count in Counter(outcome.reasons).most_common(SHOWN_REASONS):
            say(f"  {kind:<45} {count:>9,}")
        others = len(outcome.reasons) - SHOWN_REASONS
        if others > 0:
            say(f"  and {others} more reasons")
        say(f"Fix these rows and import them:\n  {rejects_file}")


def _tell_journeys(outcome: Outcome, cadence: str, *, dry_run: bool, no_start: bool) -> None:
    say = typer.echo
    if no_start:
        say("\nNo journeys were queued; import the file without --no-start to queue them.")
    elif outcome.journeys:
        verb = "would be" if dry_run else "are"
        say(
            f"\n{outcome.journeys:,} journeys {verb} queued with {cadence}, the last to start in "
            f"about {_span(outcome.starts_for)}."
        )
    else:
        say("\nNo journeys were queued: every lead of the file has, had or awaits one.")
    if outcome.ready:
        say(_pace(outcome, dry_run=dry_run, no_start=no_start))


def _pace(pace: Outcome, *, dry_run: bool, no_start: bool) -> str:
    """How many go to sales by what the file says of them, and when."""
    leads = f"{pace.ready:,} {'lead' if pace.ready == 1 else 'leads'}"
    verb = "would be" if dry_run else "are" if pace.ready != 1 else "is"
    if no_start:
        return f"{leads} {verb} ready for sales once the journeys have begun."
    hours = f"{pace.ready_hours:,} {'hour' if pace.ready_hours == 1 else 'hours'}"
    return (
        f"{leads} {verb} ready for sales. Sales gets {pace.ready_per_hour:,} an hour: the last in "
        f"about {hours}."
    )


def _tell_not_understood(counts: Mapping[str, int]) -> None:
    apart = ("no_time_zone", "no_email")
    unread = {name: count for name, count in counts.items() if name not in apart}
    if unread:
        echo("\nNot understood, and kept as an attribute")
        for name, count in sorted(unread.items()):
            echo(f"  {name:<12} {count:>6,} rows")
    if nowhere := counts.get("no_time_zone", 0):
        zone = settings_module.get().lead_time_zone
        echo(f"\nNo time zone is known of {nowhere:,} rows: new leads are taken to be in {zone}.")

    if by_phone := counts.get("no_email", 0):
        echo(
            f"\n{by_phone:,} rows have a phone number and no e-mail address: no cadence begins "
            "with these leads. `starter.py prospect` has them called."
        )


def _tell_columns(leads: LeadFile, columns: Columns) -> None:
    echo("\nColumns read as")
    for name, indices in columns.fields.items():
        echo(f"  {name:<12} {', '.join(leads.header[index] for index in indices)}")
    if columns.attributes:
        echo(f"  attributes   {', '.join(key for key, _ in columns.attributes)}")


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
