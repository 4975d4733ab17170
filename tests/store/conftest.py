"""Fixtures of the store's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store.engine import engine
from tests.store.scored import Book, scoring


@pytest.fixture
def book(database_url: str) -> Iterator[Book]:
    """An empty database in which scoring rules and sales' promises are published."""
    database = engine(database_url)
    made = Book(database)
    made.publish(scoring())
    made.publish_follow_up()
    yield made
    database.dispose()
