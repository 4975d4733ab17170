"""Files of spend and of exchange rates: read row by row, with the bad rows in a file of their
own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from cli.errors import UserError
from cli.import_leads import bytes_of, mapping
from cli.rejects_file import RejectsFile
from cli.screen import Console, echo
from domain.contacts.dates import ORDERS, Order
from domain.figures.money_rows import MoneyReader, recognise_columns
from domain.lead_files.lead_file import FileRow
from domain.refusals import Invalid
from services.imports import read
from store.figures.money_tables import EnteredFigures

Row = TypeVar("Row")


def order_of(written: str) -> Order | None:
    """The order of days that was said; None when it was not.

    Raises:
        UserError: it is none.
    """
    for order in ORDERS:
        if order == written:
            return order
    if written:
        raise UserError(f"--dates {written}: write {', '.join(ORDERS)}.")
    return None


def bring_in(
    file: Path,
    columns: Mapping[str, str],
    said: list[str],
    optional: set[str],
    *,
    reader: Callable[[Mapping[str, int]], MoneyReader],
    read_row: Callable[[MoneyReader, Sequence[str]], Row],
    enter: Callable[[Sequence[Row]], EnteredFigures],
    as_json: bool,
) -> None:
    """Enter the rows of a file, and tell what became of them.

    Raises:
        UserError: it can't be read, or a column is missing; then nothing is entered.
    """
    found = read(bytes_of(file), "")
    rows = reader(recognise_columns(found.header, columns, mapping(said), optional))
    rejects = RejectsFile(file, found)
    good: list[tuple[FileRow, Row]] = []
    try:
        for record in found.records():
            try:
                if record.problem:
                    raise Invalid(record.said)
                good.append((record, read_row(rows, record.values)))
            except Invalid as refusal:
                rejects.add(record, refusal.field, str(refusal))
        outcome = enter([row for _, row in good])
    except BaseException:
        rejects.discard()
        raise
    for place, why in outcome.refused.items():
        rejects.add(good[place][0], "row", why)
    path = rejects.close()
    counts = {
        "new": outcome.new,
        "unchanged": outcome.unchanged,
        "restated": outcome.restated,
        "rejected": sum(rejects.kinds.values()),
    }
    if as_json:
        echo(json.dumps(counts | {"rejects_file": str(path) if path else None}))
        return
    Console().print(", ".join(f"{count:,} {what}" for what, count in counts.items()) + ".")
    if path:
        Console().print(f"Fix the rejected rows and import them: {path}")
