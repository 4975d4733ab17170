"""Recycle: a lead that did not buy rests, and comes back when its time or its interest says so."""

from __future__ import annotations

from temporalio import workflow

from domain.contracts.journey import (
    EnterRecycle,
    EventCode,
    JourneyEvent,
    JourneyResult,
    JourneyState,
    Phase,
    RecycleStay,
)
from workflows import activity_stubs
from workflows.phase import ORDERS_TO_MARKETING, JourneyPhase
from workflows.transition import Transition, end

ASKED_FOR = "asked_for"
"""The lead named a day to be called on."""
ALWAYS_WAKES = (EventCode.BOOKED, EventCode.REPLIED, *ORDERS_TO_MARKETING)
SIGNS_OF_LIFE = (*ALWAYS_WAKES, EventCode.SCORE_REACHED, EventCode.INTEREST)


@workflow.defn(name=Phase.RECYCLE)
class RecyclePhase(JourneyPhase):
    """A recycled lead."""

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
        unless the lead shows interest first. When that day changes, look again how long."""
        while True:
            stay = await activity_stubs.enter_recycle(EnterRecycle(self.entry(), self.state.reason))
            self.state.score_band = stay.score_band
            self.returns_on_a_day = bool(stay.returns_for)
            if stay.ends:
                return end("closed_out", self.state.reason)
            sign = await self.rest(
                stay.seconds,
                wait=stay.wait,
                summary=f"Recycled: {self.state.reason}",
                wake=(
                    EventCode.REPLAN,
                    *(SIGNS_OF_LIFE if stay.reactivates_early else ALWAYS_WAKES),
                ),
            )
            if sign is None or sign.code != EventCode.REPLAN:
                return self.way_back(sign, stay)

    def accept(self, event: JourneyEvent) -> None:
        """Keep what is news here: a lead that sales has let go and that crossed before sales had it
        is not ready again, however late the word of it comes."""
        crossed_before = event.code == EventCode.SCORE_REACHED and event.reason == Phase.NURTURE
        if crossed_before and self.state.from_sales:
            return
        super().accept(event)

    async def unpaused(self) -> None:
        """Wait while the journey is paused; a pause does not put off a day that was agreed."""
        stood_still = self.state.paused
        await super().unpaused()
        if stood_still and self.returns_on_a_day:
            self.state.inbox.append(JourneyEvent(EventCode.REPLAN))

    def way_back(self, sign: JourneyEvent | None, stay: RecycleStay) -> Transition:
        """Where the next cycle begins."""
        match sign:
            case JourneyEvent(code=EventCode.BOOKED, ref=meeting_id):
                return Transition(
                    Phase.MEETING, EventCode.BOOKED, meeting_id=meeting_id, next_cycle=True
                )
            case JourneyEvent(code=EventCode.REPLIED | EventCode.SCORE_REACHED as code):
                return Transition(Phase.FOLLOW_UP, code, next_cycle=True)
            case JourneyEvent(code=EventCode.CLOSED_OUT):
                return end("closed_out", EventCode.CLOSED_OUT)
            case JourneyEvent(code=EventCode.PLAY | EventCode.ENROLLED as code, reason=cadence):
                return Transition(Phase.NURTURE, code, cadence=cadence, next_cycle=True)
            case JourneyEvent(code=EventCode.REACTIVATED):
                reason = str(EventCode.REACTIVATED)
            case JourneyEvent(code=EventCode.INTEREST):
                reason = "renewed_interest"
            case _ if stay.returns_for == ASKED_FOR:
                # "Call me in March": no mail in between.
                return Transition(Phase.FOLLOW_UP, ASKED_FOR, next_cycle=True)
            case _:
                reason = stay.returns_for or f"recycled_{self.state.reason}"
        return Transition(Phase.NURTURE, reason, cadence=stay.cadence, next_cycle=True)
