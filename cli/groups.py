"""How a group of commands is made: its help ends with examples."""

from __future__ import annotations

import typer
from rich.markup import escape


def group(*examples: str) -> typer.Typer:
    """An empty group. What it is for stands in the list of all commands (``cli/program.py``).

    Args:
        examples: what people write behind ``starter.py``.
    """
    lines = [f"starter.py {escape(example)}" for example in examples]
    return typer.Typer(no_args_is_help=True, epilog="\n".join(["[bold]Examples[/bold]", *lines]))
