"""Keeps pages of other sites from acting in the name of somebody who is signed in here."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.translations.translator import N_
from store.access.sessions import COOKIE
from web.views import sorry, translator_of

SAFE = ("GET", "HEAD", "OPTIONS")
_GUARDED = ("/console", "/sign-", "/enter", "/password", "/forgotten", "/second-factor", "/f/")
_SOCKET = "/console/_nicegui_ws"
OTHER_SITE = N_(
    "Another web site asked for this in your name, so nothing was done. Open the page here and try "
    "again."
)


class SameOrigin:
    """ASGI middleware: answers 403 to what another site has a browser do.

    Guarded are changes (all methods but GET, HEAD and OPTIONS) and WebSocket handshakes of the
    console, the pages that lead into it and hosted forms, the console's socket with any method, and
    those changes through ``/api`` that bear the cookie of a session. A browser says where a request
    comes from (``Sec-Fetch-Site``, Fetch Metadata; ``Origin``, RFC 6454); what says nothing is no
    browser, so nobody's cookie is misused.
    """

    def __init__(self, app: ASGIApp, own_hosts: Collection[str]) -> None:
        self._app = app
        self._own_hosts = frozenset(own_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or not _guarded(scope) or self._own(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            # Before it is accepted: the server answers the handshake with 403.
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            refusal = sorry(
                translator_of(HTTPConnection(scope)), 403, OTHER_SITE,
                title=N_("This can't be done from here"),
            )  # fmt: skip
            await refusal(scope, receive, send)

    def _own(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        site = headers.get("sec-fetch-site")
        if site is not None and site not in ("same-origin", "none"):
            return False
        origin = headers.get("origin")
        if origin is None:
            return True
        if origin == "null":
            # What a page with "Referrer-Policy: no-referrer" sends, also to its own site.
            return site == "same-origin"
        try:
            named = urlsplit(origin).netloc
        except ValueError:  # Such as an IPv6 address without its end.
            return False
        return named in {headers.get("host"), *self._own_hosts}


def _guarded(scope: Scope) -> bool:
    path: str = scope["path"]
    if path.startswith(_SOCKET):
        return True
    if scope["type"] == "http" and scope["method"] in SAFE:
        return False
    if path.startswith(_GUARDED):
        return True
    return path.startswith("/api") and COOKIE in HTTPConnection(scope).cookies
