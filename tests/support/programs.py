"""Programs that tests start. None outlives its block, whatever became of the test."""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from typing import IO, TypedDict

from settings import ROOT

Output = int | IO[bytes] | IO[str] | None
LOOK_SECONDS = 0.02
MOST_BYTES = 1 << 18


class Order(TypedDict):
    """A program to become: its arguments as Python takes them, and all of its variables."""

    arguments: list[str]
    environment: dict[str, str]
    own_session: bool


@contextmanager
def python(
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    stdout: Output = None,
    stderr: Output = None,
) -> Iterator[subprocess.Popen[str]]:
    """Python with these arguments, in the checkout, until the block ends.

    It is killed then if it still runs, and its pipes are closed: else the warnings of what one
    failed test left behind fail others.

    Args:
        arguments: Those of Python, such as the path of a program.
        environment: All of its variables; ours when there are none.
        stdout: Where its output goes, as :class:`subprocess.Popen` takes it.
        stderr: The same for its errors.
    """
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        stdout=stdout,
        stderr=stderr,
        text=True,
    ) as program:
        try:
            yield program
        finally:
            program.kill()


@contextmanager
def running(
    *arguments: str,
    environment: Mapping[str, str],
    log: IO[bytes],
    own_session: bool = False,
) -> Iterator[Program]:
    """The worker or the web app, until the block ends: like :func:`python`, but by a process that
    has imported both already.

    Args:
        arguments: Those of Python: ``worker.py``, or ``-m web``.
        environment: All of its variables.
        log: Where its output and errors go.
        own_session: Whether it gets a session of its own: the scheduler shares the machine out
            among sessions.
    """
    program = _preloaded().begin(
        Order(arguments=list(arguments), environment=dict(environment), own_session=own_session),
        log.fileno(),
    )
    try:
        yield program
    finally:
        program.kill()
        program.wait(60)


class Program:
    """A program that runs, to be waited for and killed as a :class:`subprocess.Popen` is."""

    def __init__(self, preloaded: _Preloaded, pid: int) -> None:
        self._preloaded = preloaded
        self.pid = pid

    @property
    def returncode(self) -> int | None:
        """What it ended with, below 0 by a signal; None while it runs."""
        return self._preloaded.status(self.pid)

    def poll(self) -> int | None:
        """The same."""
        return self.returncode

    def wait(self, timeout: float = 600) -> int:
        """Its exit code once it has ended.

        Raises:
            subprocess.TimeoutExpired: it still runs after ``timeout`` seconds.
        """
        until = time.monotonic() + timeout
        while (code := self.returncode) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(LOOK_SECONDS)
        return code

    def kill(self) -> None:
        """End it without a word, as the kernel does when memory runs out."""
        self._signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def _signal(self, which: signal.Signals) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):  # It has ended this moment.
                os.kill(self.pid, which)


class _Preloaded:
    """The process of :mod:`tests.support.preloaded`, and what it has become."""

    def __init__(self) -> None:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for one in (ours, its):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST_BYTES)
        # NiceGUI behaves otherwise when it believes to be under test.
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")
        }
        command = [sys.executable, "-m", "tests.support.preloaded", str(its.fileno())]
        with its:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environment, pass_fds=[its.fileno()]
            )
        self._socket = ours
        self._ended: dict[int, int] = {}
        self._lock = threading.Lock()

    def begin(self, order: Order, log: int) -> Program:
        """Have it become a program."""
        with self._lock:
            socket.send_fds(self._socket, [json.dumps(order).encode()], [log, log])
            while "began" not in (said := self._heard()):
                pass
        return Program(self, said["began"])

    def status(self, pid: int) -> int | None:
        """What a program ended with; None while it runs."""
        with self._lock, suppress(BlockingIOError):
            while pid not in self._ended:
                self._heard(socket.MSG_DONTWAIT)
        return self._ended.get(pid)

    def _heard(self, flags: int = 0) -> dict[str, int]:
        written = self._socket.recv(MOST_BYTES, flags)
        if not written:
            raise RuntimeError("The process that becomes worker and web app has ended.")
        said: dict[str, int] = json.loads(written)
        if "ended" in said:
            self._ended[said["ended"]] = said["status"]
        else:
            self._ended.pop(said["began"], None)
        return said

    def close(self) -> None:
        """End it, and all that it has become."""
        self._socket.close()
        self._process.wait()


@cache
def _preloaded() -> _Preloaded:
    made = _Preloaded()
    atexit.register(made.close)
    return made
