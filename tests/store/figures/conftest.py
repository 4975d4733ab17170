"""What the tests of figures share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from store.engine import engine


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """An empty database."""
    database = engine(database_url)
    with database.begin() as opened:
        yield opened
    database.dispose()
