"""Heartbeats, so that Temporal misses a killed worker, or a stuck thread of a living one, within
seconds and not at the end of a limit."""

from __future__ import annotations

import asyncio
import time
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, event
from temporalio import activity
from temporalio.worker import (
    ActivityInboundInterceptor,
    ActivityOutboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

LONGEST_SILENCE_SECONDS = 20.0
"""Longer than any one wait of an activity's thread: for the database, or for a provider."""


class _Thread:
    """The thread that does an activity, as far as it is heard of."""

    def __init__(self) -> None:
        self.heard_at = time.monotonic()

    def is_stuck(self) -> bool:
        return time.monotonic() - self.heard_at > LONGEST_SILENCE_SECONDS


_thread: ContextVar[_Thread | None] = ContextVar("thread of the activity", default=None)


def sign_of_life(*_: Any) -> None:
    """Say that the thread of the current activity, if this is one, gets on."""
    if (thread := _thread.get()) is not None:
        thread.heard_at = time.monotonic()


def hear_database(database: Engine) -> None:
    """Take each statement that begins or ends for a sign of life, and each connection that is
    tried: while the database is away, what a thread has to write down waits for it."""
    for moment in ("do_connect", "before_cursor_execute", "after_cursor_execute"):
        event.listen(database, moment, sign_of_life)


class Heartbeats(Interceptor):
    """Beats for every activity that has a heartbeat timeout, three times in its length, for as
    long as its thread gives signs of life.

    Most activities are over before their first beat, so it costs them nothing.
    """

    def intercept_activity(
        self,
        next: ActivityInboundInterceptor,
    ) -> ActivityInboundInterceptor:
        """Put ourselves in front of the activity."""
        return _Beating(next)


class _Beating(ActivityInboundInterceptor):
    def init(self, outbound: ActivityOutboundInterceptor) -> None:
        self._outbound = outbound
        super().init(outbound)

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        timeout = activity.info().heartbeat_timeout
        if timeout is None:
            return await super().execute_activity(input)
        thread = _Thread()
        _thread.set(thread)
        beating = asyncio.create_task(self._beat(timeout / 3, thread))
        try:
            return await super().execute_activity(input)
        finally:
            beating.cancel()

    async def _beat(self, every: timedelta, thread: _Thread) -> None:
        while not thread.is_stuck():
            await asyncio.sleep(every.total_seconds())
            self._outbound.heartbeat()
