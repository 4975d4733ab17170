"""Lists for programs: the rows that people are shown, as JSON or CSV."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from cli.connect import operator, terminal
from cli.screen import echo
from domain.csv_text import csv_line
from services.exports import record_export

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV, with times in ISO 8601.")]


def printed(
    found: Sequence[DataclassInstance | Mapping[str, object]],
    path: str,
    *,
    as_json: bool,
    as_csv: bool,
    key: str = "",
    filters: Mapping[str, object] | None = None,
) -> bool:
    """Print a list for a program, if one asks. A file goes on the audit record, as those of the API
    and the console do.

    Args:
        path: of the same list in the API, under ``/api``.
        key: what the list is called in JSON; '' when nothing else stands there.
        filters: by name, what the list may be narrowed by.

    Returns:
        Whether it was printed.
    """
    rows = [one if isinstance(one, Mapping) else asdict(one) for one in found]
    if as_csv:
        narrowed = [name for name, value in (filters or {}).items() if value]
        record_export(terminal(), operator(), f"/api{path}", len(rows), narrowed)
        lines = [csv_line(row.values()) for row in rows]
        whole = "".join([csv_line(rows[0]), *lines] if rows else lines)
        if sys.stdout.isatty():
            echo(whole.replace("\r\n", "\n"), nl=False)
        else:
            sys.stdout.write(whole)
    elif as_json:
        echo(json.dumps({key: rows} if key else rows, default=str, ensure_ascii=False))
    return as_json or as_csv
