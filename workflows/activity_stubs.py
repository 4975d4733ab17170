"""What a journey asks of the outside world: one function per activity, with its queue, its time
limits and the line ops read in the UI.

Activities are called by name, so that no workflow imports the code that does I/O; a test holds
names, arguments and results against the activities that workers register.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    FailureError,
    is_cancelled_exception,
)

from domain.contracts.confirmation import AskToConfirm
from domain.contracts.daily_figures import FiguresKept, FiguresTold, KeepFigures, TellFigures
from domain.contracts.journey import (
    EMAIL_QUEUE,
    AdvanceOpportunity,
    BeginCadence,
    CallOffMeeting,
    CloseOpportunity,
    CloseTask,
    EndJourney,
    Enrolled,
    Entered,
    EnterRecycle,
    FindWayBack,
    MeetingPlan,
    OpenedTask,
    OpenOpportunity,
    OpportunityOpened,
    PhaseEntry,
    Plan,
    PlanMeeting,
    RecycleStay,
    RunStep,
    SendOne,
    TaskRequest,
    WayBack,
)
from domain.contracts.journey_sales import (
    CustomerCare,
    DatePassed,
    EndCare,
    EnforcePromises,
    FindNextDate,
    FindNextMeeting,
    LeaveCadence,
    NextCall,
    NextDate,
    NextMeeting,
    OutcomeMissing,
    PauseSlaClocks,
    PlanNextCall,
    PromisesEnforced,
    StallAnswer,
    StandsStill,
    WelcomeCustomer,
)
from domain.contracts.notifications import (
    AlertEscalated,
    EscalateAlert,
    NotifyUser,
    UserNotified,
)
from domain.contracts.rescoring import EscalateBacklog, Escalation, RescoreLeads, RescoreProgress
from domain.contracts.sales_sweep import SalesSwept, SweepSales
from domain.contracts.tasks import TaskResult
from domain.contracts.webhooks import WEBHOOK_QUEUE, WebhookAttempt, WebhookAttempted
from domain.contracts.written_mail import SendWrittenMail

Answer = TypeVar("Answer")

# Databases and providers come back; a journey waits for them rather than fail. What only needs
# our own servers goes on within seconds of their return, however long they were away.
FIRST_RETRY = timedelta(seconds=1)
FOREVER = RetryPolicy(
    initial_interval=FIRST_RETRY,
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=4),
)
PROVIDERS = RetryPolicy(
    initial_interval=FIRST_RETRY,
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=30),
)
ONCE = RetryPolicy(maximum_attempts=1)
RECORD_LIMIT = timedelta(seconds=30)
SEND_LIMIT = timedelta(seconds=90)
FIGURES_LIMIT = timedelta(hours=2)
FIGURES_HEARTBEAT = timedelta(minutes=10)
"""One statement over all that there is may take that long, and nobody waits for it."""
"""All days are counted anew each time: what is known late is about days long ago."""
WITHIN_TASK_LIMIT = timedelta(seconds=10)
"""How long what is done within a workflow task waits until it is begun."""
SHORTEST_STANDSTILL, LONGEST_STANDSTILL = timedelta(hours=1), timedelta(days=1)
"""How long a workflow waits for somebody to fix what no other attempt could."""
HEARTBEAT = timedelta(seconds=10)
"""A worker that says nothing for so long is dead, and another attempt begins."""


async def enter_phase(entry: PhaseEntry) -> Entered:
    """Record that the lead moved into a phase."""
    return await _record("enter_phase", entry, Entered, f"Enter {entry.phase}: {entry.reason}")


async def begin_cadence(request: BeginCadence) -> Enrolled:
    """Enroll the lead and plan the first step."""
    return await _record("begin_cadence", request, Enrolled, f"Enroll in {request.cadence}")


async def find_way_back(request: FindWayBack) -> WayBack:
    """Where the lead was before it was enrolled by hand."""
    return await _record("find_way_back", request, WayBack, "Undo the enrollment")


async def run_step(request: RunStep) -> Plan:
    """Do the step that is due; the answer is the plan for the next one.

    Most are done within the workflow task, for a quarter of what an activity costs. The queue
    ``email`` does what can't be done at once, and every other attempt.
    """
    summary = f"Step {request.step}"
    plan = await _try("run_step", request, Plan, summary)
    if plan is None or plan.kind == "queue":
        plan = await _send("run_step", request, Plan, summary)
    return plan


async def send_one(request: SendOne) -> None:
    """Send one mail outside a cadence."""
    await _send("send_one", request, type(None), f"Send {request.template}")


async def ask_to_confirm(request: AskToConfirm) -> None:
    """Ask an address whether it is its reader's own."""
    await _send("ask_to_confirm", request, type(None), f"Ask to confirm, time {request.number}")


async def send_written_mail(request: SendWrittenMail) -> None:
    """Send what a colleague wrote."""
    await _send("send_written_mail", request, type(None), f"Send mail {request.mail_id}")


async def open_task(request: TaskRequest) -> OpenedTask:
    """Write the row of a task for a person."""
    return await _record(
        "open_task", request, OpenedTask, f"Open {request.kind} task, attempt {request.attempt}"
    )


async def close_task(request: CloseTask) -> TaskResult:
    """Withdraw or expire a task; if a person was faster, their disposition comes back."""
    return await _record(
        "close_task", request, TaskResult, f"Task {request.task_id} {request.state}"
    )


async def enforce_promises(request: EnforcePromises) -> PromisesEnforced:
    """Do what the SLA demands about a task that nobody has done yet."""
    return await _record(
        "enforce_promises", request, PromisesEnforced, f"SLA of task {request.task_id}"
    )


async def pause_sla_clocks(request: PauseSlaClocks) -> None:
    """Have the clocks of the SLA stand still, or go on."""
    summary = "Stop the SLA clocks" if request.paused else "Let the SLA clocks go on"
    await _record("pause_sla_clocks", request, type(None), summary)


async def plan_next_call(request: PlanNextCall) -> NextCall:
    """What follows a call, and when."""
    return await _record(
        "plan_next_call", request, NextCall, f"Plan the call after attempt {request.attempt}"
    )


async def plan_meeting(request: PlanMeeting) -> MeetingPlan:
    """Reminders and end of an appointment."""
    return await _record("plan_meeting", request, MeetingPlan, f"Plan meeting {request.meeting_id}")


async def call_off_meeting(request: CallOffMeeting) -> str:
    """Cancel a booked appointment; the answer is its key in the ledger, '' if there is none."""
    return await _record("call_off_meeting", request, str, f"Call off meeting {request.meeting_id}")


async def next_meeting(request: FindNextMeeting) -> NextMeeting:
    """What else the lead of a meeting has that did not come about."""
    return await _record(
        "next_meeting", request, NextMeeting, f"What follows meeting {request.meeting_id}"
    )


async def outcome_is_missing(request: OutcomeMissing) -> None:
    """Remind whose meeting it was, then tell the manager."""
    summary = f"Nobody said how meeting {request.meeting_id} went"
    await _record("outcome_is_missing", request, type(None), summary)


async def open_opportunity(request: OpenOpportunity) -> OpportunityOpened:
    """Record the opportunity that a held meeting may lead to."""
    return await _record("open_opportunity", request, OpportunityOpened, "Open opportunity")


async def advance_opportunity(request: AdvanceOpportunity) -> str:
    """Move the opportunity on; the answer is its stage now."""
    return await _record("advance_opportunity", request, str, "Advance to the next stage")


async def close_opportunity(request: CloseOpportunity) -> None:
    """Record the outcome of an opportunity and tell the lead's journey."""
    await _record("close_opportunity", request, type(None), f"Close: {request.outcome}")


async def opportunity_stands_still(request: StandsStill) -> StallAnswer:
    """Do what the policy says about an opportunity whose stage ran over."""
    return await _record(
        "opportunity_stands_still", request, StallAnswer, f"Stands still, time {request.overruns}"
    )


async def leave_cadence(request: LeaveCadence) -> None:
    """End an enrollment that runs beside the lead's phase."""
    await _record("leave_cadence", request, type(None), f"Leave the cadence: {request.reason}")


async def welcome_customer(request: WelcomeCustomer) -> CustomerCare:
    """Record that the lead bought and hand it to who looks after customers."""
    return await _record(
        "welcome_customer", request, CustomerCare, f"New customer: {request.entry.reason}"
    )


async def next_date(request: FindNextDate) -> NextDate:
    """The next renewal or upsell of a customer."""
    return await _record("next_date", request, NextDate, "Find the next date")


async def date_passed(request: DatePassed) -> None:
    """Record what came of a date and move it on."""
    await _record("date_passed", request, type(None), f"Date passed: {request.disposition}")


async def end_care(request: EndCare) -> None:
    """Take a customer that leaves out of the hands of who looked after it."""
    await _record("end_care", request, type(None), "End the customer's care")


async def enter_recycle(request: EnterRecycle) -> RecycleStay:
    """Enter the recycle stage and ask how long to stay."""
    return await _record("enter_recycle", request, RecycleStay, f"Recycle: {request.reason}")


async def end_journey(request: EndJourney) -> None:
    """Record how the journey ended."""
    await _record("end_journey", request, type(None), f"End: {request.outcome}")


async def rescore_leads(request: RescoreLeads) -> RescoreProgress:
    """Count the next leads of a scoring run anew."""
    return await _record("rescore_leads", request, RescoreProgress, f"Scoring run {request.run_id}")


async def escalate_backlog(request: EscalateBacklog) -> Escalation:
    """Hand over the next of those whom new rules made ready."""
    return await _record(
        "escalate_backlog", request, Escalation, f"Backlog of run {request.run_id}"
    )


async def send_webhook(request: WebhookAttempt) -> WebhookAttempted:
    """Try to deliver an event to an endpoint."""
    return await _post("send_webhook", request, WebhookAttempted, "Send the event")


async def sweep_sales(request: SweepSales) -> SalesSwept:
    """Look after what time alone changes in sales."""
    return await _record(
        "sweep_sales", request, SalesSwept, "Sweep absences and the unassigned queue"
    )


async def keep_figures(request: KeepFigures) -> FiguresKept:
    """Keep the figures of the days that are over, and what has stopped."""
    return await _record(
        "keep_figures",
        request,
        FiguresKept,
        "Keep the figures of the day",
        limit=FIGURES_LIMIT,
        heartbeat=FIGURES_HEARTBEAT,
    )


async def tell_figures(request: TellFigures) -> FiguresTold:
    """Have the weekly digests go out that are due."""
    return await _record("tell_figures", request, FiguresTold, "Send the digests of the week")


async def escalate_alert(request: EscalateAlert) -> AlertEscalated:
    """Tell the manager of an alert, if its time has come."""
    return await _record("escalate_alert", request, AlertEscalated, "Has anybody reacted?")


async def notify_user(request: NotifyUser) -> UserNotified:
    """Bring a user what waits for a way."""
    return await _post("notify_user", request, UserNotified, f"Bring what waits by {request.way}")


async def _record(
    name: str,
    request: object,
    answer: type[Answer],
    summary: str,
    *,
    limit: timedelta = RECORD_LIMIT,
    heartbeat: timedelta = HEARTBEAT,
) -> Answer:
    return await _do(
        name, request, answer, summary, retries=FOREVER, limit=limit, heartbeat=heartbeat
    )


async def _try(name: str, request: object, answer: type[Answer], summary: str) -> Answer | None:
    """The answer of a local activity; None when it failed, and it is time for another attempt."""
    try:
        result: Answer = await workflow.execute_local_activity(
            name,
            request,
            result_type=answer,
            schedule_to_start_timeout=WITHIN_TASK_LIMIT,
            start_to_close_timeout=SEND_LIMIT,
            retry_policy=ONCE,
            summary=summary,
        )
    except FailureError as error:  # The SDK wraps failures of activities only.
        if is_cancelled_exception(error):
            raise
        failure = error.cause if isinstance(error, ActivityError) else error
        asked = failure.next_retry_delay if isinstance(failure, ApplicationError) else None
        await workflow.sleep(asked or FIRST_RETRY, summary=f"{name}: again then, by the queue")
        return None
    return result


async def _send(name: str, request: object, answer: type[Answer], summary: str) -> Answer:
    return await _do(
        name, request, answer, summary, retries=PROVIDERS, queue=EMAIL_QUEUE, limit=SEND_LIMIT
    )


async def _post(name: str, request: object, answer: type[Answer], summary: str) -> Answer:
    return await _do(name, request, answer, summary, retries=PROVIDERS, queue=WEBHOOK_QUEUE)


async def _do(
    name: str,
    request: object,
    answer: type[Answer],
    summary: str,
    *,
    retries: RetryPolicy,
    queue: str | None = None,
    limit: timedelta = RECORD_LIMIT,
    heartbeat: timedelta = HEARTBEAT,
) -> Answer:
    wait = SHORTEST_STANDSTILL
    while True:
        try:
            result: Answer = await workflow.execute_activity(
                name,
                request,
                result_type=answer,
                task_queue=queue,
                start_to_close_timeout=limit,
                heartbeat_timeout=heartbeat,
                retry_policy=retries,
                summary=summary,
            )
        except ActivityError as error:
            cause = error.cause
            if not isinstance(cause, ApplicationError) or not cause.non_retryable:
                raise
            # Ops have been told. A workflow that failed would be lost with its lead.
            await workflow.sleep(wait, summary=f"{name} can't be done ({cause.type}): again then")
            wait = min(2 * wait, LONGEST_STANDSTILL)
        else:
            return result
