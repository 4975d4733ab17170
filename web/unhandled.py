"""The last resort: errors that nobody foresaw."""

from __future__ import annotations

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from logs import told
from web.doors import told as said
from web.problems import INTERNAL
from web.views import TROUBLE

log = structlog.get_logger(__name__)


class Unhandled:
    """ASGI middleware: answers 500 to a request that broke something, without saying what.

    The log gets the type of the error and where it happened, but not its text, which may hold an
    address or a name.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def noticed(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, receive, noticed)
        except Exception as error:
            log.error("a request failed", exception=told(error))
            if has_begun:
                return
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1011})
                return
            await said(Request(scope), INTERNAL, TROUBLE)(scope, receive, send)
