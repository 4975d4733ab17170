"""Connections that send half a request do not stay."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

HEAD_SECONDS = 15.0
LARGEST_HEAD = 64 * 1024
"""Bytes of a request's line and headers."""


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's HTTP protocol with bounds on a request's head, which it has none of: one that is
    not complete :data:`HEAD_SECONDS` after the connection was made, or after its first byte, and
    one beyond :data:`LARGEST_HEAD` end the connection."""

    _deadline: asyncio.TimerHandle | None = None
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """As uvicorn declares it."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_at_work():
            self._stop_waiting()
            return
        self._await_head()
        self._head += len(data)
        if self._head > LARGEST_HEAD:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _is_at_work(self) -> bool:
        """Whether a request is being answered, or the connection is a WebSocket's now."""
        if self.transport.get_protocol() is not self:
            return True
        # Declared without None, which it is until the first request.
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _await_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline, self._head = None, 0

    def _give_up(self) -> None:
        if not self._is_at_work():
            self.transport.close()
