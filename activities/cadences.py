"""Going through a cadence: enroll, do the step that is due, plan the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection
from temporalio import activity

from activities.email import Email, TouchDelivery, deliver, in_hand
from activities.resources import Resources
from activities.sentences import local_time
from domain.cadences.cadence import ALWAYS_EXIT, END, BranchStep, Cadence, EmailStep
from domain.cadences.entry import WhyNot
from domain.cadences.next_step import (
    DUE_TOLERANCE,
    Due,
    NextStep,
    Position,
    after_sending,
    first_step,
    next_step,
)
from domain.cadences.planner import ARCHIVED
from domain.consent.policy import Room
from domain.contracts.journey import (
    BeginCadence,
    Enrolled,
    EventCode,
    FindWayBack,
    Phase,
    Plan,
    RunStep,
    WayBack,
)
from domain.contracts.journey_sales import LeaveCadence
from domain.contracts.waits import Obstacle, WaitKind, wait_until
from domain.refusals import CadenceArchived
from domain.rules.facts import reach_facts
from domain.scoring.interest import Interest
from domain.scoring.policy import ScoringPolicy
from domain.scoring.standing import standing_of
from domain.time.window import begins
from mail.merge import greeted_as, lead_facts, merge_fields, owner_of
from mail.senders import choose_sender
from metrics import STEP_LATENESS
from store.consent.consent import consent_version
from store.journeys import enrollment_entries, enrollment_steps, journeys
from store.journeys.enrollment_steps import EnrolledLead, EnrollmentStep
from store.journeys.journeys import EnrollmentRow
from store.meetings.meeting_rows import meeting_details
from store.published import cadences
from store.published.policies import policy
from store.scoring.engagement import engagement_facts
from store.scoring.lead_standing import is_ready_on_entry
from store.scoring.scoring import points_now

_WAITS = {
    "send": WaitKind.MAIL,
    "task": WaitKind.CADENCE_TASK,
    "decide": WaitKind.BRANCH,
    "exit": WaitKind.CADENCE_END,
}
_OBSTACLES = {
    "recipient": Obstacle.RECIPIENT,
    "sender": Obstacle.SENDER,
    "limit": Obstacle.LIMIT,
    "stopped": Obstacle.SENDER_STOPPED,
    "paused": Obstacle.CADENCE_PAUSED,
}
LATE_SECONDS = 60.0
"""Real seconds. A step that a busy system gets to this much late was on time: a mail that was due
in the last minute of its window goes now, not on the next day the window opens."""


@dataclass(frozen=True)
class Pass:
    """One enrollment at work: the lead as it is now and the cadence version it runs."""

    row: EnrolledLead
    version: cadences.PublishedCadence
    position: Position

    @property
    def cadence(self) -> Cadence:
        return self.version.cadence


class CadenceActivities:
    """The activities of a cadence run."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @activity.defn(no_thread_cancel_exception=True)
    def begin_cadence(self, request: BeginCadence) -> Enrolled:
        """Enroll the lead in the newest version of the cadence and plan the first step.

        A lead that is ready for sales already leaves at once. One whose enrollment by hand was
        undone goes on where it was. Nobody begins a cadence that is archived: such a lead goes on
        as at a cadence's end.

        Raises:
            CadenceMissing: it was never published; retried, so that
                publishing it lets the journey go on.
            LookupError: there is no such lead.
        """
        now = self.resources.now()
        why = request.entry.reason if request.entry else ""
        with self.resources.engine.begin() as connection:
            if why == EventCode.ENROLLED:
                enrollment_entries.begin(connection, request.lead_id, now)
            entered = None
            if request.entry:
                entered = journeys.record_entry(connection, request.entry, now)
            resumed = None
            if why == EventCode.UNENROLLED:
                resumed = enrollment_entries.take_up(connection, request.lead_id)
                if resumed is None:
                    # The run of before was undone on the way: further back.
                    return Enrolled(0, [], Plan("exit", reason=why), entered)
            enrollment = resumed or self._enroll(connection, request, now)
            if enrollment is None:
                if why == EventCode.ENROLLED:
                    enrollment_entries.stay_out(connection, request.lead_id, WhyNot.ARCHIVED)
                return Enrolled(0, [], Plan("exit", reason=ARCHIVED), entered)
            if why == EventCode.ENROLLED and enrollment_entries.begun(
                connection, request.lead_id, enrollment.id
            ):
                journeys.leave_enrollment(connection, enrollment.id, EventCode.UNENROLLED, now)
            current = self._load(connection, enrollment.id, request.meeting_id, now)
            if current.row.ended_at is not None:
                plan = Plan("exit", reason=current.row.exit_reason)
            else:
                first = self._resumed(current, now) if resumed else None
                if first is None:
                    enters = request.entry is not None and why != "moved"
                    ready = enters and is_ready_on_entry(connection, request.lead_id, now)
                    first = first_step(current.position, now, ready=ready)
                plan = self._plan(current, first)
                self._remember(connection, current, plan, first)
        exit_on: list[str] = sorted({*current.cadence.exit_on, *ALWAYS_EXIT})
        return Enrolled(enrollment.id, exit_on, plan, entered)

    @activity.defn(no_thread_cancel_exception=True)
    def run_step(self, request: RunStep) -> Plan:
        """Do the step that is due and plan the next, as :func:`domain.cadences.next_step.next_step`
        decides. As a local activity it leaves a mail that can't be sent at once to the queue.

        Raises:
            ApplicationError: as :func:`activities.email.deliver`; or another attempt has planned
                meanwhile, which is what the journey goes by.
        """
        info = activity.info()
        now = self.resources.now()
        if info.is_local:
            # It is the machine that says when this began; what counts is the server's clock.
            began = datetime.fromisoformat(request.now)
            now = self.resources.settings.clock().journey_time(began)
        turn = f"{info.workflow_run_id}:{request.turn}:"
        with self.resources.statements.connect() as connection:
            current = self._load(connection, request.enrollment_id, request.meeting_id, now, turn)
        if current.row.ended_at is not None:
            # An earlier attempt got this far, and died before Temporal heard of it.
            return Plan("exit", reason=current.row.exit_reason)
        due = Due(
            request.step,
            datetime.fromisoformat(request.due),
            completed=request.completed,
            # A branch that was decided stays so, whatever the lead has done since.
            begun=current.row.begun or "",
            answered=self._answer_of(current) if request.beside else "",
        )
        late = self.resources.journey_span(LATE_SECONDS)
        step = next_step(current.position, due, now, late=late)
        room: Room | None = None
        if step.sends:
            delivery = self._send(current, step.move.step, step.now, request.meeting_id, turn)
            if delivery.state == "queue":
                return Plan("queue")
            room = delivery.room
            step = after_sending(
                current.position,
                step,
                obstacle=_obstacle(delivery),
                until=room.at if room else delivery.until,
            )
            STEP_LATENESS.observe(self.resources.seconds_until(now, due.at))
        plan = self._plan(current, step, room)
        with self.resources.statements.connect() as connection:
            if not self._remember(connection, current, plan, step):
                raise in_hand()
        return plan

    @activity.defn(no_thread_cancel_exception=True)
    def find_way_back(self, request: FindWayBack) -> WayBack:
        """Where a lead was before it was enrolled by hand, which was undone."""
        with self.resources.engine.begin() as connection:
            return enrollment_entries.way_back(connection, request.lead_id)

    @activity.defn(no_thread_cancel_exception=True)
    def leave_cadence(self, request: LeaveCadence) -> None:
        """End an enrollment, if it has not ended yet."""
        with self.resources.engine.begin() as connection:
            journeys.leave_enrollment(
                connection, request.enrollment_id, request.reason, self.resources.now()
            )

    def _enroll(
        self, connection: Connection, request: BeginCadence, now: datetime
    ) -> EnrollmentRow | None:
        """The lead's enrollment; None in a cadence that nobody enters any more."""
        key = f"{request.key}:{request.cadence}"
        try:
            latest = cadences.latest_cadence(connection, request.cadence)
        except CadenceArchived:
            return journeys.enrolled_before(connection, key)
        return journeys.enroll(
            connection,
            key=key,
            lead_id=request.lead_id,
            cadence_version_id=latest.id,
            cycle=request.cycle,
            at=now,
        )

    def _resumed(self, current: Pass, now: datetime) -> NextStep | None:
        """What an enrollment goes on with that was left for a while; None when it had not got as
        far as a plan."""
        row = current.row
        if row.due_at is None:
            return None
        due = Due(row.planned_step, row.due_at)
        step = next_step(current.position, due, now, late=DUE_TOLERANCE)
        return replace(step, sends=False)

    def _answer_of(self, current: Pass) -> str:
        """What the lead did since that ends a cadence beside its phase, '' if nothing: that phase
        may keep the news to itself."""
        with self.resources.statements.connect() as connection:
            answer = journeys.answer_since(connection, current.row.enrollment_id)
        return answer if answer in (*current.cadence.exit_on, *ALWAYS_EXIT) else ""

    def _send(
        self, current: Pass, step: str, now: datetime, meeting_id: int, turn: str
    ) -> TouchDelivery:
        email_step = cast(EmailStep, current.cadence.step(step))
        row = current.row
        rules = consent_version(self.resources.engine, row.consent_version)
        with self.resources.statements.connect() as connection:
            about = meeting_details(connection, meeting_id) if meeting_id else None
            who = rules.sender_of(current.cadence.topic)
            owner = owner_of(row, about)
            settings, topic = self.resources.settings, current.cadence.topic
            sender = choose_sender(connection, settings, who, owner, topic)
            template = cadences.template_version(
                self.resources.engine,
                current.version.template_version_id(email_step.email, row.language),
            )
            fields = merge_fields(connection, settings, row, about, template.language)
        return deliver(
            self.resources,
            Email(
                key=f"enrollment-{row.enrollment_id}:{step}:1",
                lead_id=row.id,
                recipient=row.email,
                recipient_name=greeted_as(row),
                step=step,
                template_version_id=template.id,
                template=template.compiled,
                fields=fields,
                sender=sender,
                topic=topic,
                caps=rules.caps,
                enrollment_id=row.enrollment_id,
                turn=turn,
                waited=row.put_off_from is not None,
            ),
            now,
        )

    def _plan(self, current: Pass, step: NextStep, room: Room | None = None) -> Plan:
        """The step as the journey carries it out. The end of a cadence is waited for like any
        other step: a lead may still answer its last mail."""
        move, now = step.move, step.now
        if move.kind == "exit" and move.due - now <= DUE_TOLERANCE:
            return Plan("exit", reason=move.exit_reason)
        name = current.cadence.name
        when = local_time(move.due, current.row.time_zone, now)
        obstacle = step.obstacle
        facts: dict[str, int | str] = {"cadence": name}
        if move.kind in ("send", "task"):
            facts["number"] = current.cadence.touch_number(move.step)
        if obstacle == Obstacle.CAPPED and room is not None:
            facts |= {"times": room.cap.times, "per": str(room.cap.per)}
        wait = wait_until(_WAITS[move.kind], move.due, because=obstacle or "", **facts)
        summary = f"{name}: {move.step or 'the end'}, {when}"
        if obstacle is not None:
            summary = f"{summary} ({obstacle})"
        return Plan(
            # A task of a cadence that is paused opens only after another look.
            kind="task" if move.kind == "task" and not current.position.paused else "send",
            step=move.step,
            seconds=self.resources.seconds_until(move.due, now),
            due=move.due.isoformat(),
            wait=wait,
            summary=summary,
        )

    def _load(
        self,
        connection: Connection,
        enrollment_id: int,
        meeting_id: int,
        now: datetime,
        turn: str = "",
    ) -> Pass:
        row = enrollment_steps.load(connection, enrollment_id, turn)
        version = cadences.cadence_version(self.resources.engine, row.cadence_version_id)
        cadence = version.cadence
        after_meeting = row.phase == Phase.MEETING
        position = Position(
            cadence,
            self._facts(connection, row, cadence, now),
            row.time_zone,
            row.country,
            after_meeting=after_meeting,
            meeting_ended_at=enrollment_steps.meeting_end(connection, meeting_id)
            if after_meeting and meeting_id
            else None,
            do_not_market=bool(row.do_not_market_for_good) or row.do_not_market_until is not None,
            do_not_market_until=row.do_not_market_until,
            back_at=begins(row.away_until, row.time_zone) if row.away_until else None,
            sent_before=enrollment_steps.sent_before(connection, row.id, row.cycle)
            if row.cycle > 1
            else frozenset(),
            planned_step=row.planned_step,
            counted_from=row.counted_from,
            counted_since=row.counted_since,
            put_off_from=row.put_off_from,
            returned=row.returned,
            paused=row.paused,
        )
        return Pass(row, version, position)

    def _facts(
        self, connection: Connection, row: EnrolledLead, cadence: Cadence, now: datetime
    ) -> dict[str, Any]:
        if not any(isinstance(step, BranchStep) for step in cadence.steps):
            return {}
        lead = lead_facts(row) | {"source": row.source, "stage": row.stage}
        lead |= reach_facts(row.email, row.phone, opted_out=row.opted_out)
        rules = policy(connection, ScoringPolicy)
        points = points_now(rules, Interest(row.interest, row.interest_as_of), now)
        standing = standing_of(rules, row.fit, points)
        return {
            "lead": lead,
            "score": points,
            "fit": standing.grade[0],
            "interest": standing.level,
            "engagement": engagement_facts(connection, row.id),
            "cycle": row.cycle,
            "reason": row.phase_reason,
        }

    def _remember(self, connection: Connection, current: Pass, plan: Plan, step: NextStep) -> bool:
        move = step.move
        return enrollment_steps.remember(
            connection,
            current.row,
            EnrollmentStep(
                step=plan.step or END,
                due_at=plan.due or None,
                ended_at=step.now if plan.kind == "exit" else None,
                exit_reason=plan.reason,
                unanswered=dict(move.unanswered),
                counted_from=move.counted_from,
                counted_since=move.counted_since,
                put_off_from=step.put_off_from,
            ),
        )


def _obstacle(delivery: TouchDelivery) -> Obstacle | None:
    """Why a mail has to wait that was to go."""
    if delivery.room is not None:
        return Obstacle.CAPPED
    if delivery.until is None:
        return None
    return _OBSTACLES[delivery.why]
