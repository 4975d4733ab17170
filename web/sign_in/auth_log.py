"""The log of who was let in and who was not: one line each, with keyed hashes instead of names and
network addresses (OWASP ASVS 5.0 §16.3)."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time

import structlog
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.networks import network_of

log = structlog.get_logger(__name__)

LINES_A_MINUTE = 60
"""Of each kind of event that anybody can bring about: a flood must not fill the disk."""


class AuthLog:
    """Writes the lines of one process."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"perennial.auth-log", "sha256")
        self._lock = threading.Lock()
        self._minute = 0
        self._lines: dict[tuple[str, str], int] = {}

    def note(
        self, event: str, outcome: str, *, user: str = "", host: str = "", **codes: str | int
    ) -> None:
        """Write what happened: at most :data:`LINES_A_MINUTE` of an event that did not end ``ok``;
        the first line of the next minute says how many were left out.

        Args:
            event: such as ``sign-in``.
            outcome: ``ok`` for what somebody who was let in did; failed, refused, locked, busy.
            user: the name that was typed or is known. Only its keyed hash is written, in whatever
                case it came, as of ``host``, the network address it comes from.
            codes: what else is to be known, no personal data.
        """
        if outcome != "ok" and not self._has_room(event, outcome):
            return
        log.info(
            "authentication",
            event_name=event,
            outcome=outcome,
            user=self.hashed(user),
            network=self.hashed(network_of(host)),
            **codes,
        )

    def hashed(self, what: str) -> str:
        """A name's or network's mark in the log: the same in every line, '' for none."""
        if not what:
            return ""
        folded = what.strip().casefold().encode(errors="replace")
        return hmac.new(self._key, folded, hashlib.sha256).hexdigest()[:16]

    def _has_room(self, event: str, outcome: str) -> bool:
        minute = int(time.monotonic() // 60)
        with self._lock:
            if minute != self._minute:
                left_out = {
                    kind: count - LINES_A_MINUTE
                    for kind, count in self._lines.items()
                    if count > LINES_A_MINUTE
                }
                self._minute, self._lines = minute, {}
                for (name, how), count in left_out.items():
                    log.info("authentication", event_name=name, outcome=how, left_out=count)
            self._lines[event, outcome] = self._lines.get((event, outcome), 0) + 1
            return self._lines[event, outcome] <= LINES_A_MINUTE


class LoggedRefusals:
    """Middleware: notes each answer 401 or 403, whatever gave it."""

    def __init__(self, app: ASGIApp, auth_log: AuthLog) -> None:
        self.app = app
        self.auth_log = auth_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # One dict for the app and for what is mounted in it: see web.api.access.
        state = scope.setdefault("state", {})

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in (401, 403):
                client = HTTPConnection(scope).client
                self.auth_log.note(
                    "request",
                    "refused",
                    user=state.get("caller", ""),
                    host=client.host if client else "",
                    # No more of the path: it may hold tokens.
                    area=scope["path"].split("/")[1][:20],
                    status=message["status"],
                )
            await send(message)

        await self.app(scope, receive, noting)
