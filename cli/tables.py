"""Lists as the command line shows them: a heading a column, a row a thing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from rich.console import OverflowMethod
from rich.table import Table
from rich.text import Text


def listed(
    columns: Sequence[str],
    rows: Iterable[Sequence[str | Text]],
    *,
    whole: Collection[str] = (),
    right: Collection[str] = (),
    overflow: OverflowMethod = "ellipsis",
) -> Table:
    """A table to print. Cells are shown as they are, whatever brackets stand in them.

    Args:
        whole: columns that keep their width while the others give way.
        right: columns of numbers, flush right.
        overflow: what becomes of a word that its column has no room for.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(
            column,
            no_wrap=column in whole,
            justify="right" if column in right else "left",
            overflow=overflow,
        )
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return table
