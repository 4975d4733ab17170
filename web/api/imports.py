"""``/api/imports``: lead files from the browser or from programs, imported in the background."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from domain.access import Action
from domain.contacts.dates import ORDERS
from domain.inputs import ASKED
from domain.lead_files.columns import (
    ASK,
    FIELDS,
    KEPT,
    LEFT_OUT,
    Columns,
    choose,
    guess,
    recognise,
)
from domain.lead_files.encoding import LeadFileError
from domain.lead_files.lead_file import LeadFile, read_lead_file
from domain.lead_files.preview import Preview, preview
from domain.lead_files.sampled import settle
from domain.sentences import sentence
from mail.links import deployment_secret
from store.access.api_tokens import Caller
from store.imports import import_job, import_runs
from store.imports.import_runs import ImportRefused, NewImport, RunLine
from store.imports.lead_import import published_cadences
from store.scoring.import_pace import ImportPace, import_pace
from web.api.access import Place, found, may
from web.api.paging import PAGE, Cursor, Done, Limit, Page, by_id, last_id, page
from web.problems import Problem, invalid, missing, refused

LIMIT = 50 * 1024 * 1024
"""Largest file, bytes."""
DEFAULT_CADENCE = "welcome-nurture"


router = APIRouter(prefix="/imports", tags=["imports"])
Importer = Annotated[Caller, Depends(may(Action.IMPORT_LEADS))]


class Column(BaseModel):
    """A column of the file, what it is imported as ('' for an attribute, '?' when it may say who
    wants no mail and somebody must say whether it does), and its first values."""

    name: str
    field: str
    samples: list[str]


class ImportDetail(BaseModel):
    """An import; ``columns`` is empty when its file is not kept any more."""

    run: RunLine
    delimiter: str
    columns: list[Column]


class Choice(BaseModel):
    """What is to change of an import that does not run; what is left out stays."""

    model_config = ASKED

    fields: list[str] | None = None
    """Of each column in order its field, '' or 'attribute' to keep it as an attribute, or '-' to
    leave it out."""
    source: str | None = Field(default=None, max_length=300)
    """Where these leads come from; replaces a column of sources."""
    cadence: str | None = None
    """Cadence the new leads begin with; '' to start no journeys."""
    dates: str | None = None
    """The order of days such as 5/6/2027: dmy, mdy, ymd; '' as the file shows it."""
    encoding: str | None = None
    """Read the file anew in this encoding; the columns are recognised again."""


@router.get("")
def list_imports(
    here: Place, _caller: Importer, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[RunLine]:
    """Imports, those of the command line too, the newest first."""
    return page(
        here,
        "imports",
        cursor,
        limit,
        lambda connection, after, most: import_runs.list_runs(
            connection, before=last_id(after), limit=most
        ),
        key=by_id,
    )


async def said_cadence(
    request: Request,
    cadence: Annotated[str, Form(description="'' starts no journeys.")] = DEFAULT_CADENCE,
) -> str | None:
    """The form's cadence. FastAPI takes an empty field for a missing one; here it says: none."""
    said = (await request.form()).get("cadence")
    if said is None:
        return None
    return cadence if said else ""


@router.post("", status_code=201)
def upload(
    here: Place,
    caller: Importer,
    file: UploadFile,
    *,
    mapping: Annotated[str, Form(description="JSON: column → field, where it must be said.")] = "",
    source: Annotated[str, Form(max_length=300)] = "",
    cadence: Annotated[str | None, Depends(said_cadence)],
    dates: Annotated[str, Form(description="dmy, mdy or ymd; shown by the file if left out.")] = "",
    encoding: Annotated[str, Form(description="Recognised when left out.")] = "",
    start: Annotated[bool, Form(description="false keeps it for a look at the preview.")] = True,
) -> ImportDetail:
    """Take a CSV file and import it in the background, or keep it until it is started."""
    data = file.file.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise _too_large()
    leads = _read(data, encoding)
    fields = _mapped(leads.header, mapping) if mapping else _guessed(leads.header)
    _check_dates(dates)
    if start:
        with _unreadable("mapping"):
            settle(_columns(leads.header, fields, source), leads.records(), dates)
    with here.database.begin() as connection:
        if cadence is None and not start and DEFAULT_CADENCE not in published_cadences(connection):
            cadence = ""
        new = NewImport(
            file_name=(file.filename or "leads.csv")[-200:],
            by=caller.by,
            leads=leads,
            data=data,
            fields=fields,
            source=source.strip(),
            cadence=_cadence(connection, cadence),
            dates=dates,
        )
        run_id = import_runs.keep(connection, new)
    if start:
        begin(here, caller, run_id)
    return show(here, caller, run_id)


@router.get("/{import_id}")
def show(here: Place, _caller: Importer, import_id: int) -> ImportDetail:
    """How far an import is, what came of it, and the columns of its file."""
    with here.database.connect() as connection:
        run = found(import_runs.find_run(connection, import_id), _none(import_id))
        head = import_runs.head_of(connection, import_id)
    if head is None or run.fields is None:
        return ImportDetail(run=run, delimiter="", columns=[])
    columns = [
        Column(name=name, field=run.fields[at], samples=head.samples(at))
        for at, name in enumerate(head.header)
    ]
    return ImportDetail(run=run, delimiter=head.delimiter, columns=columns)


@router.get("/{import_id}/preview", operation_id="preview_import")
def look(here: Place, _caller: Importer, import_id: int) -> Preview:
    """The first rows of the file as the leads they would become, and those that can't be."""
    with here.database.connect() as connection:
        run = found(import_runs.find_run(connection, import_id), _none(import_id))
        head = import_runs.head_of(connection, import_id)
    if head is None or run.fields is None:
        raise missing(sentence("The file of this import is not kept any more."))
    columns = _columns(head.header, run.fields, run.source)
    with _unreadable("fields"):
        return preview(head, columns, run.source, run.dates)


@router.get("/{import_id}/pace")
def pace(here: Place, caller: Importer, import_id: int) -> ImportPace:
    """How many leads sales would get by what the file says of them, and when; told from the first
    rows of the file."""
    found_rows = look(here, caller, import_id)
    with here.database.connect() as connection:
        run = found(import_runs.find_run(connection, import_id), _none(import_id))
        return import_pace(connection, found_rows, run.lines, here.clock.now())


@router.patch("/{import_id}")
def change(here: Place, caller: Importer, import_id: int, body: Choice) -> ImportDetail:
    """Choose fields, source, cadence, order of days or encoding before an import is started."""
    with _refusals(), here.database.begin() as connection:
        run = found(import_runs.find_run(connection, import_id), _none(import_id))
        chosen: dict[str, Any] = {}
        if body.encoding:
            leads = _read(import_runs.data_of(connection, import_id), body.encoding)
            import_runs.read_again(connection, import_id, leads, _guessed(leads.header))
        if body.fields is not None:
            head = found(import_runs.head_of(connection, import_id), _none(import_id))
            _check_fields(head.header, body.fields)
            chosen["fields"] = _decided(run.fields or [], body.fields)
        if body.dates is not None:
            _check_dates(body.dates)
            chosen["dates"] = body.dates
        if body.source is not None:
            chosen["source"] = body.source.strip()
        if body.cadence is not None:
            chosen["cadence"] = _cadence(connection, body.cadence)
        if chosen:
            import_runs.choose(connection, import_id, **chosen)
    return show(here, caller, import_id)


@router.post("/{import_id}/start", operation_id="start_import")
def begin(here: Place, caller: Importer, import_id: int) -> ImportDetail:
    """Start an import, or start one again that failed or was interrupted: that doubles nothing."""
    with here.database.connect() as connection:
        run = found(import_runs.find_run(connection, import_id), _none(import_id))
        head = import_runs.head_of(connection, import_id)
    with _refusals():
        if head is not None:
            _columns(head.header, run.fields or [], run.source)
        import_job.begin(
            here.database,
            import_id,
            now=here.clock.now,
            starts_per_second=here.settings.start_rate_per_second,
            secret=deployment_secret(here.settings),
            time_zone=here.settings.lead_time_zone,
        )
    return show(here, caller, import_id)


@router.delete("/{import_id}")
def discard(here: Place, _caller: Importer, import_id: int) -> Done:
    """Forget an import that was not done, and erase its file."""
    with _refusals(), here.database.begin() as connection:
        found(import_runs.find_run(connection, import_id), _none(import_id))
        import_runs.discard(connection, import_id)
    return Done(detail=f"Import {import_id} and its file are erased.")


@router.get("/{import_id}/rejects", operation_id="get_import_rejects")
def rejects(here: Place, _caller: Importer, import_id: int) -> Response:
    """The rows that could not be imported with the reasons, a CSV file to mend and import."""
    with here.database.connect() as connection:
        run = found(import_runs.find_run(connection, import_id), _none(import_id))
        kept = import_runs.rejects_of(connection, import_id)
    if kept is None:
        raise missing(
            f"Import {run.id} rejected nothing, or longer than {import_runs.KEPT_DAYS} days ago."
        )
    name = f'attachment; filename="rejects-{run.id}.csv"'
    return Response(kept, media_type="text/csv", headers={"Content-Disposition": name})


def _none(import_id: int) -> str:
    return sentence("There is no import {import_id}.", import_id=import_id)


def _too_large() -> Problem:
    return Problem(413, "invalid", f"The file is larger than {LIMIT >> 20} MB: cut it in two.")


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except ImportRefused as refusal:
        raise refused(str(refusal)) from None


@contextmanager
def _unreadable(field: str) -> Iterator[None]:
    try:
        yield
    except LeadFileError as error:
        raise invalid(
            field, sentence("The file cannot be imported: {error}", error=str(error))
        ) from None


def _read(data: bytes, encoding: str) -> LeadFile:
    with _unreadable("file"):
        return read_lead_file(data, encoding.strip() or None)


def _guessed(header: Sequence[str]) -> list[str]:
    with _unreadable("file"):
        return guess(header)


def _columns(header: Sequence[str], fields: Sequence[str], source: str) -> Columns:
    with _unreadable("fields"):
        return choose(header, fields, source_given=bool(source.strip()))


def _mapped(header: Sequence[str], mapping: str) -> list[str]:
    """Of each column its field, as recognised, except what ``mapping`` (JSON) says."""
    try:
        said = json.loads(mapping)
    except ValueError:
        said = None
    if not isinstance(said, dict) or not all(isinstance(field, str) for field in said.values()):
        raise invalid(
            "mapping", 'Write a JSON object of columns and fields: {"Work mail": "email"}.'
        )
    with _unreadable("mapping"):
        columns = recognise(header, said)
    return columns.chosen()


def _decided(before: Sequence[str], fields: Sequence[str]) -> list[str]:
    """Whoever keeps as an attribute what they were asked about has looked at it."""
    asked = [*before, *[""] * len(fields)]
    return [
        KEPT if field == "" and asked[index] in (ASK, KEPT) else field
        for index, field in enumerate(fields)
    ]


def _check_dates(dates: str) -> None:
    if dates and dates not in ORDERS:
        raise invalid("dates", f"Write {', '.join(ORDERS)}, or '' for what the file shows.")


def _check_fields(header: Sequence[str], fields: Sequence[str]) -> None:
    """Whether the choice can be kept; that addresses are missing is told when it is used."""
    unknown = sorted({*fields} - {*FIELDS, KEPT, LEFT_OUT, ASK, ""})
    if unknown:
        raise invalid(
            "fields",
            f"Leads have no field {unknown[0]!r}. Fields are {', '.join(FIELDS)}; '' keeps the "
            f"column as an attribute, {LEFT_OUT!r} leaves it out.",
        )
    if len(fields) != len(header):
        raise invalid("fields", f"The file has {len(header)} columns: choose for each of them.")


def _cadence(connection: Connection, asked: str | None) -> str:
    """The cadence to begin with, when it is published; '' to start no journeys."""
    name = DEFAULT_CADENCE if asked is None else asked.strip()
    published = published_cadences(connection)
    if name in ("", *published):
        return name
    known = list(published) or sentence("none yet")
    raise invalid(
        "cadence",
        sentence(
            "There is no published cadence {name}. Published are: {cadences}. Choose one, or '' to "
            "start no journeys.",
            name=name,
            cadences=known,
        ),
    )
