"""Going through a cadence: enroll, do the step that is due, plan the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, text
from temporalio import activity

from activities.email import Delivery, Email, attempts_of, deliver
from activities.merge import LEAD_COLUMNS, lead_fields, merge_fields
from activities.resources import Resources
from activities.sentences import local_time
from domain.cadences.cadence import ALWAYS_EXIT, END, BranchStep, Cadence, EmailStep
from domain.cadences.planner import Move, next_move
from domain.cadences.window import next_opening
from domain.consent import Room
from domain.journey import BeginCadence, Code, Enrolled, Plan, RunStep
from domain.names import full_name
from domain.scoring.policy import ScoringPolicy
from domain.scoring.standing import standing_of
from store import cadences, journeys
from store.consent import CONSENT_VERSION, consent_version
from store.engagement import engagement_facts
from store.lead_standing import is_ready_on_entry
from store.policies import policy
from store.scoring import points_now

# Timers and clocks agree to well under this; what is due within it is due now.
DUE_TOLERANCE = timedelta(seconds=5)
LATE_SECONDS = 60.0
"""Real seconds. A step that a busy system gets to this much late was on time: a mail that was due
in the last minute of its window goes now, not on the next day the window opens."""

_LOAD = text(
    f"""
    SELECT {LEAD_COLUMNS}, lead.interest, lead.interest_as_of, lead.fit, lead.cycle,
        lead.phase_reason,
        enrollment.id AS enrollment_id, enrollment.cadence_version_id, enrollment.ended_at,
        enrollment.exit_reason, {CONSENT_VERSION} AS consent_version
    FROM enrollment
    JOIN lead ON lead.id = enrollment.lead_id
    LEFT JOIN account ON account.id = lead.account_id
    WHERE enrollment.id = :enrollment
    """
)

_REMEMBER = text(
    "UPDATE enrollment SET step = :step, ended_at = cast(:ended AS timestamptz), "
    "exit_reason = :reason WHERE id = :id AND ended_at IS NULL"
)


@dataclass(frozen=True)
class Pass:
    """One enrollment at work: the lead as it is now and the cadence version it runs."""

    row: Any
    version: cadences.PublishedCadence
    facts: dict[str, Any]

    @property
    def cadence(self) -> Cadence:
        return self.version.cadence


class CadenceActivities:
    """The activities of a cadence run."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @activity.defn
    def begin_cadence(self, request: BeginCadence) -> Enrolled:
        """Enroll the lead in the newest version of the cadence and plan the first step.

        A lead that is ready for sales already leaves at once.

        Raises:
            store.cadences.CadenceMissing: it was never published; retried, so that publishing it
                lets the journey go on.
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
            plan = self._plan(current, self._move(current, current.cadence.first, now), now)
            moved = request.entry is not None and request.entry.reason == "moved"
            if request.entry and not moved and is_ready_on_entry(connection, request.lead_id, now):
                plan = Plan("exit", reason=Code.SCORE_REACHED)
            self._remember(connection, current, plan, now)
        exit_on: list[str] = sorted({*current.cadence.exit_on, *ALWAYS_EXIT})
        return Enrolled(enrollment.id, exit_on, plan, entered)

    @activity.defn
    def run_step(self, request: RunStep) -> Plan:
        """Do the step that is due and plan the next. A step that is not due is planned anew: a
        calendar, a time zone or the send window may have changed since."""
        now = self.resources.now()
        due = datetime.fromisoformat(request.due)
        with self.resources.statements.connect() as connection:
            current = self._load(connection, request.enrollment_id, now)
            begun = _begun(connection, request.enrollment_id)
        if current.row.ended_at is not None:
            # An earlier attempt got this far, and died before Temporal heard of it.
            return Plan("exit", reason=current.row.exit_reason)
        step = current.cadence.successor(request.step) if request.completed else request.step
        step = begun or step
        if due - now > DUE_TOLERANCE:
            plan = self._plan(current, self._move(current, step, due), now)
        else:
            now = max(now, due)
            on_time = not request.completed and now - due <= self.resources.journey_span(
                LATE_SECONDS
            )
            plan = self._act(current, step, due if on_time else now, now, request.meeting_id)
        with self.resources.statements.connect() as connection:
            self._remember(connection, current, plan, now)
        return plan

    def _act(
        self, current: Pass, step: str, since: datetime, now: datetime, meeting_id: int
    ) -> Plan:
        """Send what is due at or right after ``step``, judged as of ``since``, then plan on from
        ``now``."""
        move = self._move(current, step, since)
        if move.kind == "send" and move.due <= now:
            room = self._send(current, move.step, now, meeting_id).room
            if room is not None:
                return self._plan_when_there_is_room(current, move.step, room, now)
            move = self._move(current, current.cadence.successor(move.step), now)
        return self._plan(current, move, now)

    def _plan_when_there_is_room(self, current: Pass, step: str, room: Room, now: datetime) -> Plan:
        """The same step at the next opening of its window under the caps, at which both hold: what
        has room keeps it. That is a week and the window's longest pause away at most."""
        row = current.row
        due = next_opening(current.cadence.window, room.at, row.time_zone, row.country)
        plan = self._plan(current, Move("send", step, due), now)
        mails = "mail" if room.cap.times == 1 else f"{room.cap.times} mails"
        why = f", because this lead has had its {mails} of the {room.cap.per}"
        return replace(plan, details=plan.details + why, summary=f"{plan.summary} (capped)")

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
                recipient_name=full_name(row.first_name, row.last_name),
                step=step,
                template_version_id=template.id,
                template=template.compiled,
                fields=merge_fields(self.resources.engine, row, meeting_id),
                topic=current.cadence.topic,
                caps=rules.caps,
                enrollment_id=row.enrollment_id,
            ),
            now,
        )

    def _move(self, current: Pass, step: str, now: datetime) -> Move:
        return next_move(
            current.cadence, step, now, current.facts, current.row.time_zone, current.row.country
        )

    def _plan(self, current: Pass, move: Move, now: datetime) -> Plan:
        name = current.cadence.name
        if move.kind == "exit":
            return Plan("exit", reason=move.exit_reason)
        when = local_time(move.due, current.row.time_zone, now)
        number = current.cadence.touch_number(move.step)
        what = {
            "send": f"send step {number} of {name}",
            "task": f"open the task of step {number} of {name}",
            "decide": f"decide the branch {move.step} of {name}",
        }[move.kind]
        return Plan(
            kind="task" if move.kind == "task" else "send",
            step=move.step,
            seconds=self.resources.seconds_until(move.due, now),
            due=move.due.isoformat(),
            details=f"Waiting to {what} on {when}",
            summary=f"{name}: {move.step}, {when}",
        )

    def _load(self, connection: Connection, enrollment_id: int, now: datetime) -> Pass:
        row = connection.execute(_LOAD, {"enrollment": enrollment_id}).one()
        version = cadences.cadence_version(self.resources.engine, row.cadence_version_id)
        return Pass(row, version, self._facts(connection, row, version.cadence, now))

    def _facts(
        self, connection: Connection, row: Any, cadence: Cadence, now: datetime
    ) -> dict[str, Any]:
        if not any(isinstance(step, BranchStep) for step in cadence.steps):
            return {}
        lead = lead_fields(row) | {"source": row.source, "stage": row.stage}
        rules = policy(connection, ScoringPolicy, "scoring")
        points = points_now(rules, row, now)
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

    def _remember(self, connection: Connection, current: Pass, plan: Plan, now: datetime) -> None:
        ended = plan.kind == "exit"
        connection.execute(
            _REMEMBER,
            {
                "step": plan.step or END,
                "ended": now if ended else None,
                "reason": plan.reason,
                "id": current.row.enrollment_id,
            },
        )


def _begun(connection: Connection, enrollment_id: int) -> str:
    """The e-mail step that an earlier attempt of this activity has claimed, '' if none: a branch
    that was decided stays so, whatever the lead has done since."""
    info = activity.info()
    if info.attempt == 1:
        return ""
    step = connection.execute(
        text(
            "SELECT step FROM touch WHERE enrollment_id = :enrollment "
            "AND starts_with(claim, :attempts)"
        ),
        {"enrollment": enrollment_id, "attempts": attempts_of(info)},
    ).scalar()
    return step or ""
