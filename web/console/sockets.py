"""The console's socket: open only to whoever opened the page, for as long as they are signed in.

NiceGUI takes any socket that knows a page's id, which stands in the socket's address and so in the
log of every proxy.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import parse_qs

import structlog
from fastapi.concurrency import run_in_threadpool
from nicegui import Client, app, core
from socketio.exceptions import ConnectionRefusedError as HandshakeRefused
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from store.access.sessions import COOKIE, caller_of, find_session
from web.api.access import WebContext
from web.console.visit import visit_of

log = structlog.get_logger(__name__)

MOST_SOCKETS = 50
"""Of one session at a time: so many pages somebody may have open."""
LOOK_SECONDS = 5.0
"""How long the sockets of a session that ended may stay."""
_SESSION = "perennial.session_id"
_FIELDS: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "handshake": {"client_id": str, "tab_id": str, "document_id": str},
    "event": {"client_id": str, "id": int, "listener_id": str, "args": list},
    "javascript_response": {"client_id": str, "request_id": str},
    "ack": {"client_id": str, "next_message_id": int},
    "log": {"client_id": str, "level": str, "message": str},
}
"""What pages tell the server, and what of it must be there."""
_LEVELS = ("debug", "info", "warning", "error")
_LONGEST_WORD = 300
"""Characters of what a page has written into the log."""


class OwnSockets:
    """ASGI middleware of NiceGUI's app: answers 403 to a socket, or to polling in its place,
    without the cookie of a session that goes on, with that of another session than the socket's,
    and to one beyond :data:`MOST_SOCKETS`."""

    def __init__(self, app: ASGIApp, context: WebContext) -> None:
        self._app = app
        self._here = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_socket = scope["type"] in ("http", "websocket") and "/_nicegui_ws/" in scope["path"]
        if is_socket:
            try:
                session = await run_in_threadpool(self._session_of, HTTPConnection(scope))
            except SQLAlchemyError:
                await _refuse(scope, receive, send, 503)
                return
            if session is None or not _may_connect(scope, session):
                await _refuse(scope, receive, send, 403)
                return
            scope[_SESSION] = session
        await self._app(scope, receive, send)

    def _session_of(self, connection: HTTPConnection) -> int | None:
        token = connection.cookies.get(COOKIE, "")
        if not token:
            return None
        with self._here.database.begin() as database:
            who = find_session(database, token, self._here.real_now())
        return who.session_id if who else None


def guard_sockets(context: WebContext) -> None:
    """Tie every socket to the session that opened its page, at the handshake and with each event,
    and close those whose session ends. Once in a process, before NiceGUI's app starts."""
    app.add_middleware(OwnSockets, context=context)
    handlers = core.sio.handlers["/"]
    for name, fields in _FIELDS.items():
        core.sio.on(name, _guarded(handlers[name], fields, opens=name == "handshake"))
    core.sio.on("connect", _connects(handlers["connect"]))
    app.on_startup(lambda: _watch(context))
    for name in ("engineio.server", "socketio.server", "asyncio", "nicegui"):
        logging.getLogger(name).addFilter(Brief())


class Brief(logging.Filter):
    """Lets an error through by its type only, and no more than :data:`MOST` lines a minute: what
    is sent to a socket decides how often one happens."""

    MOST = 30

    def __init__(self) -> None:
        super().__init__()
        self._minute = self._written = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """As logging declares it."""
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._written = minute, 0
        self._written += 1
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        if record.exc_text:
            # As ``logs`` writes it: the places, then the type on a line of its own.
            kind = record.exc_text.rsplit("\n", 1)[-1]
        if kind:
            record.msg = f"Something that came over a socket failed: {kind}"
            record.args, record.exc_info, record.exc_text = (), None, None
        return self._written <= self.MOST


def _may_connect(scope: Scope, session: int) -> bool:
    sid = parse_qs(scope["query_string"].decode("latin-1")).get("sid")
    if sid is not None:
        known = core.sio.environ.get(sid[0])
        return known is None or _session_in(known) == session
    theirs = sum(_session_in(one) == session for one in core.sio.environ.values())
    return theirs < MOST_SOCKETS


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int) -> None:
    if scope["type"] == "websocket":
        # Before it is accepted: the server answers the handshake with 403.
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    await PlainTextResponse("Sign in again.", status)(scope, receive, send)


def _session_in(environ: Mapping[str, Any]) -> int | None:
    found: int | None = environ["asgi.scope"].get(_SESSION)
    return found


def _session_of_socket(sid: str) -> int | None:
    environ = core.sio.get_environ(sid)
    return _session_in(environ) if environ else None


def _page_of(sid: str, message: Mapping[str, Any]) -> Client | None:
    """The page that a message is about, if it was opened by the session of the socket."""
    client = Client.instances.get(message["client_id"])
    try:
        session = visit_of(client).who.session_id if client else None
    except KeyError:  # What NiceGUI shows by itself is nobody's.
        return None
    return client if session is not None and session == _session_of_socket(sid) else None


def _guarded(
    handler: Callable[..., Any], fields: Mapping[str, type | tuple[type, ...]], *, opens: bool
) -> Callable[..., Any]:
    async def guarded(sid: str, message: object = None, *_more: object) -> object:
        if not _is_whole(message, fields):
            log.warning("a socket was closed that spoke nonsense")
            await core.sio.disconnect(sid)
            return False
        client = _page_of(sid, message)  # type: ignore[arg-type]  # _is_whole looked at it.
        if client is None or not (opens or client.id in core.sio.rooms(sid)):
            return False
        try:
            done = handler(sid, message)
            return await done if inspect.isawaitable(done) else done
        except Exception as error:
            # Not its text: it may name a person.
            log.warning("a page's message failed", error=type(error).__name__)
            await core.sio.disconnect(sid)
            return False

    return guarded


def _is_whole(message: object, fields: Mapping[str, type | tuple[type, ...]]) -> bool:
    if not isinstance(message, dict):
        return False
    if not all(isinstance(message.get(name), kind) for name, kind in fields.items()):
        return False
    if "level" in fields:
        message["message"] = message["message"][:_LONGEST_WORD]
        return message["level"] in _LEVELS
    return True


def _connects(handler: Callable[..., Any]) -> Callable[..., Any]:
    async def connects(sid: str, environ: dict[str, Any], _auth: object = None) -> None:
        query = {
            name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()
        }
        if query.get("implicit_handshake") == "true" and not (
            _is_whole(query, _FIELDS["handshake"]) and _page_of(sid, query)
        ):
            # NiceGUI's script knows these words and loads the page anew.
            raise HandshakeRefused("Implicit handshake failed")
        await handler(sid, environ)

    return connects


async def _watch(context: WebContext) -> None:
    """Close the sockets of sessions that ended, as long as the app runs; their pages are loaded
    anew, which leads to signing in."""

    def ended(sessions: Collection[int]) -> set[int]:
        with context.database.connect() as connection:
            now = context.real_now()
            return {one for one in sessions if caller_of(connection, one, now) is None}

    while True:
        await asyncio.sleep(LOOK_SECONDS)
        sockets = {
            sid: session
            for sid, _ in core.sio.manager.get_participants("/", None)
            if (session := _session_of_socket(sid)) is not None
        }
        if not sockets:
            continue
        try:
            over = await run_in_threadpool(ended, set(sockets.values()))
        except SQLAlchemyError:
            continue
        for sid, session in sockets.items():
            if session in over:
                await _close(sid)


async def _close(sid: str) -> None:
    await core.sio.emit("run_javascript", {"code": "location.reload()"}, to=sid)
    await core.sio.sleep(1)
    await core.sio.disconnect(sid)
