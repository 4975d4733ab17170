"""What the benchmarks share: a stack of their own, and how figures are printed."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

import settings
from domain.contracts.search_attributes import SEARCH_ATTRIBUTES
from embedded.stack import EmbeddedStack
from embedded.state import StackAddresses
from store import migrate


@contextmanager
def own_stack() -> Iterator[tuple[Path, StackAddresses]]:
    """PostgreSQL (migrated, empty) and Temporal in a folder of their own, gone at the end.

    Yields:
        The folder and the addresses.
    """
    home = Path(tempfile.mkdtemp(prefix="perennial-bench-"))
    stack = EmbeddedStack(home, SEARCH_ATTRIBUTES)
    try:
        addresses = stack.start()
        migrate.upgrade(addresses.database_url)
        yield home, addresses
    finally:
        stack.stop()
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def web_apps(chosen: Mapping[str, str], home: Path, number: int) -> Iterator[dict[int, int]]:
    """So many web apps, as in production, a program each.

    Args:
        chosen: their settings, but for the ports.

    Yields:
        Port → process id.
    """
    started: dict[int, subprocess.Popen[bytes]] = {}
    with (home / "web.log").open("wb") as log:
        try:
            for _ in range(number):
                port = _free_port()
                started[port] = subprocess.Popen(
                    [sys.executable, "-m", "web"],
                    cwd=settings.ROOT,
                    env=os.environ | chosen | {"WEB_PORT": str(port)},
                    stdout=log,
                    stderr=log,
                )
                _reach(port, started[port])
            yield {port: one.pid for port, one in started.items()}
        finally:
            for one in started.values():
                one.terminate()
            for one in started.values():
                one.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _reach(port: int, web: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        if web.poll() is not None:
            break
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == http.client.OK:
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("A web app did not start.")


class Programs:
    """The programs that do the work, and what they have used.

    Args:
        roots: name → process ids; their children belong to them.
    """

    def __init__(self, roots: Mapping[str, Iterable[int]]) -> None:
        self._roots = [(name, psutil.Process(pid)) for name, pids in roots.items() for pid in pids]

    def cpu(self) -> dict[str, float]:
        """Program → CPU seconds of its processes, those that have ended included."""
        used: dict[str, float] = defaultdict(float)
        for name, root in self._roots:
            own = root.cpu_times()
            used[name] += own.children_user + own.children_system
            for process in [root, *root.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):
                    times = process.cpu_times()
                    used[name] += times.user + times.system
        return used


def print_figures(figures: Mapping[str, object], *, as_json: bool) -> None:
    """One JSON object, or a line each."""
    if as_json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:32} {value:>12}")
