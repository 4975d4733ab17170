"""One program, several processes: one Python process serves one core."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.context import ForkProcess

import structlog

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
RESTARTS = 5
RESTARTS_WITHIN_SECONDS = 10 * 60.0
"""What ends more often than this does not do so by accident."""
LOOK_SECONDS = 0.5
CANNOT_RUN = 2
"""The exit code of a process that said on stderr what is missing: another try would end so too."""

log = structlog.get_logger()


@dataclass
class Restarts:
    """When something was started again, so that it is not for ever."""

    _times: list[float] = field(default_factory=list)

    def one_more(self) -> bool:
        """Whether it may be started again now; then this counts."""
        now = time.monotonic()
        self._times = [at for at in self._times if at > now - RESTARTS_WITHIN_SECONDS]
        if len(self._times) == RESTARTS:
            return False
        self._times.append(now)
        return True


def supervise(
    work: Callable[[int], int],
    processes: int,
    *,
    stop_seconds: float,
    look: Callable[[], None] = lambda: None,
) -> int:
    """Run ``work`` in so many processes until a signal stops them, and start again what ends.

    They are forked from this one, so that what is imported is in memory once: call it before the
    first thread. Should this process be killed, they are told to stop.

    Args:
        work: one process; called with its number from 0, its answer is the exit code.
        stop_seconds: how long they have to end once they are told to; then they are killed.
        look: called twice a second while all run.

    Returns:
        Exit code: 0 after a clean stop, else that of the process that could not run or kept ending.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    lifeline = os.pipe()
    running = {number: _start(work, number, lifeline) for number in range(processes)}
    restarts = {number: Restarts() for number in running}
    code = 0
    while signal.sigtimedwait(STOP_SIGNALS, LOOK_SECONDS) is None:
        for number, process in running.items():
            if process.exitcode is not None:
                log.warning("a process has ended", number=number, code=process.exitcode)
                if process.exitcode == CANNOT_RUN or not restarts[number].one_more():
                    code = abs(process.exitcode) or 1
                    break
                running[number] = _start(work, number, lifeline)
        if code:
            break
        look()
    return _stop(list(running.values()), stop_seconds) or code


def _start(work: Callable[[int], int], number: int, lifeline: tuple[int, int]) -> ForkProcess:
    process = multiprocessing.get_context("fork").Process(
        target=_run, args=(work, number, lifeline), name=f"{number}"
    )
    process.start()
    return process


def _run(work: Callable[[int], int], number: int, lifeline: tuple[int, int]) -> None:
    reader, writer = lifeline
    os.close(writer)
    threading.Thread(target=_end_with_parent, args=(reader,), daemon=True).start()
    raise SystemExit(work(number))


def _end_with_parent(reader: int) -> None:
    """The kernel closes the other end when the supervisor dies, however it dies."""
    os.read(reader, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _stop(processes: list[ForkProcess], seconds: float) -> int:
    for process in processes:
        process.terminate()
    until = time.monotonic() + seconds
    for process in processes:
        process.join(max(0.0, until - time.monotonic()))
        if process.exitcode is None:
            process.kill()
            process.join()
    return max(abs(process.exitcode or 0) for process in processes)
