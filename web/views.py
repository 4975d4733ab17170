"""Pages from the templates in ``web/pages``, in the language of who reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
from fastapi.responses import HTMLResponse
from starlette.requests import HTTPConnection

from domain.translations.translator import N_, Translator, translator_of_browser

PAGES = Path(__file__).resolve().parent / "pages"
TROUBLE = N_("Something does not work on our side. Please try again in a few minutes.")
"""What a page says that needs the database while it is away."""

_environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(PAGES),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, _: Translator, status: int = 200, **context: Any) -> HTMLResponse:
    """The page ``web/pages/<template>`` filled with ``context``, its sentences told by ``_``."""
    shown = _environment.get_template(template).render(_=_, language=_.language, **context)
    return HTMLResponse(shown, status)


def sorry(
    _: Translator, status: int, sentence: str, *, title: str = "", home: str = ""
) -> HTMLResponse:
    """A page that only says what can't be done.

    Args:
        sentence: an English sentence of the catalogs; so is ``title``.
        home: where a link leads to.
    """
    title = _(title or N_("This page can't be shown"))
    return page("sorry.html", _, status, title=title, sentence=_(sentence), home=home)


def translator_of(request: HTTPConnection) -> Translator:
    """For the language that the browser prefers."""
    return translator_of_browser(request.headers.get("Accept-Language", ""))
