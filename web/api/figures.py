"""``/api/figures``: the numbers that people steer by. What each means: ``docs/figures.md``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, UploadFile
from pydantic import BaseModel, Field
from starlette.responses import Response

from domain.access import Action
from domain.csv_text import BOM, csv_line
from domain.figures.funnel import MOST_BEHIND, Dimension, FunnelReport, Mode
from domain.figures.history_columns import HistoryChoice
from domain.inputs import Code, Day
from domain.refusals import Invalid
from domain.sentences import sentence
from services import figures as services
from services import history
from services.exports import record_export
from services.figures import FigureQuery
from store.access.api_tokens import Caller
from web.api.access import CurrentContext, WebContext, may
from web.api.inputs import QUERIED, SaidName

router = APIRouter(prefix="/figures", tags=["figures"])
Reader = Annotated[Caller, Depends(may(Action.READ_FIGURES))]
Importer = Annotated[Caller, Depends(may(Action.IMPORT_LEADS))]
MOST_BYTES = 50 * 1024 * 1024
"""Of all files of a history together."""
SHOWN_REJECTS = 1000
CSV_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/csv": {"schema": {"type": "string"}}},
        "headers": {
            "leads-behind": {
                "description": "Leads whose last changes are not counted yet, "
                f"{MOST_BEHIND + 1} for more changes than can be looked through; left out for "
                "none.",
                "schema": {"type": "integer"},
            }
        },
    }
}
"""How a table of figures is described in ``openapi.json``."""


class PeriodParameters(BaseModel):
    """The days that figures are about."""

    model_config = QUERIED

    begins: Day | None = Field(
        None, alias="from", description="First day, of the company's time zone; that of the data."
    )
    to: Day | None = Field(None, description="The day after the last; tomorrow.")


class UnitParameters(PeriodParameters):
    """Which units are counted. Of the dimensions: only units with that value, '' without one."""

    source: SaidName | None = None
    campaign: SaidName | None = None
    cadence: Code | None = None
    segment: SaidName | None = None
    owner: Code | None = None
    team: Code | None = None
    country: Code | None = None
    cycle: Code | None = None

    def only(self) -> dict[str, str]:
        """The values that units are to have, by dimension."""
        given = self.model_dump(exclude_none=True)
        return {name: given[name] for name in Dimension if name in given}


class FunnelParameters(UnitParameters):
    """What a funnel is asked for."""

    by: Code | None = Field(None, description=f"Split by {', '.join(Dimension)}.")
    window: int | None = Field(
        None, le=10_000, description="Days within which it counts; as long as it took."
    )
    mode: Code = Field(Mode.COHORT.value, description=" or ".join(Mode))


@router.get("/funnel")
def show_funnel(
    context: CurrentContext, caller: Reader, query: Annotated[FunnelParameters, Query()]
) -> FunnelReport:
    """Of each stage how many reached it, went on, and how long that took; for an SDR of the
    team's leads."""
    asked = FigureQuery(
        query.begins,
        query.to,
        by=query.by,
        window=query.window,
        mode=query.mode,
        only=query.only(),
    )
    return services.funnel(context, caller, asked)


class RejectedHistoryRow(BaseModel):
    """A row that was left out: of which file, its number as a spreadsheet counts, and why."""

    file: str
    row: int
    kind: str
    reason: str


class ImportedHistory(BaseModel):
    """What came of an import of histories. ``created`` and ``updated`` are leads; ``rejects`` are
    the first rows that were left out."""

    rows: int
    created: int
    updated: int
    rejected: int
    reasons: dict[str, int]
    rejects: list[RejectedHistoryRow]


@router.post("/history", status_code=201)
def import_history(
    context: CurrentContext,
    caller: Importer,
    files: list[UploadFile],
    *,
    mapping: Annotated[
        str,
        Form(description="JSON: column (or file:column) → id, stage, at, known … won, lost, …"),
    ] = "{}",
    stages: Annotated[str, Form(description="JSON: name of a stage → stage.")] = "{}",
    dates: Annotated[str, Form(description="dmy, mdy or ymd; shown by the file if left out.")] = "",
) -> ImportedHistory:
    """Import histories of leads from CSV files that a column of ids joins. No journey begins, and
    nobody is told; what was imported before under the same ids is replaced."""
    chosen = HistoryChoice(_pairs(mapping, "mapping"), _pairs(stages, "stages"), dates)
    left, read = MOST_BYTES, []
    for file in files:
        data = file.file.read(left + 1)
        left -= len(data)
        if left < 0:
            raise Invalid(
                sentence("The files are larger than {most} MB: split them.", most=50), "files"
            )
        read.append(history.read((file.filename or "history.csv")[-200:], data))
    arranged = history.understood(read, chosen)
    made = history.import_history(context, caller, arranged, chosen.stages)
    return ImportedHistory(
        rows=made.rows,
        created=made.created,
        updated=made.updated,
        rejected=made.rejected,
        reasons=dict(made.reasons),
        rejects=[
            RejectedHistoryRow(file=one.file, row=one.row.row, kind=one.kind, reason=one.reason)
            for one in made.rejects[:SHOWN_REJECTS]
        ],
    )


def _pairs(written: str, field: str) -> Mapping[str, str]:
    try:
        said = json.loads(written)
    except ValueError:
        said = None
    if not isinstance(said, dict) or not all(isinstance(one, str) for one in said.values()):
        raise Invalid(
            sentence("Write a JSON object, such as {example}.", example='{"won_date": "won"}'),
            field,
        )
    return said


@router.get("/funnel.csv", response_class=Response, responses=CSV_ANSWER)
def funnel_file(
    context: CurrentContext, caller: Reader, query: Annotated[FunnelParameters, Query()]
) -> Response:
    """The same as a CSV file (UTF-8): a row for each stage of all units, of net-new and recycled
    ones, and of each part."""
    found = show_funnel(context, caller, query)
    rows = services.funnel_rows(found)
    return figures_file(context, caller, "figures/funnel", rows, query, behind=found.behind)


def figures_file(
    context: WebContext,
    caller: Caller,
    name: str,
    rows: Sequence[Mapping[str, object]],
    query: BaseModel,
    *,
    behind: int = 0,
) -> Response:
    """A table of figures as a file, put on record before it is handed out.

    Args:
        name: of the figures, as their path under ``/api`` has it.
        rows: all with the same columns.
        query: what was asked for.
        behind: of how many leads the last changes are not counted yet.
    """
    filters = sorted(query.model_dump(exclude_unset=True, by_alias=True))
    record_export(context, caller, f"/api/{name}", len(rows), filters)
    lines = [csv_line(rows[0]), *(csv_line(row.values()) for row in rows)] if rows else []
    return Response(
        (BOM + "".join(lines)).encode(),
        media_type="text/csv; charset=utf-8; header=present",
        headers={
            "content-disposition": f'attachment; filename="{name.replace("/", "-")}.csv"',
            **({"leads-behind": str(behind)} if behind else {}),
        },
    )
