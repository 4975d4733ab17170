"""The task to answer what a lead wrote."""

from __future__ import annotations

from sqlalchemy import Connection

from activities.work import Work, times
from domain.contracts.journey import TaskRequest
from domain.sales.follow_up import FollowUpPolicy
from domain.time.shown import in_english
from domain.time.window import zone
from store.meetings.meeting_rows import meeting_details


def message_work(connection: Connection, request: TaskRequest, promise: FollowUpPolicy) -> Work:
    """What the owner is asked to do; ``request.step`` is ``meeting-<id>`` when the lead proposes
    another time for an appointment, else ''."""
    due, deadline = promise.call_due, times(promise.call_due, 10)
    meeting_id = request.step.removeprefix("meeting-")
    proposed = meeting_details(connection, int(meeting_id)) if meeting_id.isdecimal() else None
    if proposed is None or proposed.meeting.proposed_at is None:
        return Work(
            "Answer what this lead wrote",
            "It wrote while it has an appointment or an opportunity is open: read it in the "
            "history, answer, and move or call off what it asks for. End the task with done.",
            due,
            deadline,
        )
    local = proposed.meeting.proposed_at.astimezone(zone(proposed.time_zone))
    return Work(
        "This lead proposes another time for its meeting",
        f"It asks for {in_english(local)} in answer to the invitation to "
        f"meeting {meeting_id}. Move the meeting or agree on another time, then end the task with "
        "done.",
        due,
        deadline,
    )
