"""Trying again what the database refused for a moment only."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from store.engine import AWAY

T = TypeVar("T")

PAGE_SECONDS = 2.0
"""How long somebody who looks at a page waits for it."""
_SHORTEST = 0.05
_LONGEST = 1.0


def keep_trying(
    work: Callable[[], T],
    seconds: float,
    *,
    if_lost: bool = True,
    may_go_on: Callable[[], bool] = lambda: True,
) -> T:
    """Do ``work``, again and again for ``seconds`` while the database refuses it for a moment.

    A commit whose answer was lost may have happened, so ``work`` must be something that happens
    once however often it is done, or be left alone when the connection is lost.

    Args:
        seconds: no attempt begins later than this.
        if_lost: whether also after a connection was lost, when it may have happened.
        may_go_on: asked before each further attempt.

    Raises:
        SQLAlchemyError: the last refusal, or the first that does not pass by itself.
    """
    until = time.monotonic() + seconds
    pause = _SHORTEST
    while True:
        try:
            return work()
        except AWAY as error:
            lost = isinstance(error, DBAPIError) and error.connection_invalidated
            if time.monotonic() + pause > until or (lost and not if_lost) or not may_go_on():
                raise
        # Two that stood in each other's way must not meet again.
        time.sleep(pause * random.uniform(0.5, 1.0))
        pause = min(2 * pause, _LONGEST)
