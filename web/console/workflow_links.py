"""Where the Temporal UI shows a workflow."""

from __future__ import annotations

from urllib.parse import quote

from markupsafe import Markup

from settings import Settings
from web.console.parts import link


def workflow_link(settings: Settings, text: str, workflow_id: str, run_id: str = "") -> Markup:
    """To a run of a workflow, or its last one; nothing where no Temporal UI is known
    (``TEMPORAL_UI_URL``)."""
    if not (settings.temporal_ui_url and workflow_id):
        return Markup()
    named = [settings.temporal_namespace, "workflows", workflow_id, *([run_id] if run_id else [])]
    path = "/".join(quote(one, safe="") for one in named)
    return link(text, f"{settings.temporal_ui_url.rstrip('/')}/namespaces/{path}")
