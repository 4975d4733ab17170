"""The leads behind a number: a link to their list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import urlencode

from markupsafe import Markup

from domain.figures.lists import AS_OF_NOW, CountedAs


def behind(
    number: int,
    figure: CountedAs,
    *,
    at: str = "",
    begins: str | date = "",
    ends: str | date = "",
    window: int | None = None,
    of: Sequence[tuple[str, str]] = (),
    text: str = "",
) -> Markup | str:
    """A number, or the ``text`` that says it, as a link to its leads; none where there are none.

    Args:
        at, begins, ends, window, of: as ``services.figure_lists.FigureAddress`` has them.
    """
    shown = text or f"{number:,}"
    if not number:
        return shown
    asked = [("figure", figure.value), ("figure_at", at)]
    if figure not in AS_OF_NOW or figure == CountedAs.OVERDUE:
        asked += [("figure_from", str(begins)), ("figure_to", str(ends))]
    asked += [("figure_window", "" if window is None else str(window))]
    asked = [(name, value) for name, value in asked if value]
    asked += [("figure_of", f"{name}:{value}") for name, value in of]
    return Markup('<a href="/console/leads?{}">{}</a>').format(urlencode(asked), shown)
