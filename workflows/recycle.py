"""Recycle: a lead that did not buy rests, and comes back when its time or its interest says so."""

from __future__ import annotations

from temporalio import workflow

from domain.journey import Code, JourneyResult, JourneyState, Notice, Park, Phase
from workflows import steps
from workflows.journey import Departure, Journey, end

SIGNS_OF_LIFE = (Code.BOOKED, Code.REPLIED, Code.SCORE_REACHED, Code.INTEREST)


@workflow.defn(name=Phase.RECYCLE)
class Recycle(Journey):
    """A parked lead."""

    phase = Phase.RECYCLE

    @workflow.init
    def __init__(self, state: JourneyState) -> None:
        super().__init__(state)

    @workflow.run
    async def run(self, state: JourneyState) -> JourneyResult:
        """Park the lead, then bring it back or let it go."""
        return await self.follow(self.story)

    async def story(self) -> Departure:
        """Rest for as long as the policy says for this reason, unless the lead stirs first."""
        parking = await steps.park(Park(self.entry(), self.state.reason))
        self.state.score_band = parking.score_band
        if parking.ends:
            return end("retired", self.state.reason)
        sign = await self.rest(
            parking.seconds,
            details=parking.details,
            summary=f"Parked: {self.state.reason}",
            wake=SIGNS_OF_LIFE if parking.wakes_early else (Code.BOOKED, Code.REPLIED),
        )
        return self.way_back(sign, parking.cadence)

    def way_back(self, sign: Notice | None, cadence: str) -> Departure:
        """Where the next cycle begins."""
        match sign:
            case Notice(code=Code.BOOKED, ref=meeting_id):
                return Departure(Phase.MEETING, Code.BOOKED, meeting_id=meeting_id, next_cycle=True)
            case Notice(code=Code.REPLIED | Code.SCORE_REACHED as code):
                return Departure(Phase.FOLLOW_UP, code, next_cycle=True)
            case Notice(code=Code.INTEREST):
                return Departure(
                    Phase.NURTURE, "renewed_interest", cadence=cadence, next_cycle=True
                )
            case _:
                return Departure(
                    Phase.NURTURE,
                    f"recycled_{self.state.reason}",
                    cadence=cadence,
                    next_cycle=True,
                )
