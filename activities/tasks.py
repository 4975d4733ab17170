"""Human task activities: open, wait, close."""

from __future__ import annotations

from typing import assert_never, cast

from sqlalchemy import Connection
from temporalio import activity

from activities.lead_messages import message_work
from activities.resources import Resources
from activities.sales_work import customer_work, work_for
from activities.work import Work, times
from crash_points import crash_point
from domain.cadences.cadence import TaskStep
from domain.checking.policies import MeetingPolicy
from domain.contracts.journey import AwaitDisposition, CloseTask, OpenedTask, TaskRequest
from domain.contracts.tasks import TaskKind, TaskResult
from domain.contracts.waits import STARTING, WaitKind, wait_until
from domain.sales.follow_up import FollowUpPolicy
from domain.tasks.rules import TASKS
from domain.time.spans import Duration
from store.journeys import enrollment_entries
from store.journeys.enrollment_steps import cadence_version_of
from store.published import cadences
from store.published.policies import policy
from store.sla.business_time import clocked
from store.tasks import tasks
from store.views.next_actions import is_prospect


class TaskActivities:
    """The activities that bring work to people."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @activity.defn(no_thread_cancel_exception=True)
    def open_task(self, request: TaskRequest) -> OpenedTask:
        """Write the row of a task; it is in the owner's list from now on. None, with the id 0, for
        an enrollment that was undone."""
        now = self.resources.now()
        info = activity.info()
        with self.resources.engine.begin() as connection:
            if request.enrollment_id and enrollment_entries.is_undone(
                connection, request.lead_id, request.enrollment_id
            ):
                return OpenedTask(0, 0.0, STARTING)
            work = self._work(connection, request)
            row = tasks.open_task(
                connection,
                request,
                title=work.title,
                instructions=work.instructions,
                facts=work.facts,
                dispositions=TASKS[request.kind].dispositions,
                opened_at=now,
                due=work.due,
                deadline=self._deadline(work, request),
                workflow_id=info.workflow_id or "",
                run_id=info.workflow_run_id or "",
                owner=work.owner,
            )
        return OpenedTask(
            row.id,
            self.resources.seconds_until(row.deadline_at, now),
            wait_until(
                WaitKind.PERSON,
                row.due_at,
                task=row.id,
                kind=request.kind,
                attempt=request.attempt,
            ),
            watch_seconds=self.resources.seconds_until_look(row.look_at, now),
        )

    @activity.defn(no_thread_cancel_exception=True)
    def await_disposition(self, request: AwaitDisposition) -> TaskResult:
        """Stay open until a person is done; the relay then completes this activity by id."""
        with self.resources.engine.begin() as connection:
            result = tasks.result_of(connection, request.task_id)
        if result is None:
            activity.raise_complete_async()
        crash_point("tasks.disposition_read")
        return result

    @activity.defn(no_thread_cancel_exception=True)
    def close_task(self, request: CloseTask) -> TaskResult:
        """Withdraw or expire a task, unless a person was faster: then theirs counts."""
        with self.resources.engine.begin() as connection:
            return tasks.close_task(
                connection, request.task_id, request.state, self.resources.now()
            )

    def _deadline(self, work: Work, request: TaskRequest) -> Duration:
        if not request.seconds_left:
            return work.deadline
        return self.resources.journey_span(request.seconds_left)

    def _work(self, connection: Connection, request: TaskRequest) -> Work:
        match request.kind:
            case TaskKind.CADENCE:
                return self._cadence_work(connection, request)
            case TaskKind.QUALIFY | TaskKind.CALL | TaskKind.LEAD_MESSAGE:
                return _follow_up_work(connection, request)
            case TaskKind.MEETING_OUTCOME:
                meeting = policy(connection, MeetingPolicy)
                return Work(clocked(meeting.outcome_due), clocked(meeting.outcome_deadline))
            case TaskKind.OPPORTUNITY | TaskKind.LOSS_REVIEW:
                return work_for(connection, request)
            case (
                TaskKind.HAND_OVER | TaskKind.CUSTOMER_QUESTION | TaskKind.RENEWAL | TaskKind.UPSELL
            ):
                return customer_work(connection, request, self.resources.now())
            case TaskKind.TO_DO:
                raise ValueError("A person opens a to-do, no journey does.")
            case _:
                assert_never(request.kind)

    def _cadence_work(self, connection: Connection, request: TaskRequest) -> Work:
        version = cadence_version_of(connection, request.enrollment_id)
        cadence = cadences.cadence_version(self.resources.engine, version).cadence
        step = cast(TaskStep, cadence.step(request.step))
        due = clocked(step.task.due)
        return Work(
            due,
            times(due, 3),
            {"does": step.task.kind},
            title=step.task.title,
            instructions=step.task.instructions,
        )


def _follow_up_work(connection: Connection, request: TaskRequest) -> Work:
    promise = policy(connection, FollowUpPolicy)
    if request.kind == TaskKind.LEAD_MESSAGE:
        return message_work(connection, request, promise)
    if request.kind == TaskKind.QUALIFY:
        return Work(promise.qualify_due, promise.qualify_deadline)
    rules = promise.calls(is_prospect(connection, request.lead_id))
    return Work(promise.call_due, promise.call_deadline, {"attempts": rules.attempts})
