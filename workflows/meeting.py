"""Meeting: remind, ask how it went, and win back those who did not come."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from temporalio import workflow

from domain.contracts.journey import (
    BeginCadence,
    CallOffMeeting,
    EventCode,
    JourneyResult,
    JourneyState,
    MeetingPlan,
    Phase,
    SendOne,
)
from domain.contracts.journey_sales import FindNextMeeting, MeetingOutcome
from workflows import activity_stubs
from workflows.appointment import Appointment
from workflows.cadence_run import run_cadence
from workflows.phase import JourneyPhase
from workflows.transition import OperatorOverride, Transition, end

KEEPS_MEETING = (Phase.MEETING, Phase.OPPORTUNITY, Phase.CUSTOMER)
"""Phases an operator may move a lead to without calling its appointment off."""


@workflow.defn(name=Phase.MEETING)
class MeetingPhase(JourneyPhase):
    """A lead with an appointment."""

    phase = Phase.MEETING

    @workflow.init
    def __init__(self, state: JourneyState) -> None:
        super().__init__(state)
        self.appointment = Appointment(self)

    @workflow.run
    async def run(self, state: JourneyState) -> JourneyResult:
        """See the appointment through, then hand the lead on."""
        return await self.follow(self.story)

    async def story(self) -> Transition:
        """Confirm, remind, learn the outcome; after a no-show, try to rebook."""
        self.discard(EventCode.REPLIED, EventCode.SCORE_REACHED, EventCode.INTEREST)
        entered = await activity_stubs.enter_phase(self.entry())
        self.assign(entered.owner, entered.score_band)
        try:
            return await self.see_through()
        except OperatorOverride as override:
            if override.transition.phase not in KEEPS_MEETING:
                await self.call_off()
            raise

    async def see_through(self) -> Transition:
        """Hold the meeting, and if it did not come about, the next one."""
        while True:
            plan = await self.appointment.plan()
            outcome = await self.appointment.conduct(plan)
            match outcome:
                case MeetingOutcome.HELD:
                    return Transition(Phase.OPPORTUNITY, outcome)
                case MeetingOutcome.NOT_A_FIT:
                    return end("disqualified", outcome)
                case MeetingOutcome.RESCHEDULED:
                    continue
                case (
                    MeetingOutcome.NO_SHOW
                    | MeetingOutcome.CANCELLED
                    | MeetingOutcome.CANCELLED_BY_US
                    | MeetingOutcome.TAKEN_OVER
                    | MeetingOutcome.UNKNOWN
                ):
                    if transition := await self.go_on_after(plan, outcome):
                        return transition
                case _:
                    assert_never(outcome)

    async def go_on_after(self, plan: MeetingPlan, outcome: MeetingOutcome) -> Transition | None:
        """What follows a meeting that did not come about; None when there is another one."""
        following = await activity_stubs.next_meeting(FindNextMeeting(self.state.meeting_id))
        if following.meeting_id:
            self.state.meeting_id = following.meeting_id
            return None
        if following.held:
            return Transition(Phase.OPPORTUNITY, MeetingOutcome.HELD)
        cadence = plan.recovery_cadence if plan.reschedules_left > 0 else ""
        match outcome:
            case MeetingOutcome.UNKNOWN | MeetingOutcome.CANCELLED_BY_US:
                # It may well have come, or a new time is ours to offer: the rep calls.
                return Transition(Phase.FOLLOW_UP, outcome)
            case MeetingOutcome.CANCELLED:
                cadence = plan.cancelled_cadence
        if not cadence:
            return Transition(Phase.RECYCLE, outcome)
        return await self.win_back(plan, outcome, cadence)

    async def call_off(self) -> None:
        """Cancel the appointment of a lead that an operator took away, and tell the lead."""
        meeting = self.state.meeting_id
        if key := await activity_stubs.call_off_meeting(CallOffMeeting(meeting)):
            await activity_stubs.send_one(
                SendOne(self.state.lead_id, f"{key}:cancelled", "meeting-cancelled", meeting)
            )

    async def win_back(self, plan: MeetingPlan, lost: str, cadence: str) -> Transition | None:
        """Offer a new time; None when the lead took one, or had come after all."""
        enrolled = await activity_stubs.begin_cadence(
            BeginCadence(
                lead_id=self.state.lead_id,
                key=plan.key,
                cadence=cadence,
                cycle=self.state.cycle,
                meeting_id=self.state.meeting_id,
            )
        )
        exits = replace(enrolled, exit_on=[*enrolled.exit_on, EventCode.ATTENDED])
        ending = await run_cadence(self, exits)
        if ending.code == EventCode.ATTENDED:
            return None
        if ending.code == EventCode.REPLIED:
            return Transition(Phase.FOLLOW_UP, ending.code)
        if ending.code not in (EventCode.BOOKED, EventCode.RESCHEDULED):
            return Transition(Phase.RECYCLE, lost)
        self.state.meeting_id = ending.ref or self.state.meeting_id
        return None
