"""Fixtures for every test: a real PostgreSQL and fresh, migrated databases in it."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import uuid
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from embedded.postgres import EmbeddedPostgres
from store import migrate
from store.engine import engine
from tests.support.folders import server_folder
from tests.support.workflow_world import publish

TEMPLATE = "perennial_template"
LONGEST_GROUPS = (
    *("console", "demo loop", "console pages", "stack", "hangs", "demo", "killed", "doors killed"),
    *("relay", "task completion killed", "servers that hang", "doors visits"),
)
"""Those that take minutes, the longest first."""

# Programs inherit it when a shell started the tests in the background: Ctrl-C would not end them.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests count, freeze and kill workers one by one; those of several processes say so.
os.environ.setdefault("WORKER_PROCESSES", "1")

# On a busy machine no example fails for being slow.
settings.register_profile("perennial", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("perennial")


def pytest_addoption(parser: pytest.Parser) -> None:
    """An option of the tests of all pages."""
    parser.addoption("--pictures", action="store_true", help="leave pictures of all pages")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Groups come first, the longest ahead, and fill up with single tests: a group goes to one
    worker, and the last one to begin would keep the others waiting for its end."""
    if not hasattr(config, "workerinput"):
        return
    alone: list[pytest.Item] = []
    groups: dict[str, list[pytest.Item]] = {}
    for item in items:
        marker = item.get_closest_marker("xdist_group")
        (groups.setdefault(marker.args[0], []) if marker else alone).append(item)
    first = {name: place for place, name in enumerate(LONGEST_GROUPS)}
    ordered = sorted(groups, key=lambda name: first.get(name, len(first)))
    items[:] = [*(item for name in ordered for item in groups[name]), *alone]


def pytest_collection_finish() -> None:
    """What has been collected stays to the end: the garbage collector need not look at it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[EmbeddedPostgres]:
    """One PostgreSQL per test process, on any free port; it never waits for the disk."""
    folder = server_folder()
    server = EmbeddedPostgres(folder / "postgres", folder / "logs", 0, durable=False)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def make_database(postgres_server: EmbeddedPostgres) -> Callable[[], str]:
    """Makes a fresh, migrated, empty database and returns its SQLAlchemy URL."""
    migrate.upgrade(postgres_server.create_database(TEMPLATE))

    def make() -> str:
        return postgres_server.create_database(f"test_{uuid.uuid4().hex}", template=TEMPLATE)

    return make


@pytest.fixture(scope="session")
def published(make_database: Callable[[], str]) -> str:
    """Name of a database in which the tests' cadences are published, to copy from."""
    database = engine(make_database())
    publish(database)
    database.dispose()
    return str(database.url.database)


@pytest.fixture
def database_url(
    make_database: Callable[[], str], postgres_server: EmbeddedPostgres
) -> Iterator[str]:
    """The URL of a fresh, migrated, empty database, dropped after the test."""
    url = make_database()
    yield url
    postgres_server.drop_database(url.rsplit("/", 1)[1])


@pytest.fixture
def published_url(postgres_server: EmbeddedPostgres, published: str) -> Iterator[str]:
    """The URL of a fresh database with the tests' cadences and no leads, dropped after the test."""
    name = f"published_{uuid.uuid4().hex}"
    yield postgres_server.create_database(name, template=published)
    postgres_server.drop_database(name)
