"""Tasks to answer what a lead wrote while nothing else brings its words to a person."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, text

from domain.contracts.journey import Phase
from domain.contracts.journey_sales import message_workflow_id
from domain.contracts.tasks import TaskKind
from store.outbox.relay_messages import QueuedMessage

# In nurture and recycle, a reply brings the lead to sales; a customer's has a task of its own. A
# meeting that the lead missed or called off is won back, and a reply ends that with a call.
_WITH_A_PERSON = text(
    """
    SELECT lead.id FROM lead WHERE lead.id = ANY(cast(:leads AS bigint[]))
        AND (lead.phase = :opportunity
            OR lead.phase = :meeting AND NOT EXISTS (
                SELECT FROM meeting WHERE lead_id = lead.id AND NOT beside
                    AND state IN ('no_show', 'cancelled')
                    AND id = (SELECT max(own.id) FROM meeting AS own
                        WHERE own.lead_id = lead.id AND NOT own.beside))
            OR lead.phase IN (:meeting, :follow_up) AND (
                EXISTS (SELECT FROM meeting WHERE lead_id = lead.id AND state = 'booked'
                    AND starts_at + make_interval(mins => minutes) > :now)
                OR EXISTS (SELECT FROM opportunity WHERE lead_id = lead.id AND outcome = '')))
    """
)


def need_an_answer(connection: Connection, lead_ids: Collection[int], now: datetime) -> set[int]:
    """Those leads whose phase keeps to itself what they write: they have an appointment, or an
    opportunity is open.

    Args:
        now: journey time, UTC.
    """
    if not lead_ids:
        return set()
    values = {
        "leads": sorted(lead_ids),
        "opportunity": Phase.OPPORTUNITY,
        "meeting": Phase.MEETING,
        "follow_up": Phase.FOLLOW_UP,
        "now": now,
    }
    return set(connection.scalars(_WITH_A_PERSON, values))


def message_task(lead_id: int, name: str, *, about: str = "") -> QueuedMessage:
    """Have the lead's owner answer, at once.

    Args:
        name: what the lead did, such as ``reply-7``; one task for each.
        about: ``meeting-<id>`` when it is about the time of an appointment.
    """
    workflow_id = message_workflow_id(lead_id, name)
    return QueuedMessage(
        key=f"{workflow_id}:task",
        workflow_id=workflow_id,
        kind="standalone_task",
        payload={"lead_id": lead_id, "kind": TaskKind.LEAD_MESSAGE, "step": about},
    )
