"""Follow-up: an SDR accepts the lead, then calls until there is an appointment or an answer."""

from __future__ import annotations

from temporalio import workflow

from domain.journey import (
    Code,
    Disposition,
    JourneyResult,
    JourneyState,
    Notice,
    Phase,
    PlanCall,
    SendOne,
    TaskRequest,
)
from workflows import steps
from workflows.journey import Departure, Journey, end

UNANSWERED = ("left_voicemail", "no_answer", "busy")


@workflow.defn(name=Phase.FOLLOW_UP)
class FollowUp(Journey):
    """A lead that marketing handed to sales."""

    phase = Phase.FOLLOW_UP

    @workflow.init
    def __init__(self, state: JourneyState) -> None:
        super().__init__(state)

    @workflow.run
    async def run(self, state: JourneyState) -> JourneyResult:
        """Have an SDR qualify and call the lead, then hand it on."""
        return await self.follow(self.story)

    async def story(self) -> Departure:
        """Escalate, qualify, call."""
        self.discard(Code.SCORE_REACHED, Code.REPLIED, Code.INTEREST)
        entered = await steps.enter_phase(self.entry())
        self.assign(entered.owner, entered.score_band)
        return await self.qualify() or await self.call()

    async def qualify(self) -> Departure | None:
        """Have the SDR accept or return the lead; None when it was accepted."""
        answer = await self.ask(self.task("qualify", 1), wake=(Code.BOOKED,))
        if isinstance(answer, Notice):
            return self.booked(answer.ref)
        match answer.code:
            case "accept":
                return None
            case "return" if answer.reason.startswith("disqualify:"):
                return end("disqualified", answer.reason.removeprefix("disqualify:"))
            case "return":
                return Departure(Phase.RECYCLE, answer.reason.removeprefix("recycle:"))
            case _:
                return Departure(Phase.RECYCLE, "not_worked")

    async def call(self) -> Departure:
        """Make the policy's call attempts until one of them decides."""
        attempt, last_task = 1, 0
        while True:
            planned = await steps.plan_call(PlanCall(self.state.lead_id, attempt, last_task))
            plan = planned.plan
            if plan.kind == "exit":
                return Departure(Phase.RECYCLE, plan.reason)
            # A lead that writes back is called now, not at the end of the gap.
            notice = await self.rest(
                plan.seconds,
                details=plan.details,
                summary=plan.summary,
                wake=(Code.BOOKED, Code.REPLIED, Code.REPLAN),
            )
            if notice and notice.code == Code.BOOKED:
                return self.booked(notice.ref)
            if notice and notice.code == Code.REPLAN:
                continue
            answer = await self.ask(self.task("call", attempt), wake=(Code.BOOKED,))
            if isinstance(answer, Notice):
                return self.booked(answer.ref)
            if departure := self.departure_after(answer):
                return departure
            if planned.email_if_unanswered and answer.code in UNANSWERED:
                await self.mail_after_call(attempt)
            last_task = answer.task_id
            # A call the lead asked for is none of the attempts the policy counts.
            attempt += answer.code != "call_back"

    def departure_after(self, answer: Disposition) -> Departure | None:
        """Where a call's disposition leads; None when there is another attempt to plan."""
        match answer.code:
            case "meeting_booked":
                return self.booked(answer.ref)
            case "not_interested" | "wrong_number":
                return Departure(Phase.RECYCLE, answer.code)
            case "unqualified":
                return end("disqualified", answer.code)
            case _:
                return None

    async def mail_after_call(self, attempt: int) -> None:
        """Write to a lead that did not pick up."""
        key = f"{workflow.info().run_id}:after-call:{attempt}"
        await steps.send_one(SendOne(self.state.lead_id, key, "follow-up-after-call"))

    def booked(self, meeting_id: int) -> Departure:
        """On to the appointment."""
        return Departure(Phase.MEETING, Code.BOOKED, meeting_id=meeting_id)

    def task(self, kind: str, attempt: int) -> TaskRequest:
        """Work for the lead's SDR."""
        return TaskRequest(
            key=f"{workflow.info().run_id}:{kind}:{attempt}",
            lead_id=self.state.lead_id,
            kind=kind,
            attempt=attempt,
        )
