"""What the dispositions of a task lead to, to be shown before one is given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

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


class MailAfter(NamedTuple):
    """The mail that follows a disposition: for which lead, and its template, '' for none."""

    lead_id: int
    template: str


def mail_after_task(connection: Connection, task_id: int, disposition: str) -> MailAfter | None:
    """Which mail goes out when a task ends with a disposition; None when there is no such task."""
    row = connection.execute(
        text("SELECT lead_id, kind, attempt FROM task WHERE id = :id"), {"id": task_id}
    ).first()
    if row is None:
        return None
    found = next_actions(
        connection,
        lead_id=row.lead_id,
        kind=row.kind,
        attempt=row.attempt,
        dispositions=[disposition],
    )
    return MailAfter(row.lead_id, found[disposition].mail if disposition in found else "")
