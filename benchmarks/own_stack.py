"""What the benchmarks share: a stack of their own, and how figures are printed."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

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


class Programs:
    """The programs that do the work, and what they have used."""

    def __init__(self, roots: Mapping[str, int]) -> None:
        self._roots = {name: psutil.Process(pid) for name, pid in roots.items()}

    def cpu(self) -> dict[str, float]:
        """Program → CPU seconds of its processes, those that have ended included."""
        used: dict[str, float] = {}
        for name, root in self._roots.items():
            own = root.cpu_times()
            used[name] = own.children_user + own.children_system
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
