"""Imports of lead files: kept to be looked at and started, or carried out at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from domain.access import Action
from domain.contacts.dates import ORDERS
from domain.lead_files.columns import ASK, FIELDS, KEPT, LEFT_OUT, Columns, choose, guess
from domain.lead_files.encoding import LeadFileError
from domain.lead_files.lead_file import LeadFile, read_lead_file
from domain.lead_files.sampled import settle
from domain.refusals import Invalid
from domain.sentences import sentence
from services import import_job
from services.access import changes, found
from services.context import Context
from services.lead_import import Watch, import_rows
from store.access.api_tokens import Caller
from store.imports import import_runs
from store.imports.import_runs import NewImport, Outcome, RunLine
from store.published.cadences import enterable_cadences

DEFAULT_CADENCE = "welcome-nurture"


@dataclass(frozen=True)
class Chosen:
    """What is chosen for a file.

    ``fields`` has of each column its field, '' or 'attribute' to keep it as an attribute, '-' to
    leave it out; ``source`` is where the leads come from; ``cadence`` what new leads begin with: ''
    starts no journeys, None is :data:`DEFAULT_CADENCE`; ``dates`` the order of days such as
    5/6/2027: dmy, mdy, ymd, or '' for what the file shows.
    """

    fields: Sequence[str]
    source: str
    cadence: str | None
    dates: str


@changes(Action.IMPORT_LEADS, "POST /imports")
def upload(
    context: Context,
    caller: Caller,
    file_name: str,
    *,
    data: bytes,
    leads: LeadFile,
    chosen: Chosen,
    start: bool,
) -> int:
    """Take a file and import it in the background, or keep it until it is started; the import's
    id.

    Args:
        leads: the same as ``data``, read.

    Raises:
        Invalid: what is chosen does not fit, or the cadence is not published.
    """
    _check_dates(chosen.dates)
    if start:
        with unreadable("mapping"):
            settle(
                columns_of(leads.header, chosen.fields, chosen.source),
                leads.records(),
                chosen.dates,
            )
    with context.database.begin() as connection:
        cadence = chosen.cadence
        if cadence is None and not start and DEFAULT_CADENCE not in enterable_cadences(connection):
            cadence = ""
        new = NewImport(
            file_name=file_name,
            by=caller.by,
            leads=leads,
            data=data,
            fields=chosen.fields,
            source=chosen.source.strip(),
            cadence=_published(connection, cadence),
            dates=chosen.dates,
        )
        run_id = import_runs.keep(connection, new)
    if start:
        import_job.begin(context, run_id)
    return run_id


@changes(Action.IMPORT_LEADS, "PATCH /imports/{import_id}", keep=("cadence",))
def change(
    context: Context,
    caller: Caller,
    import_id: int,
    *,
    fields: Sequence[str] | None = None,
    source: str | None = None,
    cadence: str | None = None,
    dates: str | None = None,
    encoding: str | None = None,
) -> None:
    """Choose fields, source, cadence, order of days or encoding before an import is started; what
    is None stays. In another encoding the columns are recognised again.

    Raises:
        Missing: there is no such import.
        Conflict: it runs or is done, or its file is not kept any more.
        Invalid: what is chosen does not fit.
    """
    with context.database.begin() as connection:
        run = run_of(connection, import_id)
        chosen: dict[str, Any] = {}
        if encoding:
            leads = read(import_runs.data_of(connection, import_id), encoding)
            import_runs.read_again(connection, import_id, leads, guessed(leads.header))
        if fields is not None:
            head = found(import_runs.head_of(connection, import_id), _none(import_id))
            _check_fields(head.header, fields)
            chosen["fields"] = _decided(run.fields or [], fields)
        if dates is not None:
            _check_dates(dates)
            chosen["dates"] = dates
        if source is not None:
            chosen["source"] = source.strip()
        if cadence is not None:
            chosen["cadence"] = _published(connection, cadence)
        if chosen:
            import_runs.choose(connection, import_id, **chosen)


@changes(Action.IMPORT_LEADS, "POST /imports/{import_id}/start")
def begin(context: Context, caller: Caller, import_id: int) -> None:
    """Start an import, or start one again that failed or was interrupted: that doubles nothing.

    Raises:
        Missing: there is no such import.
        Conflict: it runs or is done, or its cadence is not published any more.
        Invalid: no column holds addresses.
    """
    with context.database.connect() as connection:
        run = run_of(connection, import_id)
        head = import_runs.head_of(connection, import_id)
    if head is not None:
        columns_of(head.header, run.fields or [], run.source)
    import_job.begin(context, import_id)


@changes(Action.IMPORT_LEADS, "DELETE /imports/{import_id}")
def discard(context: Context, caller: Caller, import_id: int) -> None:
    """Forget an import that was not done, and erase its file.

    Raises:
        Missing: there is no such import.
        Conflict: it runs or is done.
    """
    with context.database.begin() as connection:
        run_of(connection, import_id)
        import_runs.discard(connection, import_id)


@dataclass(frozen=True)
class AtOnce:
    """A file to import while somebody waits.

    ``before_the_end`` is called when all is in and nothing committed; the commit happens inside
    ``uninterrupted``.
    """

    file_name: str
    leads: LeadFile
    columns: Columns
    source: str
    cadence: str | None
    dates: str
    watch: Watch
    before_the_end: Callable[[], None]
    uninterrupted: Callable[[], AbstractContextManager[None]]


@changes(Action.IMPORT_LEADS, "POST /imports")
def import_now(context: Context, caller: Caller, new: AtOnce) -> Outcome:
    """Import a file: all of it or nothing.

    Raises:
        Invalid: the cadence is not published, or a person must say what a column is.
    """
    return _carry_out(context, caller, new, keep=True)


def try_out(context: Context, caller: Caller, new: AtOnce) -> Outcome:
    """Do everything that :func:`import_now` does, and then undo it."""
    return _carry_out(context, caller, new, keep=False)


def _carry_out(context: Context, caller: Caller, new: AtOnce, *, keep: bool) -> Outcome:
    with context.database.connect() as connection, connection.begin() as transaction:
        cadence = _published(connection, new.cadence)
        with unreadable("file"):
            outcome = import_rows(
                connection,
                context,
                new.leads,
                new.columns,
                new.watch,
                file_name=new.file_name,
                source=new.source,
                cadence=cadence,
            )
        import_runs.record(
            connection,
            file_name=new.file_name,
            by=caller.by,
            source=new.source,
            cadence=cadence,
            dates=new.dates,
            encoding=new.leads.encoding,
            lines=new.leads.line_count,
            outcome=outcome,
        )
        new.before_the_end()
        with new.uninterrupted():
            if keep:
                transaction.commit()
            else:
                transaction.rollback()
    return outcome


def run_of(connection: Connection, import_id: int) -> RunLine:
    """An import.

    Raises:
        Missing: there is none.
    """
    return found(import_runs.find_run(connection, import_id), _none(import_id))


def read(data: bytes, encoding: str) -> LeadFile:
    """A file as it came; ``encoding`` '' is recognised.

    Raises:
        Invalid: it can't be read.
    """
    with unreadable("file"):
        return read_lead_file(data, encoding.strip() or None)


def guessed(header: Sequence[str]) -> list[str]:
    """Of each column its field, as recognised.

    Raises:
        Invalid: a column has no name, or two have the same.
    """
    with unreadable("file"):
        return guess(header)


def columns_of(header: Sequence[str], fields: Sequence[str], source: str) -> Columns:
    """The columns of a file as they are chosen.

    Raises:
        Invalid: no column holds addresses, or two the same.
    """
    with unreadable("fields"):
        return choose(header, fields, source_given=bool(source.strip()))


@contextmanager
def unreadable(field: str) -> Iterator[None]:
    """Refuse a file that can't be imported; the cause of the refusal is what is wrong with it.

    Args:
        field: of the request that it came in.

    Raises:
        Invalid: it can't.
    """
    try:
        yield
    except LeadFileError as error:
        raise Invalid(
            sentence("The file cannot be imported: {error}", error=str(error)), field
        ) from error


def _none(import_id: int) -> str:
    return sentence("There is no import {import_id}.", import_id=import_id)


def _decided(before: Sequence[str], fields: Sequence[str]) -> list[str]:
    """Whoever keeps as an attribute what they were asked about has looked at it."""
    asked = [*before, *[""] * len(fields)]
    return [
        KEPT if field == "" and asked[index] in (ASK, KEPT) else field
        for index, field in enumerate(fields)
    ]


def _check_dates(dates: str) -> None:
    if dates and dates not in ORDERS:
        raise Invalid(f"Write {', '.join(ORDERS)}, or '' for what the file shows.", "dates")


def _check_fields(header: Sequence[str], fields: Sequence[str]) -> None:
    """Whether the choice can be kept; that addresses are missing is told when it is used."""
    unknown = sorted({*fields} - {*FIELDS, KEPT, LEFT_OUT, ASK, ""})
    if unknown:
        raise Invalid(
            f"Leads have no field {unknown[0]!r}. Fields are {', '.join(FIELDS)}; '' keeps the "
            f"column as an attribute, {LEFT_OUT!r} leaves it out.",
            "fields",
        )
    if len(fields) != len(header):
        raise Invalid(f"The file has {len(header)} columns: choose for each of them.", "fields")


def _published(connection: Connection, asked: str | None) -> str:
    """The cadence to begin with, when it is published; '' to start no journeys."""
    name = DEFAULT_CADENCE if asked is None else asked.strip()
    published = enterable_cadences(connection)
    if name in ("", *published):
        return name
    raise Invalid(
        sentence(
            "There is no published cadence {name}. Published are: {cadences}. Choose one, or '' to "
            "start no journeys.",
            name=name,
            cadences=list(published) or sentence("none yet"),
        ),
        "cadence",
    )
