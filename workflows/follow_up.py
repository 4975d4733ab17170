"""Follow-up: an SDR accepts the lead, then calls until there is an appointment or an answer."""

from __future__ import annotations

from dataclasses import replace

from temporalio import workflow

from domain.contracts.journey import (
    EventCode,
    JourneyEvent,
    JourneyResult,
    JourneyState,
    Phase,
    SendOne,
    TaskRequest,
)
from domain.contracts.journey_sales import (
    CANCELLED_BY_US,
    OUTBOUND,
    OUTCOME_UNKNOWN,
    PauseSlaClocks,
    PlanNextCall,
)
from domain.contracts.tasks import OUT_FOR_GOOD, Disposition, TaskKind
from workflows import activity_stubs
from workflows.phase import JourneyPhase
from workflows.transition import Transition, end


@workflow.defn(name=Phase.FOLLOW_UP)
class FollowUpPhase(JourneyPhase):
    """A lead that marketing handed to sales."""

    phase = Phase.FOLLOW_UP

    @workflow.init
    def __init__(self, state: JourneyState) -> None:
        super().__init__(state)
        self.waits_for_a_call = False
        self.calls_at_once = False
        self.pauses: list[tuple[float, float]] = []

    @workflow.run
    async def run(self, state: JourneyState) -> JourneyResult:
        """Have an SDR qualify and call the lead, then hand it on."""
        return await self.follow(self.story)

    async def story(self) -> Transition:
        """Escalate, qualify, call."""
        if self.state.reason in (OUTBOUND, OUTCOME_UNKNOWN, CANCELLED_BY_US):
            return await self.go_on_calling()
        self.discard(EventCode.SCORE_REACHED, EventCode.REPLIED, EventCode.INTEREST)
        entered = await activity_stubs.enter_phase(self.entry())
        self.assign(entered.owner, entered.score_band)
        if transition := await self.qualify():
            return transition
        return await self.call()

    async def go_on_calling(self) -> Transition:
        """Call a lead that sales chose itself: it has shown nothing, so nothing is to be judged;
        or one that was judged and had its appointment, or would have. It keeps its stage."""
        entered = await activity_stubs.enter_phase(replace(self.entry(), stage=""))
        self.assign(entered.owner, entered.score_band)
        return await self.call()

    async def qualify(self) -> Transition | None:
        """Have the SDR accept or return the lead; None when it was accepted."""
        result = await self.ask(self.task(TaskKind.QUALIFY, 1), wake=(EventCode.BOOKED,))
        if isinstance(result, JourneyEvent):
            return self.booked(result.ref)
        match result.disposition:
            case Disposition.ACCEPT | Disposition.ACCEPT_AND_CALL as accepted:
                self.calls_at_once = accepted == Disposition.ACCEPT_AND_CALL
                return None
            case Disposition.RETURN if result.reason.startswith(OUT_FOR_GOOD):
                return end("disqualified", result.reason.removeprefix(OUT_FOR_GOOD))
            case Disposition.RETURN:
                return Transition(Phase.RECYCLE, result.reason.removeprefix("recycle:"))
            case _:
                return Transition(Phase.RECYCLE, "not_worked")

    async def call(self) -> Transition:
        """Make call after call until one of them decides or the policy knows no other."""
        request = replace(self.next_call(), at_once=self.calls_at_once)
        while True:
            planned = await activity_stubs.plan_next_call(request)
            # A plan that is looked at again follows from a call whose mail has gone out.
            if planned.mail and not request.began:
                await self.mail_after_call(request.after_task, planned.mail)
            if planned.leaves == "disqualify":
                return end("disqualified", planned.plan.reason)
            if planned.leaves:
                return Transition(Phase.RECYCLE, planned.plan.reason)
            self.waits_for_a_call = True
            # A lead that writes back, or is hot, is called now, not at the end of the gap.
            event = await self.rest(
                planned.plan.seconds,
                wait=planned.plan.wait,
                summary=planned.plan.summary,
                wake=(EventCode.BOOKED, EventCode.REPLIED, EventCode.HOT, EventCode.REPLAN),
            )
            self.waits_for_a_call = False
            if event and event.code == EventCode.BOOKED:
                return self.booked(event.ref)
            if event and event.code == EventCode.REPLAN:
                request = replace(request, began=planned.began, pauses=list(self.pauses))
                continue
            result = await self.ask(
                self.task(TaskKind.CALL, planned.attempt), wake=(EventCode.BOOKED,)
            )
            if isinstance(result, JourneyEvent) or result.disposition == Disposition.MEETING_BOOKED:
                return self.booked(result.ref)
            request = replace(
                self.next_call(),
                attempt=planned.attempt,
                after_task=result.task_id,
                again=planned.again,
                owed_task=planned.owed_task,
            )

    def next_call(self) -> PlanNextCall:
        """Begin to wait for a call, with a plan that knows of no pause and all that changed. A lead
        that was hot before has been called just now."""
        self.pauses.clear()
        self.discard(EventCode.REPLAN, EventCode.HOT)
        return PlanNextCall(self.state.lead_id, outbound=self.state.reason == OUTBOUND)

    async def unpaused(self) -> None:
        """Wait while the journey is paused; a call that was waited for is then planned anew, for
        its gap stood still and a time that the lead asked for did not."""
        began = workflow.now().timestamp()
        stood_still = self.state.paused
        holds = stood_still and self.order is None
        if holds:
            await activity_stubs.pause_sla_clocks(PauseSlaClocks(self.state.lead_id, paused=True))
        await super().unpaused()
        if holds:
            await activity_stubs.pause_sla_clocks(PauseSlaClocks(self.state.lead_id, paused=False))
        if stood_still and self.waits_for_a_call:
            self.pauses.append((began, workflow.now().timestamp()))
            self.state.inbox.append(JourneyEvent(EventCode.REPLAN))

    async def mail_after_call(self, task_id: int, template: str) -> None:
        """Write to the lead after a call, once per call."""
        key = f"{workflow.info().run_id}:after-call:task-{task_id}"
        await activity_stubs.send_one(
            SendOne(self.state.lead_id, key, template, after_task=task_id)
        )

    def booked(self, meeting_id: int) -> Transition:
        """On to the appointment."""
        return Transition(Phase.MEETING, EventCode.BOOKED, meeting_id=meeting_id)

    def task(self, kind: TaskKind, attempt: int) -> TaskRequest:
        """Work for the lead's SDR."""
        return TaskRequest(
            key=f"{workflow.info().run_id}:{kind}:{attempt}",
            lead_id=self.state.lead_id,
            kind=kind,
            attempt=attempt,
        )
