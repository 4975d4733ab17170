"""Keeping what recipients do with the links of a mail, whatever becomes of the database."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import structlog
from fastapi import FastAPI
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from crash_points import crash_point
from settings import Settings
from store.access.link_limits import has_room
from store.bounded import wait_briefly
from store.consent.consent import welcome_since
from store.mail.ledger import TouchedLead
from store.patience import keep_trying
from store.published.policies import PolicyMissing
from store.scoring.engagement import record_engagement
from web.recipients.preferences import unsubscribe_lead
from web.recipients.touched import touched_lead
from web.recipients.visit_spool import SpooledVisit, VisitSpool

log = structlog.get_logger(__name__)

T = TypeVar("T")

PATIENCE_SECONDS = 2.0
"""How long a recipient waits for the database; then the visit goes to disk."""
DISK_SECONDS = 1.0
DOUBT_SECONDS = 2.0
"""How long visits go straight to disk after the database failed; then one of them tries it."""
REPLAY_SECONDS = 1.0
THREADS = 8


class NotKept(Exception):
    """Neither the database nor the disk took the visit in time."""


class Visits:
    """Records visits, or keeps them on disk until they can be recorded."""

    def __init__(self, settings: Settings, database: Engine) -> None:
        self.spool = VisitSpool(settings.visit_spool())
        self._database = database
        self._recording = _Crew("visits", THREADS)
        self._writing = _Crew("visit-spool", 2)
        self._replaying = _Crew("visit-replay", 1)
        self._doubted_until = 0.0

    async def keep(self, visit: SpooledVisit) -> TouchedLead | None:
        """Record ``visit``, or put it on disk if the database does not take it in two seconds.

        Threads of its own do it: however many wait for a database that hangs, other pages go on.

        Returns:
            Whose touch it was; None when it is on disk.

        Raises:
            LinkGone: there is no such touch any more.
            NotKept: the disk has not taken it either, so far.
        """
        if self._may_try():
            try:
                touched = await _within(
                    PATIENCE_SECONDS, self._recording.do(lambda: self._patiently(visit))
                )
            except (SQLAlchemyError, PolicyMissing, TimeoutError) as error:
                log.warning("a visit waits on disk", kind=visit.kind, error=type(error).__name__)
                self._doubted_until = time.monotonic() + DOUBT_SECONDS
            else:
                self._doubted_until = 0.0
                return touched
        writing = asyncio.wrap_future(self._writing.do(lambda: self.spool.keep(visit)))
        try:
            # A disk that is slow gets it all the same; only the reader waits no longer.
            kept = await asyncio.wait_for(asyncio.shield(writing), DISK_SECONDS)
        except TimeoutError:
            log.warning("a visit waits for the disk", kind=visit.kind)
            kept = False
        if not kept:
            raise NotKept
        return None

    def _may_try(self) -> bool:
        """Whether to ask the database; after a failure, one asks for all."""
        now = time.monotonic()
        if now < self._doubted_until:
            return False
        if self._doubted_until:
            self._doubted_until = now + DOUBT_SECONDS
        return True

    def _patiently(self, visit: SpooledVisit) -> TouchedLead:
        return keep_trying(lambda: self.record(visit), PATIENCE_SECONDS / 2)

    def record(self, visit: SpooledVisit) -> TouchedLead:
        """Commit ``visit``; one that was committed before changes nothing.

        Raises:
            LinkGone: there is no such touch.
            PolicyMissing: no scoring policy is published.
        """
        with self._database.begin() as connection:
            # A lead that somebody else has locked for long is asked for again from the disk.
            wait_briefly(connection)
            touched = touched_lead(connection, visit.touch_key)
            if visit.kind == "unsubscribe":
                _unsubscribe(connection, touched, visit)
            elif has_room(connection, touched.touch_id, visit.kind, visit.machine):
                record_engagement(
                    connection,
                    lead_id=touched.lead_id,
                    touch_id=touched.touch_id,
                    kind=visit.kind,
                    at=visit.at,
                    key=visit.key,
                    detail={"url": visit.url} if visit.url else None,
                    machine=visit.machine,
                )
        crash_point("door.recorded")
        return touched

    @contextlib.asynccontextmanager
    async def replayed(self, _app: FastAPI) -> AsyncIterator[None]:
        """While the app runs, what waits on disk is recorded as soon as the database takes it."""
        replaying = asyncio.create_task(self._replay())
        try:
            yield
        finally:
            replaying.cancel()

    async def _replay(self) -> None:
        while True:
            try:
                recorded = await asyncio.wrap_future(self._replaying.do(self.replay))
            except Exception as error:
                # A disk that fails for a moment must not end it.
                log.error("visits on disk can't be read", error=type(error).__name__)
            else:
                if recorded:
                    log.info("visits were recorded from disk", visits=recorded)
            await asyncio.sleep(REPLAY_SECONDS)

    def replay(self) -> int:
        """Record what waits on disk; how many that were."""
        return 0 if self.spool.is_empty() else self.spool.replay(self.record)


def _unsubscribe(connection: Connection, touched: TouchedLead, visit: SpooledVisit) -> None:
    """Unless the lead has asked for mail again since."""
    came_back = welcome_since(connection, touched.email_key)
    if came_back is None or came_back <= visit.at:
        unsubscribe_lead(connection, touched, source="unsubscribe_link", at=visit.at)


class _Crew:
    """Threads that may hang without holding up anybody else, nor the end of the process."""

    def __init__(self, name: str, threads: int) -> None:
        self._work: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()
        for number in range(threads):
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True).start()

    def do(self, work: Callable[[], T]) -> Future[T]:
        """Have it done; if it is cancelled before its turn comes, it never is."""
        future: Future[T] = Future()
        self._work.put((work, future))
        return future

    def _run(self) -> None:
        while True:
            work, future = self._work.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = work()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)


async def _within(seconds: float, future: Future[T]) -> T:
    return await asyncio.wait_for(asyncio.wrap_future(future), seconds)
