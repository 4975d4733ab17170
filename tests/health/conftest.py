"""Servers of their own, to be frozen without anybody else noticing."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import pytest

from domain.contracts.search_attributes import SEARCH_ATTRIBUTES
from embedded.postgres import EmbeddedPostgres
from embedded.temporal import EmbeddedTemporal
from store import migrate
from tests.support.folders import server_folder


@pytest.fixture(scope="module")
def temporal() -> Iterator[EmbeddedTemporal]:
    """A Temporal server on free ports."""
    folder = server_folder()
    anywhere = {"temporal": 0, "ui": 0, "metrics": 0}
    server = EmbeddedTemporal(folder / "temporal.db", folder / "logs", SEARCH_ATTRIBUTES, anywhere)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL that no other test uses, with a migrated database ``own``."""
    folder = server_folder()
    server = EmbeddedPostgres(folder / "postgres", folder / "logs", 0, durable=False)
    try:
        server.start()
        migrate.upgrade(server.create_database("own"))
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@contextmanager
def frozen(pid: int | None) -> Iterator[None]:
    """A process and its children stand still, as in a paused container: packets are taken and
    nothing is answered."""
    assert pid is not None
    parent = psutil.Process(pid)
    family = [parent, *parent.children(recursive=True)]
    for one in family:
        os.kill(one.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in family:
            if one.is_running():
                os.kill(one.pid, signal.SIGCONT)


@pytest.fixture
def freeze() -> Callable[[int | None], object]:
    """See :func:`frozen`."""
    return frozen
