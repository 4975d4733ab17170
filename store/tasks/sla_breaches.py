"""What follows a promise that was not kept: remind, then reassign or tell the manager. Times are
journey time, UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select, text

from domain.contracts.tasks import TaskKind
from domain.sales.sla import ActionName, DueAction, SlaPolicy
from store.alerts import NewAlert, raise_alerts
from store.routing import routing
from store.sla import sla
from store.sla.business_time import managers_of
from store.sla.sla_recount import recount_leads
from store.sla.task_rows import TaskRow, lock_task
from store.tables import Lead, SlaAction, SlaClock

UNATTENDED = ("hand_over", *sla.AFTER_ACCEPTANCE)
"""Promises that may fall due while no task waits for a person."""
AT_A_TIME = 500
"""Leads that one round looks at: it has half a minute, and the next comes soon."""


@dataclass(frozen=True)
class Enforced:
    """When to look at the promises about a task again (journey time, UTC; None: never), and what
    was done now."""

    look_at: datetime | None
    done: tuple[str, ...] = ()


def enforce(connection: Connection, task_id: int, now: datetime) -> Enforced:
    """Do what the promises about an open task demand by now, each thing once.

    A pilot's breaches are recorded with what would have been done.

    Args:
        now: journey time, UTC.
    """
    task = lock_task(connection, task_id)
    terms = sla.terms(connection)
    if terms is None or task.state != "open":
        return Enforced(None)
    # Who routes holds the lead when it comes to the clocks; so does whoever enforces them.
    connection.execute(select(Lead.id).where(Lead.id == task.lead_id).with_for_update())
    recount_leads(connection, [task.lead_id], now)
    done = [
        what
        for clock in _clocks(connection, task)
        for what in _demand(connection, clock, terms, now)
    ]
    # Whoever has the task now may be somebody else.
    return Enforced(next_look(connection, task_id, now), tuple(done))


def leads_due(connection: Connection, now: datetime) -> list[int]:
    """Leads about which a promise demands something now, or soon after a breach, whether or not a
    task waits for a person: those that have just fallen due first, of many a part.

    Args:
        now: journey time, UTC.
    """
    terms = sla.terms(connection)
    if terms is None:
        return []
    rows = connection.execute(
        text(
            """
            SELECT lead_id FROM sla_clock
            WHERE ended_at IS NULL AND paused_at IS NULL AND promise = ANY(:promises) AND (
                (state = 'running' AND due_at <= :now)
                OR (state = 'breached' AND EXISTS (
                    SELECT FROM unnest(cast(:actions AS text[])) AS wanted (action)
                    WHERE (promise <> 'hand_over' OR wanted.action = 'tell_manager')
                        AND NOT EXISTS (SELECT FROM sla_action
                                        WHERE clock_id = sla_clock.id
                                            AND sla_action.action = wanted.action))))
            GROUP BY lead_id ORDER BY bool_or(state = 'running') DESC, random() LIMIT :at_most
            """
        ),
        {
            "at_most": AT_A_TIME,
            "promises": list(UNATTENDED),
            "actions": [action.do for action in terms.on_breach],
            "now": now,
        },
    )
    return list(rows.scalars())


def enforce_for_lead(connection: Connection, lead_id: int, now: datetime) -> tuple[str, ...]:
    """Do what the promises about a lead demand by now that fall due between two tasks, each thing
    once; what was done. A lead that somebody holds is left to the next time.

    Args:
        now: journey time, UTC.
    """
    terms = sla.terms(connection)
    free = connection.execute(
        select(Lead.id).where(Lead.id == lead_id).with_for_update(skip_locked=True)
    ).first()
    if terms is None or free is None:
        return ()
    found = sla.clocks(
        connection,
        SlaClock.lead_id == lead_id,
        SlaClock.promise.in_(UNATTENDED),
        SlaClock.paused_at.is_(None),
        sla.UNENDED,
    )
    return tuple(what for clock in found for what in _demand(connection, clock, terms, now))


def _demand(
    connection: Connection, clock: sla.ClockRow, terms: SlaPolicy, now: datetime
) -> list[str]:
    """Note that a clock has run out, and take the actions whose time has come."""
    done = []
    if clock.state == "running" and clock.due_at <= now:
        sla.breach(connection, clock)
        done.append(f"{clock.promise} breached")
    elif clock.state != "breached":
        return []
    for action in sla.reckoned(connection, clock, terms).actions:
        # No rep has the lead yet who could be reminded of it or lose it.
        if action.at <= now and (clock.promise != "hand_over" or action.do == "tell_manager"):
            done += _act(connection, clock, action, now)
    return done


def next_look(connection: Connection, task_id: int, now: datetime) -> datetime | None:
    """When a promise about an open task may next demand something; None when none can."""
    task = lock_task(connection, task_id)
    terms = sla.terms(connection)
    if terms is None:
        return None
    found = [
        at for clock in _clocks(connection, task) for at in _looks(connection, clock, terms, now)
    ]
    # A lead that waits for a rep gets a promise when it gets one: whoever waits is then told.
    return min(found, default=task.deadline_at if task.kind == TaskKind.QUALIFY else None)


def _looks(
    connection: Connection, clock: sla.ClockRow, terms: SlaPolicy, now: datetime
) -> list[datetime]:
    if clock.state == "paused":
        return []
    if clock.state == "running":
        return [max(clock.due_at, now)]
    reckoned = sla.reckoned(connection, clock, terms)
    done = _done(connection, clock)
    return [max(one.at, now) for one in reckoned.actions if one.do not in done]


def _clocks(connection: Connection, task: TaskRow) -> list[sla.ClockRow]:
    """Sales' promises that wait for this task, also those of reps who had it before."""
    accepting = (SlaClock.task_id == task.id) & SlaClock.promise.in_(sla.ACCEPTANCE)
    after = SlaClock.promise.in_(sla.AFTER_ACCEPTANCE) & sla.UNENDED
    return sla.clocks(
        connection,
        SlaClock.lead_id == task.lead_id,
        or_(accepting, after),
        SlaClock.state.in_(("running", "paused", "breached")),
    )


def _done(connection: Connection, clock: sla.ClockRow) -> set[str]:
    return set(
        connection.execute(select(SlaAction.action).where(SlaAction.clock_id == clock.id)).scalars()
    )


def _act(
    connection: Connection, clock: sla.ClockRow, action: DueAction, now: datetime
) -> list[str]:
    """Take one action on a breach, unless it was taken before."""
    if action.do in _done(connection, clock):
        return []
    detail = "" if clock.pilot else _take(connection, clock, action.do, now)
    sla.record_action(connection, clock, action.do, now, detail)
    return [f"{action.do.replace('_', ' ')}{f' {detail}' if detail else ''}"]


def _take(connection: Connection, clock: sla.ClockRow, do: ActionName, now: datetime) -> str:
    """Do it; the codes of who was told or has the lead now, '' for nobody."""
    if do == "reassign":
        return _reassign(connection, clock, now)
    if do == "remind" and not _is_away(connection, clock.owner, now):
        _alert(connection, sla.REMINDER, clock, [clock.owner], now)
        return clock.owner
    # A reminder would reach a rep who is away too late.
    managers = managers_of(connection, clock.owner)
    _alert(connection, sla.BREACH, clock, managers, now)
    return ", ".join(managers)


def _is_away(connection: Connection, rep: str, now: datetime) -> bool:
    away: bool = connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM rep WHERE code = :rep AND NOT present) OR EXISTS "
            "(SELECT FROM absence WHERE rep = :rep AND begins_at <= :now AND until > :now)"
        ),
        {"rep": rep, "now": now},
    ).scalar_one()
    return away


def _reassign(connection: Connection, clock: sla.ClockRow, now: datetime) -> str:
    """Give the lead to a colleague, once for each task: a lead that goes from hand to hand is
    worked by nobody."""
    before = connection.execute(
        select(SlaAction.id)
        .join(SlaClock, SlaClock.id == SlaAction.clock_id)
        .where(
            SlaAction.action == "reassign",
            SlaAction.detail != "",
            SlaClock.lead_id == clock.lead_id,
            # The task that was accepted, or that is to be.
            func.split_part(SlaClock.key, ":", 2) == clock.key.split(":")[1],
        )
    ).first()
    if before is not None:
        return ""
    owner = routing.assign(connection, clock.lead_id, now, cause="sla", promise=clock.promise)
    if owner == clock.owner:
        return ""
    recount_leads(connection, [clock.lead_id], now)
    return owner


def _alert(
    connection: Connection, kind: str, clock: sla.ClockRow, people: Sequence[str], now: datetime
) -> None:
    alerts = [
        NewAlert(f"{kind}:{clock.id}:{person}", kind, person, now, clock.lead_id)
        for person in people
    ]
    raise_alerts(connection, alerts, now)
