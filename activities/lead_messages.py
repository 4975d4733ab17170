"""The task to answer what a lead wrote."""

from __future__ import annotations

from sqlalchemy import Connection

from activities.work import Work, times
from domain.contracts.journey import TaskRequest
from domain.sales.follow_up import FollowUpPolicy
from store.meetings.meeting_rows import meeting_details


def message_work(connection: Connection, request: TaskRequest, promise: FollowUpPolicy) -> Work:
    """What the owner is asked to do; ``request.step`` is ``meeting-<id>`` when the lead proposes
    another time for an appointment, else ''."""
    due, deadline = promise.call_due, times(promise.call_due, 10)
    meeting_id = request.step.removeprefix("meeting-")
    proposed = meeting_details(connection, int(meeting_id)) if meeting_id.isdecimal() else None
    if proposed is None or proposed.meeting.proposed_at is None:
        return Work(due, deadline)
    return Work(due, deadline, {"case": "proposed", "at": proposed.meeting.proposed_at.isoformat()})
