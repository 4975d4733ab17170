"""Going through a cadence: enroll, do the step that is due, plan the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection
from temporalio import activity

from activities.email import Delivery, Email, attempts_of, deliver
from activities.resources import Resources
from activities.sentences import local_time
from domain.cadences.cadence import ALWAYS_EXIT, END, BranchStep, Cadence, EmailStep
from domain.cadences.planner import Move, next_move
from domain.consent.policy import Room
from domain.contracts.journey import BeginCadence, Code, Enrolled, Phase, Plan, RunStep
from domain.contracts.journey_sales import LeaveCadence
from domain.rules.facts import reach_facts
from domain.scoring.interest import Interest
from domain.scoring.policy import ScoringPolicy
from domain.scoring.standing import standing_of
from domain.sentences import Value, sentence
from domain.time.window import begins, next_opening
from mail.merge import greeted_as, lead_facts, merge_fields
from metrics import STEP_LATENESS
from store.consent.consent import consent_version
from store.journeys import enrollment_steps, journeys
from store.journeys.enrollment_steps import EnrolledLead, EnrollmentStep
from store.published import cadences
from store.published.policies import policy
from store.scoring.engagement import engagement_facts
from store.scoring.lead_standing import is_ready_on_entry
from store.scoring.scoring import points_now

# Timers and clocks agree to well under this; what is due within it is due now.
DUE_TOLERANCE = timedelta(seconds=5)
LOOK_AGAIN = timedelta(days=365)
"""How long a touch rests whose account is held out of marketing for good, before it looks again."""
JUST_OVER = timedelta(hours=1)
"""For so long after a meeting's end its lead may be written to at any hour."""
LATE_SECONDS = 60.0
"""Real seconds. A step that a busy system gets to this much late was on time: a mail that was due
in the last minute of its window goes now, not on the next day the window opens."""


@dataclass(frozen=True)
class Pass:
    """One enrollment at work: the lead as it is now and the cadence version it runs."""

    row: EnrolledLead
    version: cadences.PublishedCadence
    facts: dict[str, Any]

    @property
    def cadence(self) -> Cadence:
        return self.version.cadence


def _back_at(current: Pass) -> datetime | None:
    """When a lead that is away is back (UTC), as far as it said. Mail about its appointment goes
    all the same."""
    row = current.row
    if row.away_until is None or row.phase == Phase.MEETING:
        return None
    return begins(row.away_until, row.time_zone)


class CadenceActivities:
    """The activities of a cadence run."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @activity.defn(no_thread_cancel_exception=True)
    def begin_cadence(self, request: BeginCadence) -> Enrolled:
        """Enroll the lead in the newest version of the cadence and plan the first step.

        A lead that is ready for sales already leaves at once.

        Raises:
            store.published.cadences.CadenceMissing: it was never published; retried, so that
                publishing it lets the journey go on.
            LookupError: there is no such lead.
        """
        now = self.resources.now()
        with self.resources.engine.begin() as connection:
            entered = None
            if request.entry:
                entered = journeys.record_entry(connection, request.entry, now)
            latest = cadences.latest_cadence(connection, request.cadence)
            enrollment = journeys.enroll(
                connection,
                key=f"{request.key}:{request.cadence}",
                lead_id=request.lead_id,
                cadence_version_id=latest.id,
                cycle=request.cycle,
                at=now,
            )
            current = self._load(connection, enrollment.id, now)
            move = self._move(current, current.cadence.first, now, request.meeting_id)
            moved = request.entry is not None and request.entry.reason == "moved"
            if request.entry and not moved and is_ready_on_entry(connection, request.lead_id, now):
                move = Move("exit", END, now, Code.SCORE_REACHED)
            plan = self._plan(current, move, now)
            self._remember(connection, current, plan, move, now)
        exit_on: list[str] = sorted({*current.cadence.exit_on, *ALWAYS_EXIT})
        return Enrolled(enrollment.id, exit_on, plan, entered)

    @activity.defn(no_thread_cancel_exception=True)
    def run_step(self, request: RunStep) -> Plan:
        """Do the step that is due and plan the next. A step that is not due is planned anew: a
        calendar, a time zone or the send window may have changed since. A mail that was refused
        for a reason of ours after it had been accepted is sent first, and the cadence goes on from
        there."""
        now = self.resources.now()
        due = datetime.fromisoformat(request.due)
        with self.resources.statements.connect() as connection:
            current = self._load(connection, request.enrollment_id, now)
            begun = _begun(connection, request.enrollment_id)
        if current.row.ended_at is not None:
            # An earlier attempt got this far, and died before Temporal heard of it.
            return Plan("exit", reason=current.row.exit_reason)
        if request.beside and (answer := self._answer_of(current)):
            move = Move("exit", END, now, answer)
            plan = self._plan(current, move, now)
            with self.resources.statements.connect() as connection:
                self._remember(connection, current, plan, move, now)
            return plan
        step = current.cadence.successor(request.step) if request.completed else request.step
        step = begun or step
        if current.row.held_from and not begun:
            # Put off by a hold on the account, an absence or a pause of all sending, which may be
            # over now, or shorter.
            due = min(due, current.row.held_from)
        if current.row.returned not in (None, step) and not begun and not request.completed:
            step, due = current.row.returned, min(due, now)
        if due - now > DUE_TOLERANCE:
            move = self._counted_anew(current, step, due, now)
            plan = self._plan(current, move, now)
        else:
            now = max(now, due)
            on_time = not request.completed and now - due <= self.resources.journey_span(
                LATE_SECONDS
            )
            since = due if on_time else now
            plan, move = self._act(
                current,
                step,
                since=since,
                now=now,
                meeting_id=request.meeting_id,
                begun=bool(begun),
            )
            planned = datetime.fromisoformat(request.due)
            STEP_LATENESS.observe(self.resources.seconds_until(now, planned))
        with self.resources.statements.connect() as connection:
            self._remember(connection, current, plan, move, now)
        return plan

    @activity.defn(no_thread_cancel_exception=True)
    def leave_cadence(self, request: LeaveCadence) -> None:
        """End an enrollment, if it has not ended yet."""
        with self.resources.engine.begin() as connection:
            journeys.leave_enrollment(
                connection, request.enrollment_id, request.reason, self.resources.now()
            )

    def _answer_of(self, current: Pass) -> str:
        """What the lead did since that ends a cadence beside its phase, '' if nothing: that phase
        may keep the news to itself."""
        with self.resources.statements.connect() as connection:
            answer = journeys.answer_since(connection, current.row.enrollment_id)
        return answer if answer in (*current.cadence.exit_on, *ALWAYS_EXIT) else ""

    def _act(
        self,
        current: Pass,
        step: str,
        *,
        since: datetime,
        now: datetime,
        meeting_id: int,
        begun: bool,
    ) -> tuple[Plan, Move]:
        """Send what is due at or right after ``step``, judged as of ``since``, then plan on from
        ``now``. What an earlier attempt has ``begun`` is finished, come what may."""
        move = self._move(current, step, since, meeting_id)
        if move.kind == "send" and move.due <= now:
            if not begun and self._is_held(current, now):
                return self._plan_after_the_hold(current, move, now)
            if not begun and (back := _back_at(current)) and back > now:
                return self._plan_when_back(current, move, back, now)
            if begun or not self._was_sent_before(current, move.step):
                delivery = self._send(current, move.step, now, meeting_id)
                if delivery.room is not None:
                    return self._plan_when_there_is_room(current, move.step, delivery.room, now)
                if delivery.until is not None:
                    return self._plan_another_try(current, move, delivery, now)
            move = self._move(current, current.cadence.successor(move.step), now)
        return self._plan(current, move, now), move

    def _counted_anew(self, current: Pass, step: str, due: datetime, now: datetime) -> Move:
        """What a plan that is not due comes to by the lead's time zone, country and calendar of
        now, which may be earlier or later: its waits are counted once more from where they
        began."""
        row = current.row
        if row.counted_since is None or row.planned_step != step:
            return self._move(current, step, due)
        return next_move(
            current.cadence,
            row.counted_from,
            row.counted_since,
            current.facts,
            time_zone=row.time_zone,
            country=row.country,
            earliest=now,
        )

    def _is_held(self, current: Pass, now: datetime) -> bool:
        """Whether sales holds the account out of marketing; what follows a meeting is no
        marketing."""
        row = current.row
        if row.phase == Phase.MEETING:
            return False
        return bool(row.held_for_good) or (row.held_until is not None and row.held_until > now)

    def _plan_after_the_hold(self, current: Pass, move: Move, now: datetime) -> tuple[Plan, Move]:
        """The same step at the first opening of its window after the account is released."""
        row = current.row
        latest = now + LOOK_AGAIN
        until = min(row.held_until or latest, latest)
        due = next_opening(current.cadence.window, until, row.time_zone, row.country)
        with self.resources.statements.connect() as connection:
            enrollment_steps.hold(connection, row.enrollment_id, move.step, move.due)
        later = replace(move, due=due)
        plan = self._plan(current, later, now)
        details = sentence(
            "{what}, because sales holds the account out of marketing", what=plan.details
        )
        return replace(plan, details=details, summary=f"{plan.summary} (held)"), later

    def _plan_when_back(
        self, current: Pass, move: Move, back: datetime, now: datetime
    ) -> tuple[Plan, Move]:
        """The same step at the first opening of its window once the lead is back."""
        row = current.row
        due = next_opening(current.cadence.window, back, row.time_zone, row.country)
        with self.resources.statements.connect() as connection:
            enrollment_steps.hold(connection, row.enrollment_id, move.step, move.due)
        later = Move("send", move.step, due, counted_from=move.step, counted_since=back)
        plan = self._plan(current, later, now)
        details = sentence("{what}, because this lead is away until then", what=plan.details)
        return replace(plan, details=details, summary=f"{plan.summary} (away)"), later

    def _was_sent_before(self, current: Pass, step: str) -> bool:
        """Whether an earlier cycle sent the lead the mail of ``step``, and once is enough."""
        email_step = cast(EmailStep, current.cadence.step(step))
        row = current.row
        if email_step.again or row.cycle == 1:
            return False
        with self.resources.statements.connect() as connection:
            return enrollment_steps.was_sent_before(connection, row.id, row.cycle, email_step.email)

    def _plan_when_there_is_room(
        self, current: Pass, step: str, room: Room, now: datetime
    ) -> tuple[Plan, Move]:
        """The same step at the next opening of its window under the caps, at which both hold: what
        has room keeps it. That is a week and the window's longest pause away at most."""
        row = current.row
        due = next_opening(current.cadence.window, room.at, row.time_zone, row.country)
        later = Move("send", step, due, counted_from=step, counted_since=room.at)
        plan = self._plan(current, later, now)
        values: dict[str, Value] = {
            "what": plan.details,
            "times": room.cap.times,
            "per": str(room.cap.per),
        }
        details = (
            sentence("{what}, because this lead has had its mail of the {per}", **values)
            if room.cap.times == 1
            else sentence(
                "{what}, because this lead has had its {times} mails of the {per}", **values
            )
        )
        return replace(plan, details=details, summary=f"{plan.summary} (capped)"), later

    def _plan_another_try(
        self, current: Pass, move: Move, delivery: Delivery, now: datetime
    ) -> tuple[Plan, Move]:
        """The same step when its mail may be tried again, in its window."""
        row = current.row
        until = max(delivery.until or now, now)
        due = next_opening(current.cadence.window, until, row.time_zone, row.country)
        with self.resources.statements.connect() as connection:
            enrollment_steps.hold(connection, row.enrollment_id, move.step, move.due)
        later = Move("send", move.step, due, counted_from=move.step, counted_since=until)
        plan = self._plan(current, later, now)
        if delivery.why == "recipient":
            details = sentence(
                "{what}, because the recipient's server takes no mail for now", what=plan.details
            )
            return replace(plan, details=details, summary=f"{plan.summary} (put off)"), later
        details = sentence(
            "{what}, because sending is paused: our mail is refused", what=plan.details
        )
        return replace(plan, details=details, summary=f"{plan.summary} (sending paused)"), later

    def _send(self, current: Pass, step: str, now: datetime, meeting_id: int) -> Delivery:
        email_step = cast(EmailStep, current.cadence.step(step))
        row = current.row
        rules = consent_version(self.resources.engine, row.consent_version)
        template = cadences.template_version(
            self.resources.engine,
            current.version.template_version_id(email_step.email, row.language),
        )
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
                fields=merge_fields(self.resources.engine, row, meeting_id, template.language),
                topic=current.cadence.topic,
                caps=rules.caps,
                enrollment_id=row.enrollment_id,
            ),
            now,
        )

    def _move(self, current: Pass, step: str, now: datetime, meeting_id: int = 0) -> Move:
        """What comes next from ``step``. A mail with which a cadence after a meeting begins does
        not wait for the window while the meeting is just over: the lead chose the hour."""
        row = current.row
        move = next_move(
            current.cadence,
            step,
            now,
            current.facts,
            time_zone=row.time_zone,
            country=row.country,
        )
        waits = move.kind == "send" and move.due > now and move.step == current.cadence.first
        if waits and row.phase == Phase.MEETING and self._is_just_over(meeting_id, now):
            return replace(move, due=now)
        return move

    def _is_just_over(self, meeting_id: int, now: datetime) -> bool:
        with self.resources.statements.connect() as connection:
            ended_at = enrollment_steps.meeting_end(connection, meeting_id)
        return ended_at is not None and now - JUST_OVER <= ended_at

    def _plan(self, current: Pass, move: Move, now: datetime) -> Plan:
        """The move as the journey carries it out. The end of a cadence is waited for like any
        other step: a lead may still answer its last mail."""
        if move.kind == "exit" and move.due - now <= DUE_TOLERANCE:
            return Plan("exit", reason=move.exit_reason)
        name = current.cadence.name
        when = local_time(move.due, current.row.time_zone, now)
        number = 0 if move.kind == "exit" else current.cadence.touch_number(move.step)
        values: dict[str, Value] = {
            "cadence": name,
            "number": number,
            "step": move.step,
            "when": when,
        }
        details = {
            "send": sentence("Waiting to send step {number} of {cadence} on {when}", **values),
            "task": sentence(
                "Waiting to open the task of step {number} of {cadence} on {when}", **values
            ),
            "decide": sentence(
                "Waiting to decide the branch {step} of {cadence} on {when}", **values
            ),
            "exit": sentence("Waiting for an answer until {cadence} ends on {when}", **values),
        }[move.kind]
        return Plan(
            kind="task" if move.kind == "task" else "send",
            step=move.step,
            seconds=self.resources.seconds_until(move.due, now),
            due=move.due.isoformat(),
            details=details,
            summary=f"{name}: {move.step or 'the end'}, {when}",
        )

    def _load(self, connection: Connection, enrollment_id: int, now: datetime) -> Pass:
        row = enrollment_steps.load(connection, enrollment_id)
        version = cadences.cadence_version(self.resources.engine, row.cadence_version_id)
        return Pass(row, version, self._facts(connection, row, version.cadence, now))

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

    def _remember(
        self, connection: Connection, current: Pass, plan: Plan, move: Move, now: datetime
    ) -> None:
        enrollment_steps.remember(
            connection,
            current.row.enrollment_id,
            EnrollmentStep(
                step=plan.step or END,
                due_at=plan.due or None,
                ended_at=now if plan.kind == "exit" else None,
                exit_reason=plan.reason,
                unanswered=dict(move.unanswered),
                counted_from=move.counted_from,
                counted_since=move.counted_since,
            ),
        )


def _begun(connection: Connection, enrollment_id: int) -> str:
    """The e-mail step that an earlier attempt of this activity has claimed, '' if none: a branch
    that was decided stays so, whatever the lead has done since."""
    info = activity.info()
    if info.attempt == 1:
        return ""
    return enrollment_steps.claimed_step(connection, enrollment_id, attempts_of(info))
