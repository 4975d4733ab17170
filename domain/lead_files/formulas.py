"""Cells that a spreadsheet would run: how files of ours hold them, and how they are read back.

A cell that begins with one of these signs is a formula to Excel, LibreOffice and Google Sheets,
which may fetch an address or start a program. An apostrophe before it makes it text (OWASP, "CSV
Injection"). The files that lead files are made from come back corrected, so reading takes it away.
"""

from __future__ import annotations

_FIRST = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def _is_run(cell: str) -> bool:
    # Spreadsheets trim spaces, and a file that is opened with another separator is cut in cells
    # elsewhere: what follows a separator at once counts as a beginning in `defused` alone.
    return cell.lstrip(" \xa0\ufeff").startswith(_FIRST)


def defused(cell: str) -> str:
    """The cell as a file of ours holds it: with an apostrophe before it when it could be run, or
    when it begins with one that :func:`as_meant` would otherwise take away."""
    return "'" + cell if _is_run(cell) or as_meant(cell) != cell else cell


def as_meant(cell: str) -> str:
    """The cell without the apostrophe that :func:`defused`, or a spreadsheet, put before it."""
    rest = cell[1:]
    return rest if cell.startswith("'") and (_is_run(rest) or rest.startswith("'")) else cell
