"""Whether the web app can serve: it can read *and write* the database, now."""

from __future__ import annotations

import asyncio
import time

from health.database import takes_writes

KEPT_SECONDS = 1.0
LONGEST_SECONDS = 2.5


class Readiness:
    """Asks the database when somebody wants to know, once for all who ask at the same time.

    It uses a connection of its own, so that a full pool is not taken for a database that is away;
    a full server is.
    """

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._asking: asyncio.Task[str] | None = None
        self._asked_at = -KEPT_SECONDS

    async def problem(self) -> str:
        """Why the app is not ready, in a few words for programs; '' when it is. Answers within
        three seconds, whatever hangs."""
        now = time.monotonic()
        if self._asking is None or (self._asking.done() and now - self._asked_at > KEPT_SECONDS):
            self._asked_at = now
            self._asking = asyncio.create_task(asyncio.to_thread(takes_writes, self._database_url))
        done, _ = await asyncio.wait([self._asking], timeout=LONGEST_SECONDS)
        return self._asking.result() if done else "the database does not answer"
