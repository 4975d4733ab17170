"""Threads of its own for signing in: who floods it keeps nobody else's page waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


class QueueFull(Exception):
    """So many wait already that another would wait for seconds."""


class SignInQueue:
    """Runs a few functions at a time; a few more wait, and the rest is turned away at once."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="sign-in")
        self._room = threading.BoundedSemaphore(at_once + waiting)

    async def run(self, do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``do`` returns, asked in a thread.

        Raises:
            QueueFull: there is no room; nothing was done.
        """
        if not self._room.acquire(blocking=False):
            raise QueueFull
        running = self._threads.submit(do, *args, **kwargs)
        # Who hangs up gives the place free only when the thread has done with it.
        running.add_done_callback(lambda _done: self._room.release())
        return await asyncio.wrap_future(running)
