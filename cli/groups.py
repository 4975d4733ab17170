"""How commands and groups of them are made: help ends with examples, and a refusal is told to the
person at the terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer
from rich.markup import escape
from typer.core import TyperCommand

from cli.errors import UserError
from domain.refusals import Refusal


class HelpfulGroup(TyperCommand):
    """A command that says what was refused, after the option that is wrong."""

    # Typer has no public name for the class of contexts, hence Any.

    def invoke(self, ctx: Any) -> Any:
        """Run the command.

        Raises:
            UserError: it was refused.
        """
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            option = f"--{refusal.field.replace('_', '-')}"
            known = {name for one in self.params for name in one.opts}
            raise UserError(f"{option}: {refusal}" if option in known else str(refusal)) from None


class Commands(typer.Typer):
    """Commands that are all :class:`HelpfulGroup`."""

    def command(self, name: str | None = None, **options: Any) -> Callable[[Any], Any]:
        """As typer's."""
        return super().command(name, cls=HelpfulGroup, **options)


def group(*examples: str) -> Commands:
    """An empty group. What it is for stands in the list of all commands (``cli/program.py``).

    Args:
        examples: what people write behind ``starter.py``.
    """
    lines = [f"starter.py {escape(example)}" for example in examples]
    return Commands(no_args_is_help=True, epilog="\n".join(["[bold]Examples[/bold]", *lines]))
