"""Files of rejected rows: they go out to be corrected, and come back.

A cell that begins with = or another such sign is a formula to Excel, LibreOffice and Google Sheets,
which may fetch an address or start a program. An apostrophe before it makes it text (OWASP, "CSV
Injection"). In a file that comes back, and only there, reading takes it away: somebody else's
apostrophe is somebody else's.
"""

from __future__ import annotations

from collections.abc import Sequence

REJECT_COLUMNS = ("rejected_row", "rejected_line", "rejected_reason")
"""First columns of a rejects file. They are skipped when a fixed one is imported."""

_FIRST = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def _is_run(cell: str) -> bool:
    # Spreadsheets trim spaces.
    return cell.lstrip(" \xa0\ufeff").startswith(_FIRST)


def defused(cell: str) -> str:
    """The cell as a file of ours holds it: with an apostrophe before it when it could be run, or
    when it begins with one that :func:`as_meant` would otherwise take away."""
    return "'" + cell if _is_run(cell) or as_meant(cell) != cell else cell


def as_meant(cell: str) -> str:
    """The cell without the apostrophe that :func:`defused` put before it."""
    rest = cell[1:]
    return rest if cell.startswith("'") and (_is_run(rest) or rest.startswith("'")) else cell


class RejectedRowError(ValueError):
    """A row can't be imported. ``kind`` groups equal reasons, the message is the whole sentence;
    ``opted_out`` are the keys of addresses whose people want no mail, as the row says all the
    same."""

    def __init__(self, kind: str, message: str, opted_out: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.kind = kind
        self.opted_out = opted_out
