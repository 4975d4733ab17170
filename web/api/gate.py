"""What a request to the API passes before it is parsed: who asks, then what is sent."""

from __future__ import annotations

import re
import time
from urllib.parse import unquote_to_bytes

from fastapi.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.refusals import Invalid, Missing, Refusal
from store.engine import AWAY
from web.api.access import WebContext, caller_of_request, known_as
from web.api.json_bounds import BadJson, check_json
from web.body_limits import refuse_early
from web.problems import NOT_TO_BE_KEPT, answer, unavailable

LONGEST_ID = 18
"""Digits of the largest id that is looked for."""
AT_HAND_SECONDS = 0.05
"""A body that is here within it was sent with the request. While a longer one arrives, a token may
be revoked: its caller is looked up again."""
AT_ONCE = 16 * 1024
"""A body beyond so many bytes is looked through in a thread."""
_SAFE = ("GET", "HEAD", "OPTIONS")


class ApiGate:
    """ASGI middleware of the API. A request with a body gets 401 before the body is read when
    nobody known asks; 404 or 422 answer an address that names what no database has, and 422 a
    JSON body that is not worth parsing."""

    def __init__(self, app: ASGIApp, context: WebContext) -> None:
        self._app = app
        self._here = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            _check_address(scope)
            caller = None
            if scope["method"] not in _SAFE:
                caller = await run_in_threadpool(
                    caller_of_request, self._here, HTTPConnection(scope)
                )
        except Refusal as refusal:
            await refuse_early(answer(refusal), receive, send)
            return
        except AWAY as error:
            await refuse_early(answer(unavailable(error)), receive, send)
            return
        request = Request(scope, receive)
        if not _has_body(request):
            known_as(scope, caller)
        if "json" not in request.headers.get("content-type", ""):
            await self._app(scope, receive, send)
            return
        asked = time.monotonic()
        first = await receive()
        came_at_once = time.monotonic() - asked < AT_HAND_SECONDS
        body = await _read(first, receive)
        if body is None:  # The client has gone.
            return
        if came_at_once and str(len(first.get("body", b""))) == request.headers.get(
            "content-length"
        ):
            known_as(scope, caller)
        try:
            if len(body) > AT_ONCE:
                await run_in_threadpool(check_json, body)
            else:
                check_json(body)
        except BadJson as bad:
            await answer(Invalid(str(bad)))(scope, receive, send)
            return
        await self._app(scope, _replayed(body, receive), send)


def _has_body(request: Request) -> bool:
    """Whether the client may still be sending (RFC 9112 6.3)."""
    headers = request.headers
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


async def _read(message: Message, receive: Receive) -> bytes | None:
    """The whole body, of which ``message`` is the beginning; None when the client has gone."""
    body = bytearray()
    while True:
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)
        message = await receive()


def _replayed(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again


def _check_address(scope: Scope) -> None:
    """Raises:
    Refusal: an id is larger than any can be (404), or there is text that is not UTF-8 or holds a
        NUL (422).
    """
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass")
    for part in (raw_path, scope["query_string"].replace(b"+", b" ")):
        try:
            text = unquote_to_bytes(part).decode()
        except UnicodeDecodeError:
            raise Invalid("The address is not UTF-8.") from None
        if "\0" in text:
            raise Invalid(str(NOT_TO_BE_KEPT))
    for segment in scope["path"].split("/"):
        if len(segment) > LONGEST_ID and re.fullmatch(r"[+-]?\d+", segment):
            raise Missing("There is nothing with an id as large as this.")
