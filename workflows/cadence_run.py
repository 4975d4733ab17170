"""One lead going through one cadence: rest until the step is due, do it, plan the next."""

from __future__ import annotations

from temporalio import workflow

from domain.contracts.journey import Enrolled, EventCode, JourneyEvent, RunStep, TaskRequest
from domain.contracts.tasks import Disposition, TaskKind
from workflows import activity_stubs
from workflows.waiting import Inbox


async def run_cadence(
    inbox: Inbox, enrolled: Enrolled, *, beside: bool = False, also: tuple[str, ...] = ()
) -> JourneyEvent:
    """Take the lead through the cadence it is enrolled in, maybe ``beside`` its phase. The events
    in ``also`` end it early, besides those that the cadence names.

    Returns:
        The event that ended it early, or one whose code is the cadence's own exit reason
        (``exhausted`` at its last step).
    """
    plan = enrolled.plan
    wake = (*enrolled.exit_on, *also)
    while plan.kind != "exit":
        event = await inbox.rest(
            plan.seconds,
            wait=plan.wait,
            summary=plan.summary,
            wake=(*wake, EventCode.REPLAN),
        )
        if event and event.code != EventCode.REPLAN:
            return event
        completed = False
        if plan.kind == "task" and not event:
            result = await inbox.ask(_task(inbox, enrolled, plan.step), wake)
            if isinstance(result, JourneyEvent):
                return result
            match result.disposition:
                case Disposition.MEETING_BOOKED:
                    return JourneyEvent(EventCode.BOOKED, ref=result.ref)
                case Disposition.NOT_INTERESTED:
                    return JourneyEvent(result.disposition)
            completed = True
        inbox.turn += 1
        plan = await activity_stubs.run_step(
            RunStep(
                enrolled.enrollment_id,
                plan.step,
                plan.due,
                completed,
                inbox.state.meeting_id,
                beside,
                inbox.turn,
                workflow.now().isoformat(),
            )
        )
    return JourneyEvent(plan.reason)


def _task(inbox: Inbox, enrolled: Enrolled, step: str) -> TaskRequest:
    return TaskRequest(
        key=f"{workflow.info().run_id}:{step}",
        lead_id=inbox.state.lead_id,
        kind=TaskKind.CADENCE,
        enrollment_id=enrolled.enrollment_id,
        step=step,
    )
