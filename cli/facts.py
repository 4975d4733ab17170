"""A thing as the command line shows it: a name and a value a line."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text


def print_facts(lines: Iterable[tuple[str, str | Text]]) -> None:
    """Print names and values; a line without a value is left out. Values are shown as they are,
    whatever brackets stand in them."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in lines:
        if value:
            table.add_row(name, Text(value) if isinstance(value, str) else value)
    Console().print(table)
