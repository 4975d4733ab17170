"""Every test has a Temporal server of its own: its clock is the test's."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.workflow_world import World, world


@pytest.fixture
async def here(published_url: str) -> AsyncIterator[World]:
    """A world with published cadences, a worker and a scripted person."""
    async with world(published_url) as ready:
        yield ready
