"""What makes a function a page of the console: its address, its gate, and the frame around it."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, ParamSpec
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from nicegui import app, ui
from nicegui.language import Language
from sqlalchemy.exc import DataError
from starlette.responses import RedirectResponse, Response

import logs
from domain.access import ALLOWED, Action
from domain.refusals import Refusal
from health.readiness import NoAnswer
from store.access.sessions import COOKIE, find_session
from store.access.users import SignedIn
from store.engine import AWAY
from store.published.policies import PolicyMissing
from store.routing.presence import names_of_people
from web.api.access import WebContext
from web.console.frame import frame, say_no
from web.console.refusals import told
from web.console.visit import PageVisit, VisitOver, begin_visit
from web.console.words import _
from web.doors import refusal
from web.doors import told as told_at_door
from web.problems import DATABASE_AWAY, NOT_TO_BE_KEPT
from web.views import TROUBLE

P = ParamSpec("P")
log = structlog.get_logger(__name__)

THEMES = {"auto": None, "light": False, "dark": True}
ZONE_COOKIE = "perennial_zone"
"""The browser's time zone, set by ``console.js``."""
LANGUAGES: dict[str, Language] = {"en": "en-US", "ko": "ko-KR", "zh": "zh-CN"}
"""Language of the interface → what NiceGUI calls it."""
ACTIONS: dict[str, Action] = {}
"""Path under ``/console`` of each page that was imported → what one must be allowed to do."""


def console_page(
    path: str, action: Action, title: str
) -> Callable[
    [Callable[Concatenate[PageVisit, P], Awaitable[None]]],
    Callable[Concatenate[PageVisit, P], Awaitable[None]],
]:
    """Make ``async def (visit, …)`` the page at ``/console<path>``.

    Args:
        path: with {places} for the function's further arguments, as FastAPI writes them.
        action: whoever may not do it gets a page that says who may (403).
        title: of the browser's tab and of the frame, an English sentence of the catalogs.

    Without a session the visitor is sent to sign in first. An error of a handler is told in a
    notification: the sentence of a refusal, else that something went wrong.
    """

    def made(
        build: Callable[Concatenate[PageVisit, P], Awaitable[None]],
    ) -> Callable[Concatenate[PageVisit, P], Awaitable[None]]:
        @functools.wraps(build)
        async def shown(request: Request, **arguments: Any) -> Response | None:
            context: WebContext = app.state.context
            try:
                who = await context.readiness.answered(
                    run_in_threadpool(signed_in, context, request)
                )
            except (NoAnswer, *AWAY):
                return without_database(request)
            if who is None:
                asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                return RedirectResponse(f"/sign-in?next={quote(asked)}", 303)
            visit = PageVisit(context, who, _zone(who, request))
            client = ui.context.client
            begin_visit(client, visit)
            # The page's declaration is everybody's.
            client.page = copy.copy(client.page)
            client.page.language = LANGUAGES[who.language]
            ui.dark_mode(value=THEMES[who.theme])
            ui.page_title(f"{_(title)} · Perennial")
            ui.on_exception(_tell)
            if not visit.may(action):
                client.status_code = 403
                with frame(visit, path, _("Not for your role")):
                    roles = ", ".join(sorted(ALLOWED[action]))
                    ui.label(_("This page is for {roles}. Ask an admin.", roles=roles))
                return None
            try:
                visit.people = await visit.read(names_of_people)
                with frame(visit, path, _(title)):
                    await build(visit, **arguments)  # type: ignore[call-arg]
                    visit.is_open = True
            except (Refusal, PolicyMissing, DataError, *AWAY) as problem:
                client.status_code, said = _trouble(problem)
                client.content.clear()
                with client.content, frame(visit, path, _(title)):
                    ui.label(told(said)).classes("empty")
            return None

        asked_for = inspect.signature(build)
        places = [one for one in asked_for.parameters.values() if one.name != "visit"]
        request = inspect.Parameter(
            "request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request
        )
        shown.__signature__ = asked_for.replace(  # type: ignore[attr-defined]
            parameters=[request, *places], return_annotation=None
        )
        shown.__annotations__ = {"request": Request} | {
            name: hint for name, hint in build.__annotations__.items() if name != "visit"
        }
        ui.page(path, response_timeout=20.0)(shown)
        ACTIONS[path] = action
        return build

    return made


def signed_in(context: WebContext, request: Request) -> SignedIn | None:
    """Whose session the request's cookie names; asks the database, so call it in a thread."""
    token = request.cookies.get(COOKIE, "")
    if not token:
        return None
    with context.database.begin() as connection:
        return find_session(connection, token, context.real_now())


def without_database(request: Request) -> Response:
    """What a browser is shown while nobody can be known by a session."""
    return told_at_door(request, refusal(503, "", TROUBLE), TROUBLE, home="/console/")


def _zone(who: SignedIn, request: Request) -> ZoneInfo:
    """The zone they chose, else the browser's, else UTC."""
    try:
        return ZoneInfo(who.time_zone or request.cookies.get(ZONE_COOKIE, "") or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _trouble(error: Exception) -> tuple[int, str]:
    """HTTP status and sentence of what keeps a page from being shown."""
    if isinstance(error, Refusal):
        return error.status, str(error)
    if isinstance(error, DataError):
        return 404, NOT_TO_BE_KEPT
    if isinstance(error, AWAY):
        return 503, DATABASE_AWAY
    return 503, str(error)


def _tell(error: Exception) -> None:
    if isinstance(error, VisitOver):
        # Its timers would say so every few seconds. Loaded anew, it asks them to sign in, or
        # shows what they may see now.
        ui.navigate.reload()
        return
    if isinstance(error, (Refusal, DataError, *AWAY)):
        say_no(_trouble(error)[1])
        return
    log.error("a page of the console failed", exception=logs.told(error))
    say_no(_("That did not work. Nothing was changed; try again, and tell an admin if it stays."))
