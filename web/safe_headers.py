"""What browsers and caches are told with every answer."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Our pages need nothing but our own style sheet. Tokens stand in paths: no page may pass its
# address on.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

# NiceGUI puts scripts and styles of its own into its pages, and Vue compiles templates there.
CONSOLE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'self'; "
    "object-src 'none'; frame-ancestors 'none'"
)

# A frame of a page is bound by the page's policy too: without this a mail is seen without pictures.
MAILS = "/console/templates/"
MAILS_POLICY = CONSOLE_POLICY.replace("img-src 'self' data:", "img-src 'self' data: https:")

PUBLIC = (
    *("/style.css", "/zone.js", "/f/form.js", "/f/embed.js"),
    *("/console/static/", "/console/_nicegui/"),
)
"""Files that are the same for everybody. What is at all other addresses no cache keeps: it may be
somebody's."""


class SafeHeaders:
    """ASGI middleware: adds these headers to each answer that does not say otherwise itself.

    Args:
        https: whether people reach the web app by HTTPS only.
    """

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = HEADERS | (
            {"Strict-Transport-Security": "max-age=31536000"} if https else {}
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if path.startswith("/console/"):
                    policy = MAILS_POLICY if path.startswith(MAILS) else CONSOLE_POLICY
                    headers.setdefault("Content-Security-Policy", policy)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if not path.startswith(PUBLIC):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, adding)
