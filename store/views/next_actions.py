"""What the dispositions of a task lead to, to be shown before one is given."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text

from domain.contracts.journey import Phase
from domain.contracts.journey_sales import OUTBOUND
from domain.contracts.tasks import Disposition, TaskKind
from domain.sales.follow_up import FollowUpPolicy
from domain.sales.next_calls import NextAction, next_action
from store.published.policies import PolicyMissing, policy


def is_prospect(connection: Connection, lead_id: int) -> bool:
    """Whether sales calls the lead of its own accord now."""
    return bool(
        connection.execute(
            text("SELECT phase = :phase AND phase_reason = :reason FROM lead WHERE id = :id"),
            {"phase": Phase.FOLLOW_UP, "reason": OUTBOUND, "id": lead_id},
        ).scalar()
    )


def next_actions(
    connection: Connection, *, lead_id: int, kind: str, attempt: int, dispositions: Iterable[str]
) -> dict[str, NextAction]:
    """Disposition → what it leads to by the follow-up policy in force, where that says so."""
    try:
        promise = policy(connection, FollowUpPolicy)
    except PolicyMissing:
        return {}
    outbound = is_prospect(connection, lead_id)
    found = {
        one: next_action(promise, TaskKind(kind), Disposition(one), attempt, outbound=outbound)
        for one in dispositions
    }
    return {one: action for one, action in found.items() if action}
