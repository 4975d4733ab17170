"""Programs that tests start. None outlives its block, whatever became of the test."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO

from settings import ROOT

Output = int | IO[bytes] | IO[str] | None


@contextmanager
def python(
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    stdout: Output = None,
    stderr: Output = None,
    own_session: bool = False,
) -> Iterator[subprocess.Popen[str]]:
    """Python with these arguments, in the checkout, until the block ends.

    It is killed then if it still runs, and its pipes are closed: else the warnings of what one
    failed test left behind fail others.

    Args:
        arguments: Those of Python, such as the path of a program.
        environment: All of its variables; ours when there are none.
        stdout: Where its output goes, as :class:`subprocess.Popen` takes it.
        stderr: The same for its errors.
        own_session: Whether it gets a session of its own: the scheduler shares the machine out
            among sessions.
    """
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        stdout=stdout,
        stderr=stderr,
        text=True,
        start_new_session=own_session,
    ) as program:
        try:
            yield program
        finally:
            program.kill()
