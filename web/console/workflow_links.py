"""Where the Temporal UI shows workflows and queues."""

from __future__ import annotations

from urllib.parse import quote

from markupsafe import Markup, escape

from domain.contracts.journey import Phase
from domain.contracts.webhooks import WEBHOOK_WORKFLOW
from settings import Settings
from web.console.parts import link
from web.console.words import N_

RUNNING = "ExecutionStatus = 'Running'"
SAVED_VIEWS = {
    N_("Cannot get on"): f"TemporalReportedProblems IS NOT NULL AND {RUNNING}",
    N_("Failed or terminated"): "ExecutionStatus IN ('Failed', 'Terminated', 'TimedOut')",
    N_("All journeys"): f"{RUNNING} AND WorkflowType IN ({', '.join(map(repr, map(str, Phase)))})",
    N_("Follow-up without an owner"): f"{RUNNING} AND WorkflowType = 'FollowUp' AND Owner = 'none'",
    N_("Webhook deliveries under way"): f"{RUNNING} AND WorkflowType = '{WEBHOOK_WORKFLOW}'",
}
"""What ops look for → the list filter of the Temporal UI that finds it."""


def workflow_link(settings: Settings, text: str, workflow_id: str, run_id: str = "") -> Markup:
    """To a run of a workflow, or its last one; nothing where no Temporal UI is known
    (``TEMPORAL_UI_URL``)."""
    if not (settings.temporal_ui_url and workflow_id):
        return Markup()
    named = ["workflows", workflow_id, *([run_id] if run_id else [])]
    return link(text, _address(settings, *named))


def view_link(settings: Settings, text: str, query: str) -> Markup:
    """To the workflows that a list filter finds; where no Temporal UI is known the text alone."""
    if not settings.temporal_ui_url:
        return escape(text)
    return link(text, _address(settings, "workflows"), query=query)


def queue_link(settings: Settings, text: str, queue: str) -> Markup:
    """To the workers of a task queue; where no Temporal UI is known the text alone."""
    if not settings.temporal_ui_url:
        return escape(text)
    return link(text, _address(settings, "task-queues", queue))


def _address(settings: Settings, *named: str) -> str:
    path = "/".join(quote(one, safe="") for one in (settings.temporal_namespace, *named))
    return f"{settings.temporal_ui_url.rstrip('/')}/namespaces/{path}"
