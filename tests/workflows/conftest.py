"""Every test has a Temporal server of its own: its clock is the test's."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable

import pytest

from embedded.postgres import EmbeddedPostgres
from store.engine import engine
from tests.workflows.harness import World, publish, world


@pytest.fixture(scope="session")
def published(make_database: Callable[[], str]) -> str:
    """Name of a database in which the tests' cadences are published, to copy from."""
    database = engine(make_database())
    publish(database)
    database.dispose()
    return str(database.url.database)


@pytest.fixture
async def here(postgres_server: EmbeddedPostgres, published: str) -> AsyncIterator[World]:
    """A world with published cadences, a worker and a scripted person."""
    name = f"world_{uuid.uuid4().hex}"
    async with world(postgres_server.create_database(name, template=published)) as ready:
        yield ready
    postgres_server.drop_database(name)
