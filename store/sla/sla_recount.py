"""Promises counted anew: after a calendar or the SLA changed, a lead changed hands, or it turned
hot. Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, select, text

from domain.contracts.journey import EventCode, JourneyEvent
from domain.contracts.tasks import TaskKind
from domain.sales.sla import Promise, SlaPolicy
from store.outbox.relay_messages import QueuedMessage, post_all
from store.sla import sla
from store.sla.business_time import team_of
from store.sla.task_rows import TaskRow, find_task
from store.tables import Lead, SlaClock, Task


def recount(connection: Connection, owners: Collection[str] | None, now: datetime) -> None:
    """Count the promises of these reps anew (everybody's when None), after a calendar or the SLA
    changed: each from when it was given.

    Args:
        now: journey time, UTC.
    """
    found = connection.execute(
        text(
            "SELECT DISTINCT lead_id FROM sla_clock WHERE ended_at IS NULL "
            "AND (:all OR owner = ANY(:owners)) ORDER BY lead_id"
        ),
        {"all": owners is None, "owners": sorted(owners or ())},
    )
    recount_leads(connection, list(found.scalars()), now)


def recount_leads(connection: Connection, lead_ids: Collection[int], now: datetime) -> None:
    """Count the promises about these leads anew, after their owners or calendars changed or they
    turned hot. A rep who was given a lead has all the time that was promised; the journey that
    waits for the rep is told to look again.

    Args:
        now: journey time, UTC.
    """
    terms = sla.terms(connection)
    if terms is None:
        return
    for lead_id in sorted(set(lead_ids)):
        found = sla.clocks(connection, SlaClock.lead_id == lead_id, sla.UNENDED)
        task = find_task(
            connection, Task.lead_id == lead_id, Task.kind == TaskKind.QUALIFY, Task.state == "open"
        )
        changed = task is not None and _handed_over(connection, terms, task, found, now)
        lead_owner = connection.execute(select(Lead.owner).where(Lead.id == lead_id)).scalar_one()
        for clock in found:
            if clock.promise == "hand_over" and task and task.owner:
                continue
            if _is_kept(connection, terms, clock):
                sla.end(connection, [clock], now, "met")
                continue
            accepting = clock.promise in sla.ACCEPTANCE
            owner = task.owner if task and accepting else lead_owner
            heated = task and task.hot and clock.promise == "accept" and clock.state == "running"
            same = not owner or (owner == clock.owner and not heated)
            if same or clock.promise == "hand_over":
                changed |= _count(connection, terms, clock)
                continue
            sla.end(connection, [clock], now, "void")
            changed = True
            if not accepting:
                _begin_anew(connection, terms, clock, owner, now)
            elif task:
                sla.start_acceptance(connection, terms, task, now)
        if changed:
            notify_of_new_clocks(connection, [lead_id], now)
    sla.align_due_times(connection, lead_ids)


def _handed_over(
    connection: Connection,
    terms: SlaPolicy,
    task: TaskRow,
    found: Collection[sla.ClockRow],
    now: datetime,
) -> bool:
    """Whether a lead that waited for a rep has one now."""
    if not task.owner:
        return False
    sla.handed_over(connection, terms, task, now)
    if any(clock.promise in sla.ACCEPTANCE for clock in found):
        return False
    sla.start_acceptance(connection, terms, task, now)
    return True


def _begin_anew(
    connection: Connection, terms: SlaPolicy, clock: sla.ClockRow, owner: str, now: datetime
) -> None:
    name, acceptance, times = clock.key.split(":")
    promise: Promise = "first_week" if name == "first_week" else "return"
    key = f"{name}:{acceptance}:{int(times) + 1}"
    sla.start(connection, terms, promise, key=key, lead_id=clock.lead_id, owner=owner, at=now)


def _is_kept(connection: Connection, terms: SlaPolicy, clock: sla.ClockRow) -> bool:
    """Whether fewer calls were promised since, and those have been made."""
    if clock.promise != "first_week" or clock.state != "running":
        return False
    made = sla.calls_since(connection, clock.lead_id, clock.started_at)
    return made >= terms.sales.calls_in_first_week


def _count(connection: Connection, terms: SlaPolicy, clock: sla.ClockRow) -> bool:
    """Whether the clock is due at another time now; what is broken stays so."""
    if clock.state == "breached":
        return False
    due = sla.reckoned(connection, clock, terms).due_at
    team = team_of(connection, clock.owner)
    if due == clock.due_at:
        return False
    sla.set_due(connection, clock, due, team.team if team else "")
    return True


def notify_of_new_clocks(connection: Connection, lead_ids: Collection[int], now: datetime) -> None:
    """Have the journeys that wait for a rep look at what was promised about these leads now."""
    waiting = connection.execute(
        select(Task.id, Task.workflow_id).where(
            Task.lead_id.in_(lead_ids),
            Task.state == "open",
            Task.kind.in_((TaskKind.QUALIFY, TaskKind.CALL)),
        )
    )
    post_all(
        connection,
        [
            QueuedMessage(
                f"promised-anew:{task.id}:{now.isoformat()}",
                task.workflow_id,
                "signal",
                asdict(JourneyEvent(EventCode.REPLAN)),
                "engagement",
            )
            for task in waiting
        ],
    )
