"""Places where a process can die or freeze between two steps that belong together.

Each is where one side has committed and the other has not heard of it yet; what happens then is
told in ``docs/architecture.md`` ("Where we can die"). Tests make a process die exactly there:
``PERENNIAL_FAULT=kill:relay.claimed`` ends it without a word, as the kernel does when memory runs
out, ``stop:relay.claimed`` freezes it, as a paused machine is. Without the variable nothing
happens.
"""

from __future__ import annotations

import os
import signal

_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}
_how, _, _where = os.environ.get("PERENNIAL_FAULT", "").partition(":")


def crash_point(name: str) -> None:
    """Die or freeze here if a test asks for it, by the name that the page lists."""
    if name == _where:
        os.kill(os.getpid(), _SIGNALS[_how])
