"""One lead going through one cadence: rest until the step is due, do it, plan the next."""

from __future__ import annotations

from temporalio import workflow

from domain.contracts.journey import Code, Enrolled, Notice, RunStep, TaskRequest
from domain.contracts.tasks import Disposition, TaskKind
from workflows import activity_stubs
from workflows.waiting import Inbox


async def run_cadence(
    inbox: Inbox, enrolled: Enrolled, *, beside: bool = False, also: tuple[str, ...] = ()
) -> Notice:
    """Take the lead through the cadence it is enrolled in, maybe ``beside`` its phase. The notices
    in ``also`` end it early, besides those that the cadence names.

    Returns:
        The notice that ended it early, or one whose code is the cadence's own exit reason
        (``exhausted`` at its last step).
    """
    plan = enrolled.plan
    wake = (*enrolled.exit_on, *also)
    while plan.kind != "exit":
        notice = await inbox.rest(
            plan.seconds,
            details=plan.details,
            summary=plan.summary,
            wake=(*wake, Code.REPLAN),
        )
        if notice and notice.code != Code.REPLAN:
            return notice
        completed = False
        if plan.kind == "task" and not notice:
            result = await inbox.ask(_task(inbox, enrolled, plan.step), wake)
            if isinstance(result, Notice):
                return result
            match result.disposition:
                case Disposition.MEETING_BOOKED:
                    return Notice(Code.BOOKED, ref=result.ref)
                case Disposition.NOT_INTERESTED:
                    return Notice(result.disposition)
            completed = True
        plan = await activity_stubs.run_step(
            RunStep(
                enrolled.enrollment_id,
                plan.step,
                plan.due,
                completed,
                inbox.state.meeting_id,
                beside,
            )
        )
    return Notice(plan.reason)


def _task(inbox: Inbox, enrolled: Enrolled, step: str) -> TaskRequest:
    return TaskRequest(
        key=f"{workflow.info().run_id}:{step}",
        lead_id=inbox.state.lead_id,
        kind=TaskKind.CADENCE,
        enrollment_id=enrolled.enrollment_id,
        step=step,
    )
