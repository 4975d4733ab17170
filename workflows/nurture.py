"""Nurture: e-mails and tasks of a cadence until the lead is ready for sales, or they run out."""

from __future__ import annotations

from temporalio import workflow

from domain.contracts.journey import (
    BeginCadence,
    EventCode,
    FindWayBack,
    JourneyEvent,
    JourneyResult,
    JourneyState,
    Phase,
)
from workflows import activity_stubs
from workflows.cadence_run import run_cadence
from workflows.phase import JourneyPhase
from workflows.transition import Transition, end

BEFORE_GOING_BACK = (
    EventCode.BOOKED,
    EventCode.REPLIED,
    EventCode.SCORE_REACHED,
    EventCode.PLAY,
)
"""What counts more than where a lead was before its enrollment was undone."""


@workflow.defn(name=Phase.NURTURE)
class NurturePhase(JourneyPhase):
    """A lead that is not yet ready for sales."""

    phase = Phase.NURTURE

    @workflow.init
    def __init__(self, state: JourneyState) -> None:
        super().__init__(state)

    @workflow.run
    async def run(self, state: JourneyState) -> JourneyResult:
        """Nurture the lead, then hand it on."""
        return await self.follow(self.story)

    async def story(self) -> Transition:
        """Enroll, run the cadence, and go where its end leads."""
        enrolled = await activity_stubs.begin_cadence(
            BeginCadence(
                lead_id=self.state.lead_id,
                key=workflow.info().run_id,
                cadence=self.state.cadence,
                cycle=self.state.cycle,
                entry=self.entry(),
            )
        )
        if enrolled.entered:
            self.state.score_band = enrolled.entered.score_band
        ending = await run_cadence(self, enrolled, also=(EventCode.PLAY, EventCode.ENROLLED))
        if ending.code == EventCode.UNENROLLED:
            return await self.way_back()
        return self.after(ending)

    def after(self, ending: JourneyEvent) -> Transition:
        """Where the end of the cadence leads."""
        match ending.code:
            case EventCode.SCORE_REACHED | EventCode.REPLIED:
                return Transition(Phase.FOLLOW_UP, ending.code)
            case EventCode.BOOKED:
                return Transition(Phase.MEETING, ending.code, meeting_id=ending.ref)
            case EventCode.PLAY | EventCode.ENROLLED as code:
                return Transition(Phase.NURTURE, code, cadence=ending.reason)
            case _:
                return Transition(Phase.RECYCLE, ending.code)

    async def way_back(self) -> Transition:
        """Where the lead was before it was enrolled, as if it had not been; unless it, or sales,
        has asked for something else."""
        if news := self.consume(*BEFORE_GOING_BACK):
            return self.after(news)
        way = await activity_stubs.find_way_back(FindWayBack(self.state.lead_id))
        if news := self.consume(*BEFORE_GOING_BACK):
            return self.after(news)
        if not way.phase:
            return end("unenrolled", EventCode.UNENROLLED)
        return Transition(Phase(way.phase), way.reason, cadence=way.cadence, cycle=way.cycle)
