"""``/api/imports``: lead files from the browser or from programs, imported in the background."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel, Field

from domain.access import Action
from domain.inputs import ASKED
from domain.lead_files.columns import recognise
from domain.lead_files.preview import Preview, preview
from domain.refusals import Invalid, Missing
from domain.sentences import sentence
from services import imports
from services.imports import DEFAULT_CADENCE, Chosen
from store.access.api_tokens import Caller
from store.imports import import_runs
from store.imports.import_runs import RunLine
from store.scoring.import_pace import ImportPace, import_pace
from web.api.access import CurrentContext, may
from web.api.paging import PAGE, Cursor, Done, Limit, Page, page_by_id
from web.problems import RequestProblem

LIMIT = 50 * 1024 * 1024
"""Largest file, bytes."""


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


class ImportChoice(BaseModel):
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
    context: CurrentContext, _caller: Importer, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[RunLine]:
    """Imports, those of the command line too, the newest first."""
    return page_by_id(context, "imports", cursor, limit, import_runs.list_runs)


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
    context: CurrentContext,
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
    leads = imports.read(data, encoding)
    fields = _mapped(leads.header, mapping) if mapping else imports.guessed(leads.header)
    chosen = Chosen(fields=fields, source=source, cadence=cadence, dates=dates)
    name = (file.filename or "leads.csv")[-200:]
    run_id = imports.upload(
        context, caller, name, data=data, leads=leads, chosen=chosen, start=start
    )
    return show(context, caller, run_id)


@router.get("/{import_id}")
def show(context: CurrentContext, _caller: Importer, import_id: int) -> ImportDetail:
    """How far an import is, what came of it, and the columns of its file."""
    with context.database.connect() as connection:
        run = imports.run_of(connection, import_id)
        head = import_runs.head_of(connection, import_id)
    if head is None or run.fields is None:
        return ImportDetail(run=run, delimiter="", columns=[])
    columns = [
        Column(name=name, field=run.fields[at], samples=head.samples(at))
        for at, name in enumerate(head.header)
    ]
    return ImportDetail(run=run, delimiter=head.delimiter, columns=columns)


@router.get("/{import_id}/preview", operation_id="preview_import")
def look(context: CurrentContext, _caller: Importer, import_id: int) -> Preview:
    """The first rows of the file as the leads they would become, and those that can't be."""
    with context.database.connect() as connection:
        run = imports.run_of(connection, import_id)
        head = import_runs.head_of(connection, import_id)
    if head is None or run.fields is None:
        raise Missing(sentence("The file of this import is not kept any more."))
    columns = imports.columns_of(head.header, run.fields, run.source)
    with imports.unreadable("fields"):
        return preview(head, columns, run.source, run.dates, context.settings.company_currency)


@router.get("/{import_id}/pace")
def pace(context: CurrentContext, caller: Importer, import_id: int) -> ImportPace:
    """How many leads sales would get by what the file says of them, and when; told from the first
    rows of the file."""
    found_rows = look(context, caller, import_id)
    with context.database.connect() as connection:
        run = imports.run_of(connection, import_id)
        return import_pace(connection, found_rows, run.lines, context.clock.now())


@router.patch("/{import_id}")
def change(
    context: CurrentContext, caller: Importer, import_id: int, body: ImportChoice
) -> ImportDetail:
    """Choose fields, source, cadence, order of days or encoding before an import is started."""
    imports.change(
        context,
        caller,
        import_id,
        fields=body.fields,
        source=body.source,
        cadence=body.cadence,
        dates=body.dates,
        encoding=body.encoding,
    )
    return show(context, caller, import_id)


@router.post("/{import_id}/start", operation_id="start_import")
def begin(context: CurrentContext, caller: Importer, import_id: int) -> ImportDetail:
    """Start an import, or start one again that failed or was interrupted: that doubles nothing."""
    imports.begin(context, caller, import_id)
    return show(context, caller, import_id)


@router.delete("/{import_id}")
def discard(context: CurrentContext, caller: Importer, import_id: int) -> Done:
    """Forget an import that was not done, and erase its file."""
    imports.discard(context, caller, import_id)
    return Done(detail=f"Import {import_id} and its file are erased.")


@router.get("/{import_id}/rejects", operation_id="get_import_rejects")
def rejects(context: CurrentContext, _caller: Importer, import_id: int) -> Response:
    """The rows that could not be imported with the reasons, a CSV file to fix and import."""
    with context.database.connect() as connection:
        run = imports.run_of(connection, import_id)
        kept = import_runs.rejects_of(connection, import_id)
    if kept is None:
        raise Missing(
            f"Import {run.id} rejected nothing, or longer than {import_runs.KEPT_DAYS} days ago."
        )
    name = f'attachment; filename="rejects-{run.id}.csv"'
    return Response(kept, media_type="text/csv", headers={"Content-Disposition": name})


def _too_large() -> RequestProblem:
    return RequestProblem(
        413, "invalid", f"The file is larger than {LIMIT >> 20} MB: cut it in two."
    )


def _mapped(header: Sequence[str], mapping: str) -> list[str]:
    """Of each column its field, as recognised, except what ``mapping`` (JSON) says."""
    try:
        said = json.loads(mapping)
    except ValueError:
        said = None
    if not isinstance(said, dict) or not all(isinstance(field, str) for field in said.values()):
        raise Invalid(
            'Write a JSON object of columns and fields: {"Work mail": "email"}.', "mapping"
        )
    with imports.unreadable("mapping"):
        columns = recognise(header, said)
    return columns.chosen()
