"""What somebody sees who sees the leads of one team only, and customers perhaps."""

from __future__ import annotations

from sqlalchemy import Connection, select

from domain.contracts.journey import Stage
from store.tables import Lead, Rep, Task


def lead_is_visible(
    connection: Connection, lead_id: int, team: str | None, *, customers: bool = False
) -> bool:
    """Whether there is such a lead, of this team; ``team`` None: of any, or of nobody. With
    ``customers`` also a customer of whatever team."""
    query = select(Lead.id).where(Lead.id == lead_id)
    if team is not None:
        ours = Lead.owner.in_(select(Rep.code).where(Rep.team == team))
        query = query.where(ours | (Lead.stage == Stage.CUSTOMER) if customers else ours)
    return connection.scalar(query) is not None


def lead_of_visible_task(connection: Connection, task_id: int, team: str | None) -> int | None:
    """The lead of a task that is of this team, or whose lead is; ``team`` None: of any task."""
    query = select(Task.lead_id).where(Task.id == task_id)
    if team is not None:
        ours = select(Rep.code).where(Rep.team == team)
        query = query.join(Lead, Lead.id == Task.lead_id).where(
            Task.owner.in_(ours) | Lead.owner.in_(ours)
        )
    return connection.scalar(query)
