"""The console as a part of the web app: NiceGUI at ``/console``."""

from __future__ import annotations

import hashlib
import importlib
import logging
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from nicegui import app, ui
from starlette.responses import RedirectResponse, Response

from domain.access import ALLOWED, Action
from settings import Settings
from store.engine import AWAY, engine
from web.api.access import WebContext
from web.console.pages import signed_in, without_database
from web.console.sockets import guard_sockets
from web.console.unseen import UnseenWatch

STATIC = Path(__file__).resolve().parent / "static"
PAGES = (
    "today",
    "inbox.inbox",
    "inbox.task",
    "inbox.received",
    "inbox.dial",
    "sales.meeting",
    "sales.meetings",
    "sales.opportunities",
    "sales.opportunity",
    "marketing.recycle",
    "sales.team",
    "sales.rep",
    "sales.team_settings",
    "sales.sla_settings",
    "leads.leads",
    "leads.lead",
    "leads.duplicates",
    "leads.merge",
    "accounts.accounts",
    "accounts.account",
    "accounts.matches",
    "leads.mails",
    "marketing.enrollments",
    "marketing.cadence",
    "marketing.starting_points",
    "marketing.cadences",
    "marketing.templates",
    "marketing.policies",
    "marketing.segment_editor",
    "marketing.segments",
    "marketing.forms",
    "marketing.scoring_settings",
    "marketing.recycle_settings",
    "marketing.consent_settings",
    "marketing.brand_settings",
    "marketing.images",
    "marketing.deliverability",
    "marketing.outbox",
    "marketing.outbox_mail",
    "figures.funnel",
    "figures.cohorts",
    "figures.velocity",
    "figures.leaks",
    "figures.scoring",
    "figures.win_loss",
    "figures.recycle_yield",
    "figures.pipeline",
    "figures.team",
    "figures.money",
    "figures.deliverability",
    "figures.data_quality",
    "figures.days",
    "figures.anomalies",
    "imports.imports",
    "imports.run",
    "admin.users",
    "admin.keys",
    "admin.webhooks",
    "admin.suppressions",
    "admin.changes",
    "admin.erase",
    "system.system",
    "notifications",
    "you",
)
"""The modules of this package that hold pages."""


def mount_console(onto: FastAPI, settings: Settings) -> None:
    """Serve the console from ``onto``. Once in a process: NiceGUI's app is one for all."""
    context = WebContext(settings, engine(settings.database_url))
    app.state.context = context
    app.state.unseen = UnseenWatch(context.database)
    for name in PAGES:
        importlib.import_module(f"web.console.{name}")
    app.add_static_files("/static", STATIC)
    app.get("/")(_home)
    app.on_page_exception(_broken)
    for wrong in (404, RequestValidationError):
        app.add_exception_handler(wrong, onto.exception_handlers[RequestValidationError])
    for field in (ui.input, ui.number, ui.select, ui.textarea):
        field.default_props("outlined dense")
    ui.add_head_html(
        "".join(
            f'<link rel="stylesheet" href="{_static(f"{name}.css")}">'
            for name in ("console", "lists", "figures")
        )
        + "".join(
            f'<script src="{_static(f"{name}.js")}" defer></script>'
            for name in ("console", "lists")
        ),
        shared=True,
    )
    logging.getLogger("nicegui").addFilter(_discreet)
    guard_sockets(context)
    ui.run_with(
        onto,
        mount_path="/console",
        title="Perennial",
        favicon=STATIC / "leaf.svg",
        tailwind=False,
        show_welcome_message=False,
        reconnect_timeout=30.0,
    )


async def _home(request: Request) -> Response:
    """Each to where their work is."""
    try:
        who = await run_in_threadpool(signed_in, app.state.context, request)
    except AWAY:
        return without_database(request)
    has_tasks = who is not None and who.caller.role in ALLOWED[Action.READ_TASKS]
    return RedirectResponse("/console/inbox" if has_tasks else "/console/today", 303)


def _static(name: str) -> str:
    """The address of a file of ours; another one once it has changed, so browsers may keep it."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
    return f"/console/static/{name}?{digest[:12]}"


def _broken() -> None:
    """Instead of NiceGUI's own page, which shows the error's text: it may name a person."""
    ui.label("This page can't be shown now. Try again, and tell an admin if it stays so.")
    ui.link("Perennial", "/")


def _discreet(record: logging.LogRecord) -> bool:
    """Errors by their type only: their text may hold an address or a name. What was not found is
    an address of ours that may hold a search."""
    if str(record.msg).endswith(" not found"):
        return False
    if record.exc_info and record.exc_info[0]:
        record.msg, record.args = f"A page failed: {record.exc_info[0].__name__}", ()
        record.exc_info = record.exc_text = None
    return True
