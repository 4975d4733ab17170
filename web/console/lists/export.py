"""The button that takes a list out as a CSV file, with the filters it is shown with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from nicegui import ui

from domain.sentences import sentence
from web.api.csv_lists import TOO_LARGE
from web.console.frame import say_done, say_no
from web.console.parts import busy, button
from web.console.visit import VisitOver
from web.console.words import _
from web.problems import DATABASE_AWAY

SECONDS = 120.0
"""How long a file may take."""
Asked = Mapping[str, object]
"""Parameters of the API's list: text, numbers, times, truth values, or several values; None
for any."""


def export_button(
    path: str, asked: Callable[[], Asked] | Asked | None = None, *, of: str = ""
) -> None:
    """The button, in the place where it is made.

    Args:
        path: of the list, under ``/api``; or of what is a file already, as figures are.
        asked: how the list is filtered, or what tells it when the button is pressed.
        of: what it lists (translated), where a page has several.
    """

    async def export() -> None:
        address = csv_address(path, asked() if callable(asked) else asked or {})
        with busy(made):
            status = await ui.run_javascript(
                f"return await saveFile({json.dumps(address)})", timeout=SECONDS
            )
        if status == 200:
            say_done(_("The file is in your downloads."))
        elif status == 401:
            raise VisitOver(sentence("You are signed out: sign in again."))
        else:
            say_no(TOO_LARGE if status == 422 else DATABASE_AWAY)

    made = button(f"{_('Export CSV')}: {of}" if of else _("Export CSV"), export)


def csv_address(path: str, asked: Asked) -> str:
    """Where the API gives the list as a file."""
    query = [] if path.endswith(".csv") else [("format", "csv")]
    for name, value in asked.items():
        several = value if isinstance(value, list | tuple) else [value]
        query += [(name, written(one)) for one in several if one is not None]
    return f"/api{path}?{urlencode(query)}"


def written(value: object) -> str:
    """A parameter as it stands in an address."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
