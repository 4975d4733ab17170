"""What is printed: nothing that somebody else typed steers the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import rich.console
import typer
from rich.console import ConsoleOptions, RenderableType
from rich.segment import Segment

from domain.controls import without_controls

UNSHOWN = "\N{REPLACEMENT CHARACTER}"
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Console(rich.console.Console):
    """A console that shows texts as they are, but for characters that would move the cursor, rename
    the window or hide what follows. Styles and progress of our own stay."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """The pieces of which something is made."""
        for piece in super().render(renderable, options):
            text = piece.text if piece.control else without_controls(piece.text, UNSHOWN)
            yield piece._replace(text=text)


def echo(said: Any = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a text as it is. What would steer the terminal is written as JSON writes it, so that
    programs lose nothing by it."""
    shown = _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", str(said))
    typer.echo(shown, err=err, nl=nl)
