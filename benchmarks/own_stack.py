"""What the benchmarks share: a stack of their own, and how figures are printed."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

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


def print_figures(figures: Mapping[str, object], *, as_json: bool) -> None:
    """One JSON object, or a line each."""
    if as_json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:32} {value:>12}")
