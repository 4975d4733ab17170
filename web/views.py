"""Pages from the templates in ``web/pages``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
from fastapi.responses import HTMLResponse

PAGES = Path(__file__).resolve().parent / "pages"

_environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(PAGES),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """The page ``web/pages/<template>`` filled with ``context``."""
    return HTMLResponse(_environment.get_template(template).render(**context), status)
