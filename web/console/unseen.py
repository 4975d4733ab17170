"""What people with an open page have not seen yet: looked at for all of them at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

import structlog
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Engine

from store.engine import AWAY
from store.notifications.unseen import NOTHING, Unseen, unseen

KEPT_SECONDS = 1.0
FORGOTTEN_SECONDS = 60.0
"""Who has asked no more for so long has no page open."""

log = structlog.get_logger(__name__)


class UnseenWatch:
    """One query a second while pages ask, however many are open; who asks gets what was seen last,
    at once. To be used in the running loop."""

    def __init__(self, database: Engine) -> None:
        self._database = database
        self._asked: dict[int, float] = {}
        self._seen: Mapping[int, Unseen] = {}
        self._seen_at = -KEPT_SECONDS
        self._looking: asyncio.Task[None] | None = None

    def of(self, user_id: int) -> Unseen | None:
        """What this user has not seen; None before it was looked."""
        self._asked[user_id] = time.monotonic()
        old = time.monotonic() - self._seen_at >= KEPT_SECONDS or user_id not in self._seen
        if old and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._look())
        return self._seen.get(user_id)

    async def _look(self) -> None:
        now = time.monotonic()
        self._asked = {user: at for user, at in self._asked.items() if now - at < FORGOTTEN_SECONDS}
        users = list(self._asked)
        try:
            found = await run_in_threadpool(self._ask, users)
        except AWAY as error:
            log.info("notifications can't be looked at", error=type(error).__name__)
        else:
            self._seen = {user: found.get(user, NOTHING) for user in users}
        finally:
            self._seen_at = time.monotonic()

    def _ask(self, users: list[int]) -> Mapping[int, Unseen]:
        with self._database.connect() as connection:
            return unseen(connection, users)
