"""One appointment: confirm it, remind, and learn what became of it."""

from __future__ import annotations

from temporalio import workflow

from domain.contracts.journey import (
    EventCode,
    JourneyEvent,
    MeetingPlan,
    PlanMeeting,
    SendOne,
    TaskRequest,
)
from domain.contracts.journey_sales import MeetingOutcome, OutcomeMissing
from domain.contracts.tasks import Disposition, TaskKind
from workflows import activity_stubs
from workflows.waiting import Inbox

CHANGED = (EventCode.RESCHEDULED, EventCode.CANCELLED, EventCode.TAKEN_OVER)
MEETING_NEWS = (EventCode.BOOKED, *CHANGED, EventCode.NO_SHOW, EventCode.ATTENDED)
OF_THE_SETTING = (EventCode.CANCELLED, EventCode.NO_SHOW, EventCode.ATTENDED, EventCode.TAKEN_OVER)
"""News about the setting of the meeting that the plan was made for."""

ASKED_AT_MOST = 3
"""How often somebody is asked how a meeting went."""


class Appointment:
    """The appointment that ``inbox`` is about, in the lead's phase or beside it."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox
        self.planned_at = workflow.now()

    async def plan(self) -> MeetingPlan:
        """Look at the appointment as it is set now."""
        plan = await activity_stubs.plan_meeting(PlanMeeting(self.inbox.state.meeting_id))
        self.planned_at = workflow.now()
        self.forget_before(plan)
        return plan

    def forget_before(self, plan: MeetingPlan) -> None:
        """Drop the news that the plan takes into account already: of earlier settings of the
        meeting, and that it was set as it is."""
        for event in list(self.inbox.state.inbox):
            known = event.attempt < plan.attempt or (
                event.attempt == plan.attempt and event.code not in OF_THE_SETTING
            )
            if event.code in MEETING_NEWS and known:
                self.inbox.state.inbox.remove(event)

    async def conduct(self, plan: MeetingPlan) -> MeetingOutcome:
        """Confirm and remind until the appointment is over, then ask what became of it."""
        if plan.cancelled:
            return _called_off(plan.cancelled_by)
        if plan.outcome:
            # News that came late brought the lead here: what was said of the meeting stays.
            self.inbox.discard(EventCode.NO_SHOW)
            return MeetingOutcome(plan.outcome)
        await self.mail(plan, "confirmation", "meeting-confirmation")
        for reminder in plan.reminders:
            if change := await self.until(plan, reminder.seconds, f"Reminder {reminder.name}"):
                return await self.changed(plan, change)
            await self.mail(plan, f"reminder-{reminder.name}", "meeting-reminder")
        if change := await self.until(plan, plan.outcome_seconds, "End of the meeting"):
            return await self.changed(plan, change)
        return await self.ask_how_it_went(plan)

    async def ask_how_it_went(self, plan: MeetingPlan) -> MeetingOutcome:
        """Ask the rep; one who says nothing is reminded, then the manager hears of it."""
        for times in range(1, ASKED_AT_MOST + 1):
            result = await self.inbox.ask(
                TaskRequest(
                    key=f"{plan.key}:outcome" if times == 1 else f"{plan.key}:outcome-{times}",
                    lead_id=self.inbox.state.lead_id,
                    kind=TaskKind.MEETING_OUTCOME,
                    attempt=times,
                    meeting_id=self.inbox.state.meeting_id,
                ),
                wake=(*CHANGED, EventCode.NO_SHOW),
            )
            if isinstance(result, JourneyEvent):
                return await self.changed(plan, result)
            if isinstance(result.disposition, Disposition):
                return MeetingOutcome(result.disposition)
            if times < ASKED_AT_MOST:
                await activity_stubs.outcome_is_missing(
                    OutcomeMissing(self.inbox.state.meeting_id, times)
                )
        return MeetingOutcome.UNKNOWN

    async def until(self, plan: MeetingPlan, seconds: float, summary: str) -> JourneyEvent | None:
        """Rest until ``seconds`` after the plan was made; a change of the meeting ends it, and so
        does a calendar service that saw nobody come."""
        gone = (workflow.now() - self.planned_at).total_seconds()
        return await self.inbox.rest(
            seconds - gone,
            wait=plan.wait,
            summary=summary,
            wake=(*CHANGED, EventCode.NO_SHOW),
        )

    async def changed(self, plan: MeetingPlan, change: JourneyEvent) -> MeetingOutcome:
        """The outcome that a change of the meeting amounts to."""
        if change.code != EventCode.CANCELLED:
            return MeetingOutcome(change.code)
        outcome = _called_off(change.reason)
        ours = outcome == MeetingOutcome.CANCELLED_BY_US
        template = "meeting-cancelled-by-us" if ours else "meeting-cancelled"
        await self.mail(plan, "cancelled", template)
        return outcome

    async def mail(self, plan: MeetingPlan, name: str, template: str) -> None:
        """Send one mail about this setting of the meeting."""
        await activity_stubs.send_one(
            SendOne(
                self.inbox.state.lead_id,
                f"{plan.key}:{name}",
                template,
                self.inbox.state.meeting_id,
            )
        )


def _called_off(by: str) -> MeetingOutcome:
    return MeetingOutcome.CANCELLED_BY_US if by == "us" else MeetingOutcome.CANCELLED
