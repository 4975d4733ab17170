"""What every worker does beside its journeys: look whether there is something to do, and do it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

log = structlog.get_logger()

LOOK_SECONDS = 5.0
"""How often a worker looks for work."""


async def in_background(do_some: Callable[[], bool], waiting: str) -> None:
    """Do one piece of work after the other, in a thread, until cancelled; without work, and after
    one that failed, as while the database is away, look again later. A piece that has begun ends
    before the process does.

    Args:
        do_some: does the next piece; whether there was one.
        waiting: what the log says when a piece failed.
    """
    while True:
        try:
            if await asyncio.to_thread(do_some):
                continue
        except Exception as error:
            log.warning(waiting, reason=type(error).__name__)
        await asyncio.sleep(LOOK_SECONDS)
