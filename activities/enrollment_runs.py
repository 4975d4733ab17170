"""Has leads enter cadences in the background, in every worker: looks at what has them enter, and
tells those whose time has come, some at a time."""

from __future__ import annotations

import services.enrollments
import services.entries
from activities.background import in_background
from activities.resources import Resources

LATE_SECONDS = 300.0
"""Real seconds. Whose turn was longer ago has waited for a worker, not for the others before it."""


class EnrollmentRuns:
    """What a worker does about them."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    async def run(self) -> None:
        """Have them enter, until cancelled."""
        await in_background(self.enter_some, "enrollments wait")

    def enter_some(self) -> bool:
        """Give a turn to those that something has enter, and tell the journeys of the next leads;
        whether there were any."""
        # No activity runs here whose time Temporal could tell.
        now = self.resources.settings.clock().now()
        late = self.resources.journey_span(LATE_SECONDS)
        some = False
        with self.resources.engine.begin() as connection:
            some |= services.entries.look_at_dates(connection, now)
        with self.resources.engine.begin() as connection:
            some |= services.entries.look_at_entries(connection, now)
        with self.resources.engine.begin() as connection:
            return services.enrollments.enter_due(connection, now, late) or some
