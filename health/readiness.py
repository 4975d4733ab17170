"""Whether the web app can serve: it can read *and write* the database, now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from health.database import takes_writes

T = TypeVar("T")

KEPT_SECONDS = 1.0
LONGEST_SECONDS = 2.5
PATIENCE_SECONDS = 2.0
"""How long work may take before we look whether it waits for a database that hangs."""


class NoAnswer(Exception):
    """The database does not answer. What was asked of it may be done all the same."""


class ReadinessCheck:
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

    async def answered(self, work: Coroutine[Any, Any, T]) -> T:
        """What ``work`` comes to, however long it takes, as long as the database answers others.

        Raises:
            NoAnswer: it does not. That is said within five seconds, long before the connection
                of a thread that waits is given up; nobody hears what that thread comes to.
        """
        working = asyncio.create_task(work)
        while not (await asyncio.wait([working], timeout=PATIENCE_SECONDS))[0]:
            if await self.problem() and not working.done():
                working.add_done_callback(_unheard)
                raise NoAnswer
        return working.result()


def _unheard(work: asyncio.Task[Any]) -> None:
    """Take the error that nobody waits for any more, or asyncio would log it."""
    if not work.cancelled():
        work.exception()
