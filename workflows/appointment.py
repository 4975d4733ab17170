"""One appointment: confirm it, remind, and learn what became of it."""

from __future__ import annotations

from dataclasses import replace

from temporalio import workflow

from domain.contracts.journey import (
    Code,
    Disposition,
    MeetingPlan,
    Notice,
    PlanMeeting,
    SendOne,
    TaskRequest,
)
from domain.contracts.journey_sales import CANCELLED_BY_US, OUTCOME_UNKNOWN, OutcomeMissing
from workflows import activity_stubs
from workflows.human_task import EXPIRED
from workflows.waiting import Inbox

CHANGED = (Code.RESCHEDULED, Code.CANCELLED, Code.TAKEN_OVER)
MEETING_NEWS = (Code.BOOKED, *CHANGED, Code.NO_SHOW, Code.ATTENDED)
OF_THE_SETTING = (Code.CANCELLED, Code.NO_SHOW, Code.ATTENDED, Code.TAKEN_OVER)
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
        for notice in list(self.inbox.state.inbox):
            known = notice.attempt < plan.attempt or (
                notice.attempt == plan.attempt and notice.code not in OF_THE_SETTING
            )
            if notice.code in MEETING_NEWS and known:
                self.inbox.state.inbox.remove(notice)

    async def hold(self, plan: MeetingPlan) -> str:
        """Confirm and remind until the appointment is over, then ask what became of it.

        Returns:
            held, not_a_fit, no_show, outcome_unknown, rescheduled, taken_over; cancelled, or
            cancelled_by_us.
        """
        if plan.cancelled:
            return _called_off(plan.cancelled_by)
        if plan.outcome:
            # News that came late brought the lead here: what was said of the meeting stays.
            self.inbox.discard(Code.NO_SHOW)
            return plan.outcome
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
            answer = await self.inbox.ask(
                TaskRequest(
                    key=f"{plan.key}:outcome" if times == 1 else f"{plan.key}:outcome-{times}",
                    lead_id=self.inbox.state.lead_id,
                    kind="meeting_outcome",
                    attempt=times,
                    meeting_id=self.inbox.state.meeting_id,
                ),
                wake=(*CHANGED, Code.NO_SHOW),
            )
            if answer.code != EXPIRED:
                return answer
            if times < ASKED_AT_MOST:
                await activity_stubs.outcome_is_missing(
                    OutcomeMissing(self.inbox.state.meeting_id, times)
                )
        return replace(answer, code=OUTCOME_UNKNOWN)

    async def until(self, plan: MeetingPlan, seconds: float, summary: str) -> Notice | None:
        """Rest until ``seconds`` after the plan was made; a change of the meeting ends it, and so
        does a calendar service that saw nobody come."""
        gone = (workflow.now() - self.planned_at).total_seconds()
        return await self.inbox.rest(
            seconds - gone,
            details=plan.details,
            summary=summary,
            wake=(*CHANGED, Code.NO_SHOW),
        )

    async def changed(self, plan: MeetingPlan, change: Notice) -> str:
        """The outcome that a change of the meeting amounts to."""
        if change.code != Code.CANCELLED:
            return change.code
        outcome = _called_off(change.reason)
        ours = outcome == CANCELLED_BY_US
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


def _called_off(by: str) -> str:
    return CANCELLED_BY_US if by == "us" else Code.CANCELLED
