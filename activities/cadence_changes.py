"""Tells leads in the background, in every worker, that their cadence was paused, resumed or
archived."""

from __future__ import annotations

import services.cadences
from activities.background import in_background
from activities.resources import Resources


class CadenceChanges:
    """What a worker does about them."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    async def run(self) -> None:
        """Tell them, until cancelled."""
        await in_background(self.tell_some, "leads in cadences wait to be told")

    def tell_some(self) -> bool:
        """Tell the next leads; whether there may be more."""
        with self.resources.engine.begin() as connection:
            return services.cadences.tell_some(connection, self.resources.settings.clock().now())
