"""Fixtures of the store's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from settings import ROOT
from store.engine import engine
from tests.support.sales_floor import SLA, TEAM, Floor
from tests.support.scored_leads import Book, scoring


@pytest.fixture
def book(database_url: str) -> Iterator[Book]:
    """An empty database in which scoring rules and sales' promises are published."""
    database = engine(database_url)
    made = Book(database)
    made.publish(scoring())
    made.publish_follow_up()
    yield made
    database.dispose()


@pytest.fixture
def floor(database_url: str) -> Iterator[Floor]:
    """A team, its SLA, and marketing's own follow-up and scoring."""
    made = Floor(engine(database_url))
    for source in (TEAM, SLA):
        made.publish(source)
    for name in ("follow-up", "scoring"):
        made.publish((ROOT / "cadences" / f"{name}.yaml").read_text(encoding="utf-8"))
    yield made
    made.database.dispose()
