"""What whoever sees an appointment through is told."""

from __future__ import annotations

from dataclasses import asdict, replace

from sqlalchemy import Connection

from domain.contracts.journey import JourneyEvent, journey_id
from domain.contracts.journey_sales import meeting_workflow_id
from store.outbox.relay_messages import post


def signal_meeting(
    connection: Connection,
    news: JourneyEvent,
    *,
    meeting_id: int,
    lead_id: int,
    cycle: int,
    attempt: int,
    beside: bool,
    once: str,
) -> None:
    """Tell the meeting's own workflow (``beside``), which outlives the cycle in which it began, or
    the lead's journey.

    Args:
        attempt: the setting of the meeting that it is about.
        once: what tells this news from others about the same setting.
    """
    said = replace(news, ref=meeting_id, cycle=0 if beside else cycle, attempt=attempt)
    post(
        connection,
        key=f"meeting-{meeting_id}-{attempt}:{once}",
        workflow_id=meeting_workflow_id(lead_id, meeting_id) if beside else journey_id(lead_id),
        kind="signal",
        name="meeting",
        payload=asdict(said),
    )
