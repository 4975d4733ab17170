#!/usr/bin/env python3
"""Perennial's command line: ``python starter.py COMMAND``; see ``--help``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cli.errors import UserError, stderr
from cli.program import Program
from cli.screen import echo
from code_version import release
from domain.not_ready import NotReady
from embedded import StackError

app = typer.Typer(
    cls=Program,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog="Names are taken in the singular and in the plural: task list is tasks list.",
)


def _print_version(asked: bool) -> None:
    if asked:
        echo(f"Perennial {release()}")
        raise typer.Exit


@app.callback()
def starter(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Say which version this is."
        ),
    ] = False,
) -> None:
    """Runs every lead's journey as a durable workflow."""


def main() -> None:
    """Run one command; a mistake of the user's is one sentence on stderr and exit code 2."""
    try:
        app()
    except (UserError, StackError, NotReady) as error:
        stderr.print(str(error), markup=False)
        sys.exit(2)


if __name__ == "__main__":
    main()
