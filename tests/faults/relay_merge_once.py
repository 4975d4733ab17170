"""A relay's delivery of one merge, as a process of its own that can be killed.

``python -m tests.faults.relay_merge_once`` with DATABASE_URL. Its Temporal runs nothing and takes
every order.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

from temporalio.client import Client

from settings import Settings
from store.engine import engine
from temporal.relay import Relay


class NothingRuns:
    """As much of a Temporal client as ending workflows needs."""

    async def list_workflows(self, *_asked: object, **_how: object) -> AsyncIterator[Any]:
        """None is beside another."""
        beside: tuple[object, ...] = ()
        for one in beside:
            yield one

    def get_workflow_handle(self, *_asked: object) -> NothingRuns:
        """One that can be ended."""
        return self

    async def terminate(self, **_how: object) -> None:
        """It ends."""


def relay_once(settings: Settings) -> None:
    """Deliver what is due."""
    database = engine(settings.database_url)
    asyncio.run(Relay(database, cast(Client, NothingRuns())).deliver_due())
    database.dispose()


if __name__ == "__main__":
    relay_once(Settings())
