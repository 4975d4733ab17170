"""How much a request may send, and how long it may take over it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.translations.translator import N_
from web.doors import told
from web.problems import RequestProblem

log = structlog.get_logger(__name__)

KB = 1024
MB = 1024 * KB
LONGEST_ADDRESS = 8 * KB
"""Bytes of a path with its query."""
TOO_MUCH = N_("The request is too large, or took too long. Please send less, or try again.")
LINGER_SECONDS = 2.0
LINGER_BYTES = 64 * MB


@dataclass(frozen=True)
class Allowance:
    """How many bytes a body may have, and in how many seconds it must be here."""

    size: int
    seconds: float = 20.0


DEFAULT = Allowance(64 * KB)
EXACT = {
    "/api/imports": Allowance(50 * MB + 64 * KB, 600.0),
    "/api/images": Allowance(2 * MB + 64 * KB, 120.0),
    "/api/publications": Allowance(16 * MB, 120.0),
    "/api/bundles": Allowance(MB, 60.0),
    "/api/leads/prospects": Allowance(512 * KB),
    "/webhooks/sendgrid": Allowance(2 * MB),
    "/webhooks/sendgrid/inbound": Allowance(40 * MB, 120.0),
    "/webhooks/calcom": Allowance(512 * KB),
    "/webhooks/calendly": Allowance(512 * KB),
}
"""Paths that take more than :data:`DEFAULT`."""
BENEATH = {
    # A text of 500,000 characters, each of them escaped.
    "/api/cadences/templates/": Allowance(3 * MB, 60.0),
    # Long answers, each letter of them three or nine signs.
    "/f/": Allowance(256 * KB),
    # The calls themselves refuse beyond 500 KB, in the words that Segment's libraries know.
    "/v1/": Allowance(MB),
    # What a page tells at once, such as a text that is edited.
    "/console/_nicegui_ws/": Allowance(MB),
}
"""The same for all paths beneath these."""


def allowance(path: str) -> Allowance:
    """What a request to this path may send."""
    found = EXACT.get(path.rstrip("/"))
    return found or next((one for at, one in BENEATH.items() if path.startswith(at)), DEFAULT)


class BodyLimits:
    """ASGI middleware: answers 413 to a body that is larger than its path may take, before it is
    read if its length is told, else once it is; 408 to one that takes too long; 414 to an address
    beyond :data:`LONGEST_ADDRESS`.

    What the app would say after that goes nowhere: to it the client has gone away.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        allowed = allowance(scope["path"])
        bounded = _Bounded(scope, receive, send, allowed)
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > LONGEST_ADDRESS:
            await bounded.refuse(414, f"The address is longer than {LONGEST_ADDRESS} bytes.")
            return
        length = Headers(scope=scope).get("content-length", "0")
        # A length of hundreds of digits need not become a number.
        if not (length.isascii() and length.isdecimal()):
            await bounded.refuse(400, "Content-Length is no number.")
        elif len(length) > 15 or int(length) > allowed.size:
            await bounded.refuse_size()
        else:
            await self._app(scope, bounded.receive, bounded.send)


@dataclass
class _Bounded:
    """One request: its body is counted and timed as it comes."""

    scope: Scope
    _receive: Receive
    _send: Send
    allowed: Allowance
    _received: int = 0
    _over: bool = False
    _is_answered: bool = False
    _refused: bool = False
    _until: float = field(init=False)

    def __post_init__(self) -> None:
        self._until = asyncio.get_running_loop().time() + self.allowed.seconds

    async def receive(self) -> Message:
        if self._refused:
            return {"type": "http.disconnect"}
        if self._over:
            # Nothing more comes but word that the client has gone.
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            seconds = f"{self.allowed.seconds:.0f}"
            await self.refuse(408, f"The request was not complete after {seconds} seconds.")
            return {"type": "http.disconnect"}
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            self._over = not message.get("more_body", False)
            if self._received > self.allowed.size:
                await self.refuse_size()
                return {"type": "http.disconnect"}
        return message

    async def send(self, message: Message) -> None:
        if not self._refused:
            self._is_answered = True
            await self._send(message)

    async def refuse_size(self) -> None:
        limit = self.allowed.size
        room = f"{limit // MB} MB" if limit >= MB else f"{limit // KB} KB"
        await self.refuse(413, f"The request has more than {room}: send less at once.")

    async def refuse(self, status: int, detail: str) -> None:
        """Answer in place of the app, unless it has begun to."""
        self._refused = True
        if self._is_answered:
            return
        log.warning("a request was refused", status=status, reason=detail)
        response = told(Request(self.scope), RequestProblem(status, "invalid", detail), TOO_MUCH)
        await refuse_early(response, self._receive, self._send)


async def refuse_early(response: Response, receive: Receive, send: Send) -> None:
    """Answer a request whose body has not been read, and end the connection.

    For a moment the body is read and forgotten: a client that is cut off while it sends never
    reads the answer (RFC 9112, 9.6).
    """
    response.headers["Connection"] = "close"
    await send(
        {
            "type": "http.response.start",
            "status": response.status_code,
            "headers": response.raw_headers,
        }
    )
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    received = 0
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            while received < LINGER_BYTES:
                message = await receive()
                received += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    break
    except TimeoutError:
        pass
    await send({"type": "http.response.body", "body": b""})
