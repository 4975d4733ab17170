"""Planning calls and meetings, keeping opportunities, and the mails that go with them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text
from temporalio import activity

from activities.email import Email, deliver
from activities.merge import LEAD_COLUMNS, merge_fields
from activities.resources import Resources
from activities.sentences import local_time
from domain.cadences.window import next_opening
from domain.consent import SALES_TOPIC
from domain.journey import (
    AdvanceOpportunity,
    CallPlan,
    CloseOpportunity,
    MeetingPlan,
    OpenOpportunity,
    OpportunityOpened,
    Plan,
    PlanCall,
    Reminder,
    SendOne,
)
from domain.names import full_name
from domain.policies import FollowUpPolicy, MeetingPolicy, OpportunityPolicy
from store import cadences, journeys, meetings, opportunities
from store.policies import policy


class SalesActivities:
    """What the sales half of a journey asks for."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @activity.defn
    def plan_call(self, request: PlanCall) -> CallPlan:
        """When a call attempt is due: at the time the lead asked for, or after the policy's gap,
        within calling hours of the lead's own time zone."""
        now = self.resources.now()
        with self.resources.engine.begin() as connection:
            promise = policy(connection, FollowUpPolicy, "follow-up")
            lead = connection.execute(
                text("SELECT time_zone, country FROM lead WHERE id = :id"),
                {"id": request.lead_id},
            ).one()
            asked_for = _call_back_time(connection, request.after_task)
        attempts = len(promise.gaps)
        if request.attempt > attempts and asked_for is None:
            return CallPlan(Plan("exit", reason="no_response"))
        if asked_for is not None:
            due = max(asked_for, now)
        else:
            gap = promise.gaps[request.attempt - 1].after(now, lead.time_zone, lead.country)
            due = next_opening(promise.calling_hours, gap, lead.time_zone, lead.country)
        when = local_time(due, lead.time_zone, now)
        return CallPlan(
            Plan(
                kind="task",
                seconds=self.resources.seconds_until(due, now),
                due=due.isoformat(),
                details=f"Waiting to call, attempt {request.attempt} of {attempts}, on {when}",
                summary=f"Call attempt {request.attempt}, {when}",
            ),
            email_if_unanswered=request.attempt in promise.email_after,
        )

    @activity.defn
    def plan_meeting(self, meeting_id: int) -> MeetingPlan:
        """Reminders and end of an appointment; reminders that lie in the past are left out."""
        now = self.resources.now()
        with self.resources.engine.begin() as connection:
            promise = policy(connection, MeetingPolicy, "meeting")
            meeting = connection.execute(
                text(
                    "SELECT meeting.starts_at, meeting.minutes, meeting.attempt, meeting.missed, "
                    "meeting.state, "
                    "lead.time_zone FROM meeting JOIN lead ON lead.id = meeting.lead_id "
                    "WHERE meeting.id = :id"
                ),
                {"id": meeting_id},
            ).one()
        reminders = [
            Reminder(str(span).replace(" ", "-"), self.resources.seconds_until(at, now))
            for span in sorted(promise.reminders, key=lambda span: -span.length)
            if (at := meeting.starts_at - span.length) > now
        ]
        end = meeting.starts_at + timedelta(minutes=meeting.minutes)
        when = local_time(meeting.starts_at, meeting.time_zone, now)
        return MeetingPlan(
            key=f"meeting-{meeting_id}-{meeting.attempt}",
            reminders=reminders,
            outcome_seconds=self.resources.seconds_until(end, now),
            details=f"Waiting for meeting {meeting_id} on {when}",
            recovery_cadence=promise.recovery_cadence,
            reschedules_left=promise.reschedule_attempts - meeting.missed,
            attempt=meeting.attempt,
            cancelled=meeting.state == "cancelled",
        )

    @activity.defn
    def call_off_meeting(self, meeting_id: int) -> str:
        """Cancel a booked appointment whose lead was taken elsewhere.

        Returns:
            The key of this setting in the ledger, '' when no appointment lies ahead.
        """
        with self.resources.engine.begin() as connection:
            attempt = meetings.call_off(connection, meeting_id, self.resources.now())
        return f"meeting-{meeting_id}-{attempt}" if attempt else ""

    @activity.defn
    def open_opportunity(self, request: OpenOpportunity) -> OpportunityOpened:
        """Enter the opportunity phase and record the sale, once per run."""
        now = self.resources.now()
        entry = request.entry
        with self.resources.engine.begin() as connection:
            entered = journeys.record_entry(connection, entry, now)
            promise = policy(connection, OpportunityPolicy, "opportunity")
            opportunity_id = opportunities.open_opportunity(
                connection,
                key=entry.key,
                lead_id=entry.lead_id,
                stage=promise.stages[0].name,
                at=now,
            )
        return OpportunityOpened(opportunity_id, entered.owner, promise.stall_warnings)

    @activity.defn
    def advance_opportunity(self, request: AdvanceOpportunity) -> str:
        """Move the opportunity to its next stage, once per task."""
        with self.resources.engine.begin() as connection:
            stages = policy(connection, OpportunityPolicy, "opportunity").stages
            return opportunities.advance(
                connection,
                request.opportunity_id,
                task_id=request.task_id,
                stages=[stage.name for stage in stages],
                at=self.resources.now(),
            )

    @activity.defn
    def close_opportunity(self, request: CloseOpportunity) -> None:
        """Record the outcome; the relay brings it to the lead's journey."""
        with self.resources.engine.begin() as connection:
            opportunities.close(
                connection,
                request.opportunity_id,
                outcome=request.outcome,
                reason=request.reason,
                at=self.resources.now(),
            )

    @activity.defn
    def send_one(self, request: SendOne) -> None:
        """Send one mail outside a cadence, once per key.

        Mails about a meeting are operational: an unsubscribed lead still gets them. The others are
        those after a call (see :data:`domain.consent.SALES_TOPIC`).
        """
        now = self.resources.now()
        with self.resources.engine.begin() as connection:
            lead = _lead(connection, request.lead_id)
            template = cadences.latest_template(connection, request.template, lead.language)
        deliver(
            self.resources,
            Email(
                key=request.key,
                lead_id=lead.id,
                recipient=lead.email,
                recipient_name=full_name(lead.first_name, lead.last_name),
                step=request.template,
                template_version_id=template.id,
                template=template.compiled,
                fields=merge_fields(self.resources.engine, lead, request.meeting_id),
                topic="" if request.meeting_id else SALES_TOPIC,
            ),
            now,
        )


def _lead(connection: Connection, lead_id: int) -> Any:
    return connection.execute(
        text(
            f"SELECT {LEAD_COLUMNS} FROM lead "
            "LEFT JOIN account ON account.id = lead.account_id WHERE lead.id = :id"
        ),
        {"id": lead_id},
    ).one()


def _call_back_time(connection: Connection, task_id: int) -> datetime | None:
    if not task_id:
        return None
    row = connection.execute(
        text("SELECT disposition, answer->>'at' AS at FROM task WHERE id = :id"), {"id": task_id}
    ).one()
    return datetime.fromisoformat(row.at) if row.disposition == "call_back" else None
