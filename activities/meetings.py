"""Planning appointments, calling them off, and their calendar invitations."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, text
from temporalio import activity

from activities.merge import greeted_as
from activities.resources import Resources
from activities.sentences import local_time
from domain.email.message import CalendarPart
from domain.journey import MeetingPlan, Reminder
from domain.journey_sales import OutcomeMissing
from domain.meetings.invitation import Invitation, uid_of
from domain.policies import MeetingPolicy
from domain.sentences import sentence
from store import meetings, missing_outcomes
from store.policies import policy
from store.tables import Meeting

INVITES = "meeting-confirmation"
CALLS_OFF = "meeting-cancelled"
_SUMMARY = {"en": "Meeting with {name}", "ko": "{name} 미팅"}
_CHANGE = {"en": "Move or cancel the meeting: {link}", "ko": "미팅 변경 또는 취소: {link}"}


class MeetingActivities:
    """What a journey asks about its appointment."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @activity.defn(no_thread_cancel_exception=True)
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
            details=sentence(
                "Waiting for meeting {meeting} on {when}", meeting=meeting_id, when=when
            ),
            recovery_cadence=promise.recovery_cadence,
            reschedules_left=promise.reschedule_attempts - meeting.missed,
            attempt=meeting.attempt,
            cancelled=meeting.state == "cancelled",
        )

    @activity.defn(no_thread_cancel_exception=True)
    def call_off_meeting(self, meeting_id: int) -> str:
        """Cancel a booked appointment whose lead was taken elsewhere.

        Returns:
            The key of this setting in the ledger, '' when no appointment lies ahead.
        """
        with self.resources.engine.begin() as connection:
            attempt = meetings.call_off(connection, meeting_id, self.resources.now())
        return f"meeting-{meeting_id}-{attempt}" if attempt else ""

    @activity.defn(no_thread_cancel_exception=True)
    def outcome_is_missing(self, request: OutcomeMissing) -> None:
        """Remind whose meeting it was, and from the second time on tell the manager."""
        with self.resources.engine.begin() as connection:
            missing_outcomes.outcome_missing(
                connection, request.meeting_id, request.times, self.resources.now()
            )


def invitation(
    resources: Resources,
    connection: Connection,
    lead: Any,
    *,
    template: str,
    meeting_id: int,
    key: str,
    now: datetime,
) -> CalendarPart | None:
    """The calendar part of a mail about a meeting, None for those that change nothing in the lead's
    calendar. A meeting booked through a calendar service is in it already, by that service.

    Args:
        lead: a row with :data:`activities.merge.LEAD_COLUMNS`.
        key: the touch whose booking link the entry shows.
        now: journey time, UTC.
    """
    if template not in (INVITES, CALLS_OFF):
        return None
    meeting = connection.execute(select(*Meeting.__table__.c).where(Meeting.id == meeting_id)).one()
    cancelled = meeting.state == "cancelled"
    if meeting.provider or cancelled != (template == CALLS_OFF):
        return None
    settings = resources.settings
    language = lead.language if lead.language in _SUMMARY else "en"
    link = "" if cancelled else resources.links.booking(key)
    return Invitation(
        uid=uid_of(meeting_id, settings.email_from.rpartition("@")[2]),
        sequence=meeting.sequence,
        cancelled=cancelled,
        starts_at=meeting.starts_at,
        minutes=meeting.minutes,
        written_at=now,
        summary=_SUMMARY[language].format(name=settings.email_from_name),
        description=_CHANGE[language].format(link=link) if link else "",
        location=meeting.join_url,
        organizer=(settings.email_from_name, settings.email_from),
        attendee=(greeted_as(lead), lead.email),
    ).part()
