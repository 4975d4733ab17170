"""CSV (RFC 4180) as spreadsheets open it without doing what is written in it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

BOM = "\N{BYTE ORDER MARK}"
"""Tells Excel that what follows is UTF-8."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_line(cells: Iterable[object]) -> str:
    """A line with its end. Text that a spreadsheet would compute, such as ``=1+1``, gets an
    apostrophe in front; what is no text, number or truth value is written as JSON."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([_cell(one) for one in cells])
    return line.getvalue()


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return f"'{value}" if value.startswith(_FORMULA) else value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case Decimal():
            return format(value, "f")
        case date():
            return value.isoformat()
        case list() if all(isinstance(one, str) for one in value):
            return _cell("; ".join(value))
    return json.dumps(value, ensure_ascii=False, default=str)
