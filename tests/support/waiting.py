"""How tests wait for what must happen."""

from __future__ import annotations

import time
from collections.abc import Callable

LONGEST_SECONDS = 300.0
"""Far longer than anything takes: machines that test are busy, and what never happens is a fault
after five minutes as well."""


def wait_for(what: str, happened: Callable[[], object], within: float = LONGEST_SECONDS) -> float:
    """Wait until something is so.

    Returns:
        After how many seconds.

    Raises:
        AssertionError: it is not so after ``within`` seconds.
    """
    begun = time.monotonic()
    while not happened():
        assert time.monotonic() - begun < within, f"{what}: not within {within} s"
        time.sleep(0.1)
    return time.monotonic() - begun
