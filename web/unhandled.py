"""The last resort: errors that nobody foresaw."""

from __future__ import annotations

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from logs import told
from web.problems import INTERNAL, answer
from web.views import page
from web.words import words_asked_for

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
            await _response(scope)(scope, receive, send)


def _response(scope: Scope) -> ASGIApp:
    if scope["path"].startswith(("/api/", "/webhooks/", "/v1/")):
        return answer(INTERNAL)
    words = words_asked_for(Request(scope))
    return page("sorry.html", 500, words=words, title=words.sorry, sentence=words.trouble, home="")
