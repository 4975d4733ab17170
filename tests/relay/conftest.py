"""A real Temporal server for the relay, and for each test a database with leads of its own."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import AsyncIterator, Iterator

import pytest
from temporalio.client import Client

from domain.contracts.search_attributes import SEARCH_ATTRIBUTES
from embedded.temporal import EmbeddedTemporal
from store.engine import engine
from tests.relay.post import Post
from tests.support.folders import server_folder

LEADS = itertools.count(1_000_000, 1_000)
"""First id of each test's leads and scoring runs: the tests share one Temporal, and they are
workflow ids there."""


@pytest.fixture(scope="session")
def temporal_server() -> Iterator[EmbeddedTemporal]:
    """One Temporal server for all tests of the relay."""
    folder = server_folder()
    any_port = {"temporal": 0, "ui": 0, "metrics": 0}
    server = EmbeddedTemporal(folder / "temporal.db", folder, SEARCH_ATTRIBUTES, any_port)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture
async def post(published_url: str, temporal_server: EmbeddedTemporal) -> AsyncIterator[Post]:
    """The relay between a database of its own and the shared Temporal."""
    database = engine(published_url)
    with database.begin() as connection:
        first = next(LEADS)
        for table in ("lead", "scoring_run"):
            connection.exec_driver_sql(f"ALTER TABLE {table} ALTER id RESTART WITH {first}")
    client = await Client.connect(temporal_server.address)
    here = Post(database, client, temporal_server)
    yield here
    await here.end_journeys()
    database.dispose()
