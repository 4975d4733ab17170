"""Somebody who enrolls leads by hand, and leads to enroll."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from cli.connect import Terminal, operator
from domain.contracts.journey import Phase
from services import enrollments
from services.enrollments import Enrolling, LeadsByIds
from store.journeys.enrollment_runs import EnrollmentRunLine, UndoneRun
from tests.support.workflow_world import World

CADENCE = "mid-funnel"
LATE = timedelta(days=1)
"""After which a run has stood still."""


class Marketing:
    """Somebody who enrolls leads in a world."""

    def __init__(self, here: World) -> None:
        self.here = here
        self.context = Terminal(here.settings, here.database)

    def would(self, leads: list[int], **said: Any) -> Any:
        with self.here.database.connect() as connection:
            asked = Enrolling(LeadsByIds(leads), **said)
            return enrollments.dry_run(connection, self.context, CADENCE, asked)

    def enrolls(self, leads: list[int], cadence: str = CADENCE, **said: Any) -> EnrollmentRunLine:
        asked = Enrolling(LeadsByIds(leads), **said)
        return enrollments.enroll(self.context, operator(), cadence, asked)

    def undoes(self, run: EnrollmentRunLine) -> UndoneRun:
        return enrollments.undo(self.context, operator(), run.id)

    async def time_comes(self, after: timedelta = timedelta(), workers: int = 1) -> None:
        """Have the leads enter that are due, by so many workers, and their journeys hear of it."""
        now = await self.here.now() + after

        def enter() -> None:
            some = True
            while some:
                with self.here.database.begin() as connection:
                    some = enrollments.enter_due(connection, now, LATE)

        await asyncio.gather(*(asyncio.to_thread(enter) for _ in range(workers)))
        await self.here.deliver()


def named(here: World, number: int, **columns: Any) -> int:
    address = f"lead{number}@firm{number}.example"
    return here.lead(email=address, email_key=address, **columns)


async def at_rest(here: World, lead: int) -> None:
    await here.start(Phase.RECYCLE, lead, reason="no_response")
    await here.reaches("SELECT phase FROM lead WHERE id = :id", "Recycle", id=lead)


async def nurtured(here: World, lead: int, cadence: str = "welcome-nurture") -> None:
    await here.start(Phase.NURTURE, lead, cadence=cadence)
    await here.reaches("SELECT count(*) FROM enrollment WHERE lead_id = :id", 1, id=lead)
