"""A real Temporal server for the relay, and for each test a database with leads of its own."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from temporalio.client import Client

from domain.search_attributes import SEARCH_ATTRIBUTES
from embedded.temporal import EmbeddedTemporal
from store.engine import engine
from tests.relay.post import Post

LEADS = itertools.count(1_000_000, 1_000)
"""First id of each test's leads and scoring runs: the tests share one Temporal, and they are
workflow ids there."""


@pytest.fixture(scope="session")
def temporal_server() -> Iterator[EmbeddedTemporal]:
    """One Temporal server for all tests of the relay."""
    folder = Path(tempfile.mkdtemp(prefix="perennial-tests-"))
    any_port = {"temporal": 0, "ui": 0, "metrics": 0}
    server = EmbeddedTemporal(folder / "temporal.db", folder, SEARCH_ATTRIBUTES, any_port)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture
async def post(database_url: str, temporal_server: EmbeddedTemporal) -> AsyncIterator[Post]:
    """The relay between a database of its own and the shared Temporal."""
    database = engine(database_url)
    with database.begin() as connection:
        first = next(LEADS)
        for table in ("lead", "scoring_run"):
            connection.exec_driver_sql(f"ALTER TABLE {table} ALTER id RESTART WITH {first}")
    client = await Client.connect(temporal_server.address)
    here = Post(database, client, temporal_server)
    here.publish()
    yield here
    await here.end_journeys()
    database.dispose()
