"""Meeting: remind, ask how it went, and win back those who did not come."""

from __future__ import annotations

from dataclasses import replace

from temporalio import workflow

from domain.journey import (
    BeginCadence,
    Code,
    Disposition,
    JourneyResult,
    JourneyState,
    MeetingPlan,
    Notice,
    Phase,
    SendOne,
    TaskRequest,
)
from domain.journey_sales import OUTCOME_UNKNOWN, OutcomeMissing
from workflows import steps
from workflows.cadence_run import run_cadence
from workflows.human_task import EXPIRED
from workflows.journey import Departure, Journey, Redirected, end

CHANGED = (Code.RESCHEDULED, Code.CANCELLED)
MEETING_NEWS = (Code.BOOKED, *CHANGED, Code.NO_SHOW, Code.ATTENDED)
OF_THE_SETTING = (Code.CANCELLED, Code.NO_SHOW, Code.ATTENDED)
"""News about the setting of the meeting that the plan was made for."""
KEEPS_MEETING = (Phase.MEETING, Phase.OPPORTUNITY, Phase.CUSTOMER)
"""Phases an operator may move a lead to without calling its appointment off."""

ASKED_AT_MOST = 3
"""How often somebody is asked how a meeting went."""


@workflow.defn(name=Phase.MEETING)
class Meeting(Journey):
    """A lead with an appointment."""

    phase = Phase.MEETING

    @workflow.init
    def __init__(self, state: JourneyState) -> None:
        super().__init__(state)
        self.planned_at = workflow.now()

    @workflow.run
    async def run(self, state: JourneyState) -> JourneyResult:
        """See the appointment through, then hand the lead on."""
        return await self.follow(self.story)

    async def story(self) -> Departure:
        """Confirm, remind, learn the outcome; after a no-show, try to rebook."""
        self.discard(Code.REPLIED, Code.SCORE_REACHED, Code.INTEREST)
        entered = await steps.enter_phase(self.entry())
        self.assign(entered.owner, entered.score_band)
        try:
            return await self.see_through()
        except Redirected as redirected:
            if redirected.departure.phase not in KEEPS_MEETING:
                await self.call_off()
            raise

    async def see_through(self) -> Departure:
        """Hold the meeting, and if the lead missed it, the next one."""
        while True:
            plan = await steps.plan_meeting(self.state.meeting_id)
            self.planned_at = workflow.now()
            self.forget_before(plan)
            outcome = await self.hold(plan)
            match outcome:
                case "held":
                    return Departure(Phase.OPPORTUNITY, "held")
                case "not_a_fit":
                    return end("disqualified", "not_a_fit")
                case "outcome_unknown":
                    # It may well have come: no word of a missed meeting, the rep calls.
                    return Departure(Phase.FOLLOW_UP, OUTCOME_UNKNOWN)
                case Code.RESCHEDULED:
                    continue
                case missed:
                    departure = await self.win_back(plan, missed)
            if departure:
                return departure

    def forget_before(self, plan: MeetingPlan) -> None:
        """Drop the news that the plan takes into account already: of earlier settings of the
        meeting, and that it was set as it is."""
        for notice in list(self.state.inbox):
            known = notice.attempt < plan.attempt or (
                notice.attempt == plan.attempt and notice.code not in OF_THE_SETTING
            )
            if notice.code in MEETING_NEWS and known:
                self.state.inbox.remove(notice)

    async def call_off(self) -> None:
        """Cancel the appointment of a lead that an operator took away, and tell the lead."""
        meeting = self.state.meeting_id
        if key := await steps.call_off_meeting(meeting):
            await steps.send_one(
                SendOne(self.state.lead_id, f"{key}:cancelled", "meeting-cancelled", meeting)
            )

    async def hold(self, plan: MeetingPlan) -> str:
        """Confirm and remind until the appointment is over, then ask what became of it."""
        if plan.cancelled:
            return Code.CANCELLED
        await self.mail(plan, "confirmation", "meeting-confirmation")
        for reminder in plan.reminders:
            if change := await self.until(plan, reminder.seconds, f"Reminder {reminder.name}"):
                return await self.changed(plan, change)
            await self.mail(plan, f"reminder-{reminder.name}", "meeting-reminder")
        if change := await self.until(plan, plan.outcome_seconds, "End of the meeting"):
            return await self.changed(plan, change)
        answer = await self.ask_how_it_went(plan)
        if isinstance(answer, Notice):
            return await self.changed(plan, answer)
        return answer.code

    async def ask_how_it_went(self, plan: MeetingPlan) -> Disposition | Notice:
        """Ask the rep; one who says nothing is reminded, then the manager hears of it."""
        for times in range(1, ASKED_AT_MOST + 1):
            answer = await self.ask(
                TaskRequest(
                    key=f"{plan.key}:outcome" if times == 1 else f"{plan.key}:outcome-{times}",
                    lead_id=self.state.lead_id,
                    kind="meeting_outcome",
                    attempt=times,
                    meeting_id=self.state.meeting_id,
                ),
                wake=(*CHANGED, Code.NO_SHOW),
            )
            if answer.code != EXPIRED:
                return answer
            if not workflow.patched("outcome-unknown"):
                return replace(answer, code=Code.NO_SHOW)
            if times < ASKED_AT_MOST:
                await steps.outcome_is_missing(OutcomeMissing(self.state.meeting_id, times))
        return replace(answer, code=OUTCOME_UNKNOWN)

    async def until(self, plan: MeetingPlan, seconds: float, summary: str) -> Notice | None:
        """Rest until ``seconds`` after the plan was made; a change of the meeting ends it, and so
        does a calendar service that saw nobody come."""
        gone = (workflow.now() - self.planned_at).total_seconds()
        return await self.rest(
            seconds - gone,
            details=plan.details,
            summary=summary,
            wake=(*CHANGED, Code.NO_SHOW),
        )

    async def changed(self, plan: MeetingPlan, change: Notice) -> str:
        """The outcome that a change of the meeting amounts to."""
        if change.code == Code.CANCELLED:
            await self.mail(plan, "cancelled", "meeting-cancelled")
        return change.code

    async def win_back(self, plan: MeetingPlan, missed: str) -> Departure | None:
        """Offer a new time; None when the lead took one, or had come after all."""
        if plan.reschedules_left <= 0:
            return Departure(Phase.RECYCLE, missed)
        enrolled = await steps.begin_cadence(
            BeginCadence(
                lead_id=self.state.lead_id,
                key=plan.key,
                cadence=plan.recovery_cadence,
                cycle=self.state.cycle,
                meeting_id=self.state.meeting_id,
            )
        )
        exits = replace(enrolled, exit_on=[*enrolled.exit_on, Code.ATTENDED])
        ending = await run_cadence(self, exits)
        if ending.code == Code.ATTENDED:
            return None
        if ending.code == Code.REPLIED:
            return Departure(Phase.FOLLOW_UP, ending.code)
        if ending.code not in (Code.BOOKED, Code.RESCHEDULED):
            return Departure(Phase.RECYCLE, missed)
        self.state.meeting_id = ending.ref or self.state.meeting_id
        return None

    async def mail(self, plan: MeetingPlan, name: str, template: str) -> None:
        """Send one mail about this setting of the meeting."""
        await steps.send_one(
            SendOne(self.state.lead_id, f"{plan.key}:{name}", template, self.state.meeting_id)
        )
