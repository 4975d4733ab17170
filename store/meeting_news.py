"""Who sees an appointment through, and what it is told.

The lead's journey sees one through, a workflow of its own each other one: ``Meeting.beside``.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, update

from domain.journey import Code, Notice, Phase, journey_id
from domain.journey_sales import meeting_workflow_id
from store.relay_messages import post
from store.tables import Meeting


def tell_of_meeting(
    connection: Connection,
    meeting: Row[Any],
    code: Code,
    *,
    reason: str = "",
    told_at: datetime | None = None,
) -> None:
    """Signal whoever sees the meeting through, once for each of its settings and codes.

    Args:
        meeting: all columns of its row.
        told_at: when a calendar service said so: what it takes back it may say again.
    """
    beside = meeting_workflow_id(meeting.lead_id, meeting.id)
    when = f":{told_at.timestamp():.0f}" if told_at else ""
    key = f"meeting-{meeting.id}-{meeting.attempt}:{code}{when}"
    workflow_id = beside if meeting.beside else journey_id(meeting.lead_id)
    _signal(connection, workflow_id, key, meeting, Notice(code, reason=reason))


def tell_journey_too(connection: Connection, meeting: Row[Any], code: Code) -> None:
    """Signal the journey of a lead whose meeting is seen through beside it."""
    key = f"meeting-{meeting.id}-{meeting.attempt}:{code}:journey"
    _signal(connection, journey_id(meeting.lead_id), key, meeting, Notice(code))


def begin_journey(connection: Connection, meeting: Row[Any]) -> bool:
    """Start the journey of a lead that has none with its meeting; False when its start is on the
    way already."""
    return post(
        connection,
        key=f"start:{journey_id(meeting.lead_id)}",
        workflow_id=journey_id(meeting.lead_id),
        kind="start",
        name=Phase.MEETING,
        payload={
            "lead_id": meeting.lead_id,
            "cycle": meeting.cycle,
            "reason": Code.BOOKED,
            "meeting_id": meeting.id,
        },
    )


def see_through_beside(connection: Connection, meeting: Row[Any], again: str = "") -> None:
    """Have a workflow of its own see the meeting through; one that runs goes on.

    Args:
        again: what tells this start from an earlier one for the same setting.
    """
    if not meeting.beside:
        _mark(connection, meeting.id, beside=True)
    post(
        connection,
        key=f"meeting-{meeting.id}-{meeting.attempt}:beside{again}",
        workflow_id=meeting_workflow_id(meeting.lead_id, meeting.id),
        kind="meeting_beside",
        payload={"lead_id": meeting.lead_id, "meeting_id": meeting.id, "cycle": meeting.cycle},
    )


def see_through_in_journey(connection: Connection, meeting: Row[Any], again: str = "") -> None:
    """Have the lead's journey, which asks for it, see the meeting through from now on.

    Args:
        again: what tells this from an earlier time for the same setting.
    """
    if not meeting.beside:
        return
    _mark(connection, meeting.id, beside=False)
    workflow_id = meeting_workflow_id(meeting.lead_id, meeting.id)
    key = f"meeting-{meeting.id}-{meeting.attempt}:{Code.TAKEN_OVER}{again}"
    _signal(connection, workflow_id, key, meeting, Notice(Code.TAKEN_OVER))


def _mark(connection: Connection, meeting_id: int, *, beside: bool) -> None:
    connection.execute(update(Meeting).where(Meeting.id == meeting_id).values(beside=beside))


def _signal(
    connection: Connection, workflow_id: str, key: str, meeting: Row[Any], news: Notice
) -> None:
    # A workflow of its own outlives the cycle of the lead in which it began.
    own = workflow_id == meeting_workflow_id(meeting.lead_id, meeting.id)
    cycle = 0 if own else meeting.cycle
    notice = replace(news, ref=meeting.id, cycle=cycle, attempt=meeting.attempt)
    post(
        connection,
        key=key,
        workflow_id=workflow_id,
        kind="signal",
        name="meeting",
        payload=asdict(notice),
    )
