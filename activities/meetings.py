"""Planning appointments and calling them off."""

from __future__ import annotations

from temporalio import activity

from activities.resources import Resources
from domain.checking.policies import MeetingPolicy
from domain.contracts.journey import CallOffMeeting, EventCode, MeetingPlan, PlanMeeting, Reminder
from domain.contracts.journey_sales import (
    SIDE_MEETING,
    FindNextMeeting,
    NextMeeting,
    OutcomeMissing,
)
from domain.contracts.waits import WaitKind, wait_until
from store.journeys.next_meetings import next_meeting_of, take_over
from store.meetings import meetings, missing_outcomes
from store.meetings.meeting_rows import MeetingRow, meeting_details
from store.published.policies import policy


class MeetingActivities:
    """What a journey asks about its appointment."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @activity.defn(no_thread_cancel_exception=True)
    def plan_meeting(self, request: PlanMeeting) -> MeetingPlan:
        """Reminders and end of an appointment; reminders that lie in the past are left out. The
        lead's journey takes it over with this from a workflow that saw it through beside it."""
        now = self.resources.now()
        meeting_id = request.meeting_id
        beside = activity.info().workflow_type == SIDE_MEETING
        with self.resources.engine.begin() as connection:
            if not beside:
                take_over(connection, meeting_id, now)
            promise = policy(connection, MeetingPolicy)
            about = meeting_details(connection, meeting_id)
        meeting = about.meeting
        reminders = [
            Reminder(str(span).replace(" ", "-"), self.resources.seconds_until(at, now))
            for span in sorted(promise.reminders, key=lambda span: -span.length)
            if (at := meeting.starts_at - span.length) > now
        ]
        return MeetingPlan(
            key=f"meeting-{meeting_id}-{meeting.attempt}",
            reminders=reminders,
            outcome_seconds=self.resources.seconds_until(meeting.ends_at, now),
            wait=wait_until(WaitKind.MEETING, meeting.starts_at, meeting=meeting_id),
            recovery_cadence=promise.recovery_cadence,
            reschedules_left=promise.reschedule_attempts - meeting.missed,
            attempt=meeting.attempt,
            cancelled=meeting.state == "cancelled",
            cancelled_by=meeting.cancelled_by,
            cancelled_cadence=promise.cancelled_cadence,
            outcome=_known_outcome(meeting, beside=beside),
        )

    @activity.defn(no_thread_cancel_exception=True)
    def next_meeting(self, request: FindNextMeeting) -> NextMeeting:
        """The next appointment that the lead has besides this one, which did not come about."""
        with self.resources.engine.begin() as connection:
            return next_meeting_of(connection, request.meeting_id, self.resources.now())

    @activity.defn(no_thread_cancel_exception=True)
    def call_off_meeting(self, request: CallOffMeeting) -> str:
        """Cancel a booked appointment whose lead was taken elsewhere.

        Returns:
            The key of this setting in the ledger, '' when no appointment lies ahead.
        """
        with self.resources.engine.begin() as connection:
            attempt = meetings.call_off(connection, request.meeting_id, self.resources.now())
        return f"meeting-{request.meeting_id}-{attempt}" if attempt else ""

    @activity.defn(no_thread_cancel_exception=True)
    def outcome_is_missing(self, request: OutcomeMissing) -> None:
        """Remind whose meeting it was, and from the second time on tell the manager."""
        with self.resources.engine.begin() as connection:
            missing_outcomes.outcome_missing(
                connection, request.meeting_id, request.times, self.resources.now()
            )


def _known_outcome(meeting: MeetingRow, *, beside: bool) -> str:
    if meeting.state in ("held", "no_show"):
        return meeting.state
    return EventCode.TAKEN_OVER if beside and not meeting.beside else ""
