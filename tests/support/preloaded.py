"""Worker and web app as one process that has imported both, and becomes either when it is asked:
to import them takes a program four seconds of a core, and tests start hundreds.

Run by :mod:`tests.support.programs` as ``python -m tests.support.preloaded SOCKET``, with the file
descriptor of a socket: on it come orders, one JSON object each with the files for output and
errors beside it, and back go ``{"began": pid}`` and ``{"ended": pid, "status": status}``.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

import crash_points
from tests.support.programs import MOST_BYTES, Order


def main(orders: socket.socket) -> None:
    """Take orders until whoever sends them is gone; what runs then is killed."""
    for name in ("worker", "web.app", "web.console.app"):
        importlib.import_module(name)
    if threading.active_count() > 1:
        raise RuntimeError("What has threads can't be forked.")
    gc.collect()
    gc.freeze()
    ended, told = socket.socketpair()
    ended.setblocking(False)
    told.setblocking(False)
    signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, _heard)
    running: set[int] = set()
    while True:
        ready, _, _ = select.select([orders, ended], [], [])
        if ended in ready:
            with suppress(BlockingIOError):
                ended.recv(4096)
            for pid, status in _reaped():
                running.discard(pid)
                _say(orders, {"ended": pid, "status": status})
        if orders in ready:
            written, files, _, _ = socket.recv_fds(orders, MOST_BYTES, 2)
            if not written:
                break
            order: Order = json.loads(written)
            pid = os.fork()
            if pid == 0:
                for one in (orders, ended, told):
                    one.close()
                become(order, files)
                return
            for file in files:
                os.close(file)
            running.add(pid)
            _say(orders, {"began": pid})
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def become(order: Order, files: Sequence[int]) -> None:
    """Be the program, as though it had just been started."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if order["own_session"]:
        os.setsid()
    for file, standard in zip(files, (1, 2), strict=True):
        os.dup2(file, standard)
        os.close(file)
    os.environ.clear()
    os.environ.update(order["environment"])
    importlib.reload(crash_points)
    sys.argv = order["arguments"]
    if order["arguments"][0] == "-m":
        sys.argv = order["arguments"][1:]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(sys.argv[0], run_name="__main__")


def _heard(_signal: int, _frame: FrameType | None) -> None:
    """A child has ended; its byte on the socket says so."""


def _reaped() -> list[tuple[int, int]]:
    """Process ids and exit statuses of children that have ended."""
    found = []
    with suppress(ChildProcessError):
        while (one := os.waitpid(-1, os.WNOHANG))[0]:
            found.append((one[0], os.waitstatus_to_exitcode(one[1])))
    return found


def _say(orders: socket.socket, what: dict[str, int]) -> None:
    with suppress(BrokenPipeError):
        orders.send(json.dumps(what).encode())


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
