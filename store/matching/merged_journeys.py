"""What becomes in Temporal of the journey that a merge ends, and of what ran beside it.

The relay ends the workflows that name the lead that is gone, and then has those begin again, for
the lead that there is, of which something is left to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, text, update

from domain.contracts.journey import EventCode, JourneyEvent, journey_id, opportunity_workflow_id
from domain.contracts.journey_sales import meeting_workflow_id
from store.meetings.meeting_news import see_through_on_its_own
from store.meetings.meeting_rows import MEETING, MeetingRow
from store.opportunities.opportunities import BESIDE
from store.outbox.relay_messages import OF_JOURNEYS, QueuedMessage, post, post_all
from store.tables import LeadMerge, Meeting, Opportunity

AGAIN = "again"
"""Name of a message that starts an opportunity's workflow again, which has ended."""


@dataclass
class Unfinished:
    """What a lead has that is not over: ids of opportunities and of booked meetings, and standalone
    tasks as their workflows are started."""

    opportunities: list[int] = field(default_factory=list)
    meetings: list[int] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)


def is_being_told(connection: Connection, lead_id: int) -> bool:
    """Whether an answer to a task of the lead has yet to reach its journey."""
    return bool(
        connection.scalar(
            text(
                "SELECT EXISTS (SELECT FROM pending_disposition JOIN task ON task.id = task_id "
                "WHERE lead_id = :lead) OR EXISTS (SELECT FROM relay_message "
                f"WHERE outcome = '' AND kind = 'complete_task' AND {OF_JOURNEYS})"
            ),
            {"lead": lead_id},
        )
    )


def begins(connection: Connection, lead_id: int) -> bool:
    """Whether a start of the lead's journey is on the way."""
    return bool(
        connection.scalar(
            text(
                "SELECT EXISTS (SELECT FROM relay_message WHERE outcome = '' "
                "AND workflow_id = 'lead-' || :lead AND kind IN ('start', 'start_again'))"
            ),
            {"lead": lead_id},
        )
    )


def unfinished(connection: Connection, lead_id: int) -> Unfinished:
    """What of the lead is to go on."""
    opportunities = connection.scalars(
        select(Opportunity.id).where(Opportunity.lead_id == lead_id, Opportunity.outcome == "")
    )
    meetings = connection.scalars(
        select(Meeting.id).where(Meeting.lead_id == lead_id, Meeting.state == "booked")
    )
    # A journey's own task is another journey's no more; what stands for itself is still to be done.
    tasks = connection.execute(
        text(
            """
            SELECT task.workflow_id, task.kind, coalesce(task.opportunity_id, 0) AS opportunity_id,
                coalesce((SELECT payload->>'step' FROM relay_message AS message
                    WHERE message.workflow_id = task.workflow_id AND kind = 'standalone_task'
                    ORDER BY id LIMIT 1), '') AS step
            FROM task WHERE lead_id = :lead AND state = 'open'
                AND workflow_id <> 'lead-' || :lead AND kind NOT IN ('meeting_outcome',
                    'opportunity', 'cadence')
            """
        ),
        {"lead": lead_id},
    ).mappings()
    return Unfinished(list(opportunities), list(meetings), [dict(task) for task in tasks])


def stop(connection: Connection, lead_id: int, into_id: int, at: datetime) -> None:
    """End in the database what runs for a lead that is about to go: nothing of it is sent or asked
    any more. News that has not reached its journey goes to the other lead's.

    Args:
        at: journey time, UTC.
    """
    values = {"lead": lead_id, "into": into_id, "at": at}
    news = connection.execute(
        text(
            "SELECT id, name, payload FROM relay_message WHERE outcome = '' AND kind = 'signal' "
            "AND workflow_id = 'lead-' || :lead AND coalesce(payload->>'code', '') <> :enrolled "
            "ORDER BY id"
        ),
        values | {"enrolled": EventCode.ENROLLED},
    ).all()
    cycle = connection.scalar(text("SELECT cycle FROM lead WHERE id = :into"), values)
    post_all(
        connection,
        [
            QueuedMessage(
                key=f"merged:{one.id}:{into_id}",
                workflow_id=journey_id(into_id),
                kind="signal",
                name=one.name,
                payload=asdict(JourneyEvent(**{**one.payload, "cycle": cycle})),
            )
            for one in news
        ],
    )
    for statement in (
        "DELETE FROM relay_message WHERE id IN (SELECT id FROM relay_message WHERE outcome = '' "
        f"AND kind <> 'merge' AND {OF_JOURNEYS} FOR UPDATE SKIP LOCKED)",
        "UPDATE task SET state = 'withdrawn' WHERE lead_id = :lead AND state = 'open'",
        "UPDATE touch SET state = 'suppressed' WHERE lead_id = :lead AND state = 'planned'",
        "UPDATE enrollment SET ended_at = :at, exit_reason = 'merged' "
        "WHERE lead_id = :lead AND ended_at IS NULL",
        "UPDATE sla_clock SET state = 'void', ended_at = :at "
        "WHERE lead_id = :lead AND state IN ('running', 'paused')",
        "UPDATE alert SET answered_at = :at WHERE lead_id = :lead AND answered_at IS NULL",
        # Of an enrollment that its journey was told of, the other lead is asked anew.
        "UPDATE enrollment_run_lead SET due_at = :at, state = CASE WHEN state = 'told' "
        "THEN 'waiting' WHEN enrollment_id IS NULL THEN 'dropped' ELSE 'undone' END "
        "WHERE lead_id = :lead AND state IN ('told', 'undoing')",
    ):
        connection.execute(text(statement), values)


def tell(connection: Connection, merge_id: int, lead_id: int, *, undone: bool = False) -> None:
    """Have the relay end the workflows that name a lead which is gone, or not this one's any
    more."""
    post(
        connection,
        key=f"merge-{merge_id}{':undone' if undone else ''}",
        workflow_id=journey_id(lead_id),
        kind="merge",
        payload={"merge_id": merge_id},
    )


def workflows_to_end(connection: Connection, merge_id: int) -> list[str]:
    """Ids of the workflows that a merge ends, or that its undoing does; none once they were ended:
    those of the same id that run then are others."""
    merge = _merge(connection, merge_id)
    if merge is None or merge.workflows_ended_at is not None:
        return []
    left = _unfinished_of(merge)
    of_opportunities = [opportunity_workflow_id(one) for one in left.opportunities]
    if merge.undone_at is None:
        tasks = [task["workflow_id"] for task in left.tasks]
        return [journey_id(merge.merged_id), *of_opportunities, *tasks]
    meetings = [meeting_workflow_id(merge.into_id, one) for one in left.meetings]
    tasks = [_renamed(one, merge.merged_id, merge.into_id) for one in left.tasks]
    return [*of_opportunities, *meetings, *tasks]


def go_on(connection: Connection, merge_id: int) -> None:
    """Have begin again, for the lead that has it now, what of the ended workflows is not over."""
    merge = connection.execute(
        select(LeadMerge).where(LeadMerge.id == merge_id).with_for_update()
    ).first()
    if merge is None or merge.workflows_ended_at is not None:
        return
    undone = merge.undone_at is not None
    lead_id = merge.merged_id if undone else merge.lead_id
    word = f"merge-{merge_id}{':undone' if undone else ''}"
    left = _unfinished_of(merge)
    for one in connection.scalars(
        select(Opportunity.id).where(
            Opportunity.id.in_(left.opportunities), Opportunity.outcome == ""
        )
    ).all():
        post(
            connection,
            key=f"{word}:opportunity-{one}",
            workflow_id=opportunity_workflow_id(one),
            kind="opportunity",
            name=AGAIN,
            payload={"opportunity_id": one, "lead_id": lead_id},
        )
    booked = select(*MEETING).where(Meeting.id.in_(left.meetings), Meeting.state == "booked")
    for row in connection.execute(booked).all():
        see_through_on_its_own(connection, MeetingRow(*row))
    gone = merge.into_id if undone else merge.merged_id
    for task in left.tasks:
        workflow_id = _renamed(task, gone, lead_id)
        if undone:
            workflow_id = f"{workflow_id}-back-{merge_id}"
        post(
            connection,
            key=f"{word}:{workflow_id}",
            workflow_id=workflow_id,
            kind="standalone_task",
            payload={
                "lead_id": lead_id,
                "kind": task["kind"],
                "opportunity_id": task["opportunity_id"],
                "step": task["step"],
            },
        )
    connection.execute(
        update(LeadMerge).where(LeadMerge.id == merge_id).values(workflows_ended_at=func.now())
    )


def stand_beside(connection: Connection, opportunities: Sequence[int]) -> None:
    """Make opportunities of their own of those that a journey had opened: it is no more."""
    connection.execute(
        text(
            "UPDATE opportunity SET key = :beside || key WHERE id = ANY(cast(:ids AS bigint[])) "
            "AND NOT starts_with(key, :beside)"
        ),
        {"beside": BESIDE, "ids": list(opportunities)},
    )


def _merge(connection: Connection, merge_id: int) -> Any:
    return connection.execute(select(LeadMerge).where(LeadMerge.id == merge_id)).first()


def _unfinished_of(merge: Any) -> Unfinished:
    # Nothing is left of a merge whose person was erased.
    return Unfinished(**merge.before.get("unfinished", {}))


def _renamed(task: dict[str, Any], from_id: int, into_id: int) -> str:
    """The id of a standalone task's workflow as another lead's."""
    old, new = journey_id(from_id), journey_id(into_id)
    name: str = task["workflow_id"]
    return name.replace(old, new, 1) if name.startswith(f"{old}-") else f"{new}-{name}"
