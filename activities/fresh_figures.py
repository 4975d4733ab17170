"""Makes the facts of figures again in the background, in every worker: of some leads at a time, and
in one worker at a time."""

from __future__ import annotations

from activities.background import in_background
from activities.resources import Resources
from store.bounded import allow_long_work
from store.figures.refresh import BATCH, refresh


class FreshFigures:
    """What a worker does about them."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    async def run(self) -> None:
        """Make those that are due, until cancelled."""
        await in_background(self.make_some, "figures wait")

    def make_some(self) -> bool:
        """Make the facts of the leads that changed first; whether there were any."""
        with self.resources.engine.begin() as connection:
            allow_long_work(connection)
            return refresh(connection, most=BATCH) > 0
