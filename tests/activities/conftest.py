"""Each test has a database and a desk of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mail.channels.base import Channel
from store.engine import engine
from tests.support.sending import Desk


@pytest.fixture
def desk(database_url: str) -> Iterator[Callable[[Channel], Desk]]:
    """Makes the desk with a given channel."""
    database = engine(database_url)
    yield lambda channel: Desk(database, channel)
    database.dispose()
