"""How many requests there are, how long they take, and their traces."""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

import tracing
from metrics import HTTP_DURATION, HTTP_REQUESTS

METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


class Observed:
    """ASGI middleware: counts and traces each request by the template of its route. What it is
    about, and what a client says of its own traces, stays out: anybody can write there."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0
        begun = time.perf_counter()
        method = scope["method"] if scope["method"] in METHODS else "other"

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with tracing.span(method, server=True) as learned:
            try:
                await self._app(scope, receive, noting)
            finally:
                route = route_template(scope)
                HTTP_REQUESTS.labels(method, route, str(status)).inc()
                HTTP_DURATION.labels(route).observe(time.perf_counter() - begun)
            learned |= {
                "http.request.method": method,
                "http.route": route,
                "http.response.status_code": status,
            }


def route_template(scope: Scope) -> str:
    """The template of the route that answered, such as ``/api/leads/{lead_id}``; ``other`` where
    none did: addresses that nobody serves are without number."""
    path = getattr(scope.get("route"), "path", "")
    return f"{scope.get('root_path', '')}{path}" if path else "other"
