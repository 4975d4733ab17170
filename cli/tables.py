"""Lists as the command line shows them: a heading a column, a row a thing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from rich.cells import cell_len
from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from cli.screen import UNSHOWN, Console
from domain.controls import without_controls

GAP = 2
WORD = 12
"""A longer word may be broken where there is no room; what people copy never is."""
_ADDRESS = re.compile(r"\S*[@/:]\S*|[a-z\d]+(?:-[a-z\d]+)+")


def plain(value: str, style: str = "") -> Text:
    """A text as it is, whatever brackets stand in it. What would steer the terminal does not: some
    of what is shown was typed by strangers."""
    return Text(without_controls(value, UNSHOWN), style)


def listed(
    columns: Sequence[str],
    rows: Iterable[Sequence[str | Text]],
    *,
    whole: Collection[str] = (),
    right: Collection[str] = (),
) -> Table:
    """A table for :func:`print_list`. Cells are shown as they are, whatever brackets stand in them.

    Args:
        whole: columns that keep their width while the others give way.
        right: columns of numbers, flush right.
    """
    cells = [[plain(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    least, most = [], []
    for at, column in enumerate(columns):
        below = [row[at].plain for row in cells]
        words = [word for text in (column, *below) for word in text.split()]
        unbroken = max(longest_address(below), min(_widest(words), WORD))
        if column in right:
            unbroken = max(unbroken, _widest(below))
        most.append(_widest([column, *below]))
        least.append(most[-1] if column in whole else unbroken)
    gaps = GAP * (len(columns) - 1)
    widths = _shared(least, most, Console().width - gaps)
    table = Table(box=None, pad_edge=False, header_style="bold", min_width=sum(widths) + gaps)
    for column, width in zip(columns, widths, strict=True):
        justify: JustifyMethod = "right" if column in right else "left"
        table.add_column(column, width=width, justify=justify, overflow="fold")
    for row in cells:
        table.add_row(*row)
    return table


def _shared(least: Sequence[int], most: Sequence[int], room: int) -> list[int]:
    """The width of each column: what it needs, and its share of what room is left."""
    spare, wanted = max(0, room - sum(least)), sum(most) - sum(least)
    if spare >= wanted:
        return list(most)
    return [low + spare * (high - low) // wanted for low, high in zip(least, most, strict=True)]


def print_list(table: Table) -> None:
    """Print a table, wider than the terminal rather than with an address that is cut."""
    wide_console(table.min_width or 0).print(table)


def wide_console(least: int) -> Console:
    """A console as wide as the terminal, and at least so wide: the terminal breaks what it has no
    room for, and an address that it breaks can be copied whole."""
    return Console(width=max(Console().width, least), highlight=False)


def longest_address(texts: Iterable[str]) -> int:
    """The width of the longest word that people copy: the address of a mailbox, a page, a server or
    a file, or the code of a cadence."""
    return _widest(word for text in texts for word in _ADDRESS.findall(text))


def _widest(texts: Iterable[str]) -> int:
    return max((cell_len(line) for text in texts for line in text.split("\n")), default=0)
