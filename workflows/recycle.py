"""Recycle: a lead that did not buy rests, and comes back when its time or its interest says so."""

from __future__ import annotations

from temporalio import workflow

from domain.contracts.journey import Code, JourneyResult, JourneyState, Notice, Park, Parking, Phase
from workflows import activity_stubs
from workflows.phase import ORDERS_TO_MARKETING, JourneyPhase
from workflows.transition import Transition, end

ASKED_FOR = "asked_for"
"""The lead named a day to be called on."""
ALWAYS_WAKES = (Code.BOOKED, Code.REPLIED, *ORDERS_TO_MARKETING)
SIGNS_OF_LIFE = (*ALWAYS_WAKES, Code.SCORE_REACHED, Code.INTEREST)


@workflow.defn(name=Phase.RECYCLE)
class Recycle(JourneyPhase):
    """A parked lead."""

    phase = Phase.RECYCLE
    renewable = True

    @workflow.init
    def __init__(self, state: JourneyState) -> None:
        super().__init__(state)
        self.returns_on_a_day = False

    @workflow.run
    async def run(self, state: JourneyState) -> JourneyResult:
        """Park the lead, then bring it back or let it go."""
        return await self.follow(self.story)

    async def story(self) -> Transition:
        """Rest as long as the policy says for this reason, or until the day that was agreed,
        unless the lead stirs first. When that day changes, look again how long."""
        while True:
            parking = await activity_stubs.park(Park(self.entry(), self.state.reason))
            self.state.score_band = parking.score_band
            self.returns_on_a_day = bool(parking.returns_for)
            if parking.ends:
                return end("retired", self.state.reason)
            sign = await self.rest(
                parking.seconds,
                details=parking.details,
                summary=f"Parked: {self.state.reason}",
                wake=(Code.REPLAN, *(SIGNS_OF_LIFE if parking.wakes_early else ALWAYS_WAKES)),
            )
            if sign is None or sign.code != Code.REPLAN:
                return self.way_back(sign, parking)

    async def unpaused(self) -> None:
        """Wait while the journey is paused; a pause does not put off a day that was agreed."""
        stood_still = self.state.paused
        await super().unpaused()
        if stood_still and self.returns_on_a_day:
            self.state.inbox.append(Notice(Code.REPLAN))

    def way_back(self, sign: Notice | None, parking: Parking) -> Transition:
        """Where the next cycle begins."""
        match sign:
            case Notice(code=Code.BOOKED, ref=meeting_id):
                return Transition(
                    Phase.MEETING, Code.BOOKED, meeting_id=meeting_id, next_cycle=True
                )
            case Notice(code=Code.REPLIED | Code.SCORE_REACHED as code):
                return Transition(Phase.FOLLOW_UP, code, next_cycle=True)
            case Notice(code=Code.RETIRED):
                return end("retired", Code.RETIRED)
            case Notice(code=Code.PLAY, reason=cadence):
                return Transition(Phase.NURTURE, Code.PLAY, cadence=cadence, next_cycle=True)
            case Notice(code=Code.WOKEN):
                reason = str(Code.WOKEN)
            case Notice(code=Code.INTEREST):
                reason = "renewed_interest"
            case _ if parking.returns_for == ASKED_FOR:
                # "Call me in March": no mail in between.
                return Transition(Phase.FOLLOW_UP, ASKED_FOR, next_cycle=True)
            case _:
                reason = parking.returns_for or f"recycled_{self.state.reason}"
        return Transition(Phase.NURTURE, reason, cadence=parking.cadence, next_cycle=True)
