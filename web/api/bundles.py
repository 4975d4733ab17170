"""``/api/cadences/{name}/bundle``, ``/api/bundles``: cadences as archives, to carry elsewhere."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, UploadFile
from pydantic import BaseModel, Field
from starlette.responses import Response

from domain.access import Action
from domain.checking.bundle import MOST_BYTES, BundleKind, read_bundle
from services import bundles
from services.bundles import BesideHere, BundleReport
from services.publishing import LONGEST_NOTE
from store.access.api_tokens import Caller
from web.api.access import CurrentContext, may
from web.api.cadences import Publications, publications

router = APIRouter(tags=["cadences and policies"])
ARCHIVE: dict[int | str, dict[str, Any]] = {200: {"content": {"application/zip": {}}}}
"""How an archive is described in ``openapi.json``."""
Names = list[Annotated[str, Field(max_length=200)]]
Seen = list[Annotated[str, Field(max_length=220, pattern=r"^[^:]+:[0-9]{1,10}$")]]


class BundledFile(BaseModel):
    """A file of a bundle beside what is here: it is new, the same, or differs. ``version`` counts
    where it was exported, ``version_here`` here (0: there is none). Of one that is ``kept`` what is
    here stays. A part is no more than shown. ``difference`` is as ``diff -u`` says it,
    or that it is too long to show."""

    kind: BundleKind
    name: str
    file: str
    version: int
    arrival: BesideHere
    version_here: int
    kept: bool
    difference: str


class BundleOutcome(BaseModel):
    """What is in a bundle. ``undecided`` are files that are here already and differ: they are
    replaced or kept. ``published`` is None where it was only looked at."""

    cadence: str
    version: int
    files: list[BundledFile]
    undecided: list[str]
    published: Publications | None


@router.get(
    "/cadences/{name}/bundle",
    response_class=Response,
    responses=ARCHIVE,
    operation_id="export_bundle",
)
def export(
    context: CurrentContext,
    caller: Annotated[Caller, Depends(may(Action.READ_CADENCES))],
    name: str,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Response:
    """A cadence with its mails in all languages, the policies that it refers to and the parts that
    its mails include, as a ZIP file with a manifest."""
    data, bundle = bundles.export_bundle(context, caller, name, version)
    file = f"{bundle.cadence}-{bundle.version}.zip"
    return Response(
        data,
        media_type="application/zip",
        headers={"content-disposition": f'attachment; filename="{file}"'},
    )


@router.post("/bundles")
def import_bundle(
    context: CurrentContext,
    caller: Annotated[Caller, Depends(may(Action.DRAFT))],
    file: UploadFile,
    *,
    dry_run: Annotated[bool, Form(description="Only say what it would do.")] = False,
    replace: Annotated[bool, Form(description="Replace what is here and differs.")] = False,
    keep: Annotated[Names | None, Form(description="Files of which what is here stays.")] = None,
    seen: Annotated[
        Seen | None,
        Form(description="FILE:VERSION_HERE of a look before: refused (409) if it is another now."),
    ] = None,
    note: Annotated[str, Form(max_length=LONGEST_NOTE)] = "",
) -> BundleOutcome:
    """Publish what is in a bundle, all or nothing, checked beside all that is published here.
    Mistakes are told with file, line and column. What is here already and differs (409) is replaced
    or kept if so asked."""
    data = file.file.read(MOST_BYTES + 1)
    if dry_run:
        with context.database.connect() as connection:
            return outcome(bundles.look_into(connection, caller, data, keep or ()))
    found = bundles.import_bundle(
        context,
        caller,
        read_bundle(data),
        replace=replace,
        keep=keep or (),
        seen={file: int(here) for file, _, here in (one.rpartition(":") for one in seen or ())},
        note=note,
    )
    return outcome(found)


def outcome(report: BundleReport) -> BundleOutcome:
    """What a service says of a bundle, as the API does."""
    return BundleOutcome(
        cadence=report.cadence,
        version=report.version,
        files=[
            BundledFile(
                kind=one.kind,
                name=one.name,
                file=one.file,
                version=one.version,
                arrival=one.arrival,
                version_here=one.version_here,
                kept=one.kept,
                difference=one.difference,
            )
            for one in report.items
        ],
        undecided=[one.file for one in report.undecided],
        published=publications(report.done) if report.done else None,
    )
