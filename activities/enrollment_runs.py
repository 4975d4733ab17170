"""Has leads enter cadences by hand in the background, in every worker: those whose time has come,
some at a time."""

from __future__ import annotations

import services.enrollments
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
        """Tell the journeys of the next leads; whether there were any."""
        with self.resources.engine.begin() as connection:
            late = self.resources.journey_span(LATE_SECONDS)
            return services.enrollments.enter_due(connection, self.resources.now(), late)
