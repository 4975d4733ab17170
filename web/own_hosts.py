"""Keeps names that are not ours out of redirects and links."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_ANYWHERE = ("0.0.0.0", "::", "")  # noqa: S104  (compared with, not bound to)
_FOR_MACHINES = ("/healthz", "/readyz")


class OwnHosts:
    """ASGI middleware: answers 421 (RFC 9110, 15.5.20) to a request for a host that is not ours,
    as DNS rebinding and poisoned caches ask for. Health checks may ask by any name.

    Args:
        own_url: where people find the web app.
        bound_host: what it listens on.
    """

    def __init__(self, app: ASGIApp, own_url: str, bound_host: str) -> None:
        self._app = app
        names = {host_name(urlsplit(own_url).netloc), bound_host.casefold(), *LOOPBACK}
        self._own: Collection[str] = names.difference(_ANYWHERE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"] in _FOR_MACHINES or self._is_own(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            refusal = PlainTextResponse(
                "There is no site of this name here. Ask by the name in PUBLIC_URL.\n", 421
            )
            await refusal(scope, receive, send)

    def _is_own(self, scope: Scope) -> bool:
        named = Headers(scope=scope).getlist("host")
        return len(named) == 1 and host_name(named[0]) in self._own


def host_name(netloc: str) -> str:
    """The host of ``host:port`` in lower case, without brackets and a closing dot; '' for what is
    none."""
    try:
        return (urlsplit(f"//{netloc}").hostname or "").rstrip(".")
    except ValueError:
        return ""
