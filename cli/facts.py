"""A thing as the command line shows it: a name and a value a line."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from cli.tables import GAP, longest_address, plain, wide_console


def print_facts(lines: Iterable[tuple[str, str | Text]]) -> None:
    """Print names and values; a line without a value is left out. Values are shown as they are,
    whatever brackets stand in them, and no address is cut."""
    shown = [
        (name, plain(value) if isinstance(value, str) else value) for name, value in lines if value
    ]
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in shown:
        table.add_row(name, value)
    names = max(cell_len(name) for name, _ in shown)
    wide_console(names + GAP + longest_address(value.plain for _, value in shown)).print(table)
