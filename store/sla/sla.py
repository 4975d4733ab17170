"""SLA clocks: what was promised about a lead, by when, and whether it was kept.

A clock starts when a promise is given. It is met, breached, or void when the lead went another
way; it stands still while the journey is paused. All times are journey time, UTC; business time
is counted in the calendar of the owner's team. Without a published SLA there are no clocks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select, text, true, update
from sqlalchemy.dialects.postgresql import insert

from domain.contracts.journey import Phase
from domain.contracts.tasks import ACCEPTS, TaskKind, Undone
from domain.sales.sla import Promise, Promised, SlaPolicy, promised
from domain.time.spans import Pause
from store.alerts import close_alerts
from store.outbox.outgoing import announce
from store.published.policies import PolicyMissing, policy
from store.sla.business_time import calendar_of, team_of
from store.sla.task_rows import TaskRow
from store.tables import Crossing, Lead, SlaAction, SlaClock, Task
from store.tables.base import columns_of

ACCEPTANCE = ("accept", "accept_hot")
"""The promises that the answer to a qualify task keeps."""
AFTER_ACCEPTANCE: tuple[Promise, ...] = ("first_week", "return")
UNENDED = SlaClock.ended_at.is_(None)
REMINDER = "sla_reminder"
"""The kind of alert that tells the owner."""
BREACH = "sla_breach"
"""The kind of alert that tells the manager."""


class ClockRow(NamedTuple):
    """A row of ``sla_clock``; its columns say what they hold."""

    id: int
    key: str
    promise: Promise
    lead_id: int
    task_id: int | None
    owner: str
    team: str
    pilot: bool
    state: str
    started_at: datetime
    due_at: datetime
    paused_at: datetime | None
    pauses: list[list[str]]
    ended_at: datetime | None


CLOCK = columns_of(SlaClock, ClockRow)
"""What to select, or to return, for a :class:`ClockRow`."""


def terms(connection: Connection) -> SlaPolicy | None:
    """The promises in force, None when there are none."""
    try:
        return policy(connection, SlaPolicy)
    except PolicyMissing:
        return None


def clocks(connection: Connection, *which: ColumnElement[bool]) -> list[ClockRow]:
    """Clocks, the oldest first, locked."""
    rows = connection.execute(select(*CLOCK).where(*which).order_by(SlaClock.id).with_for_update())
    return [ClockRow(*row) for row in rows]


def reckoned(connection: Connection, clock: ClockRow, sla: SlaPolicy) -> Promised:
    """When a clock is due and when each action on its breach comes, also for a pilot's."""
    return promised(
        sla.model_copy(update={"pilot": False}),
        clock.promise,
        clock.started_at,
        calendar_of(connection, clock.owner),
        pauses_of(clock),
    )


def pauses_of(clock: ClockRow) -> list[Pause]:
    """When a clock stood still."""
    return [(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in clock.pauses]


def start(
    connection: Connection,
    sla: SlaPolicy,
    promise: Promise,
    *,
    key: str,
    lead_id: int,
    owner: str,
    at: datetime,
    task_id: int | None = None,
) -> None:
    """Start a clock, once per ``key``."""
    clock = _promise(connection, sla, promise, owner, at)
    _begin(connection, [clock | {"key": key, "lead_id": lead_id, "task_id": task_id}])


def _promise(
    connection: Connection, sla: SlaPolicy, promise: Promise, owner: str, at: datetime
) -> dict[str, object]:
    """What a clock of ``promise`` has in common for all leads of one owner."""
    team = team_of(connection, owner)
    return {
        "promise": promise,
        "owner": owner,
        "team": team.team if team else "",
        "pilot": sla.pilot,
        "state": "running",
        "started_at": at,
        "due_at": promised(sla, promise, at, calendar_of(connection, owner)).due_at,
    }


def _begin(connection: Connection, begun: Sequence[Mapping[str, object]]) -> None:
    if begun:
        connection.execute(
            insert(SlaClock).values(begun).on_conflict_do_nothing(index_elements=["key"])
        )


def end(
    connection: Connection,
    found: Sequence[ClockRow],
    now: datetime,
    otherwise: Literal["met", "void"],
) -> None:
    """End clocks: one past its time is breached, another is what ``otherwise`` says. Nothing is
    left to do about them then, so what was raised about them, also after they ended, is closed."""
    for clock in found:
        about = [f"{kind}:{clock.id}:" for kind in (REMINDER, BREACH)]
        close_alerts(connection, clock.lead_id, about, now)
        if clock.ended_at is not None:
            continue
        # One that stands still has the time that was left when it was stopped.
        late = (clock.paused_at or now) > clock.due_at
        state = clock.state if clock.state == "breached" else "breached" if late else otherwise
        _set(connection, clock, state=state, ended_at=now, paused_at=None)
        if state == "breached":
            record_action(connection, clock, "breach", clock.due_at)


def record_action(
    connection: Connection, clock: ClockRow, action: str, at: datetime, detail: str = ""
) -> bool:
    """Record what follows a breach, once per action.

    Returns:
        Whether it is new.
    """
    new = connection.execute(
        insert(SlaAction)
        .values(clock_id=clock.id, action=action, pilot=clock.pilot, detail=detail, at=at)
        .on_conflict_do_nothing(index_elements=["clock_id", "action"])
        .returning(SlaAction.id)
    )
    is_new = new.first() is not None
    if is_new and action == "breach":
        announce(connection, "sla.breached", clock.id)
    return is_new


def crossed(connection: Connection, owners: Mapping[int, str], at: datetime) -> None:
    """Start marketing's promise about leads that cross now: to bring each to the list of a rep.

    Args:
        owners: lead id → code of its owner, '' for none. Until a rep has the lead, its time is
            that of the team of the owner of before.
        at: when they crossed, journey time, UTC.
    """
    sla = terms(connection)
    if sla is None:
        return
    found = connection.execute(
        select(Crossing.id, Crossing.lead_id)
        .join(Lead, (Lead.id == Crossing.lead_id) & (Lead.crossed_cycle == Crossing.cycle))
        .where(Crossing.lead_id.in_(owners))
    ).all()
    # Hundreds may cross at once, with a few owners.
    whose = {owners[row.lead_id] for row in found}
    promises = {owner: _promise(connection, sla, "hand_over", owner, at) for owner in whose}
    _begin(
        connection,
        [
            promises[owners[row.lead_id]]
            | {"key": f"hand_over:{row.id}", "lead_id": row.lead_id, "task_id": None}
            for row in found
        ],
    )


def task_opened(connection: Connection, task: TaskRow, now: datetime) -> None:
    """Keep marketing's promise with a task for a rep, and start what a qualify task promises. One
    that is opened again after a pause goes on with the clock it had."""
    sla = terms(connection)
    if sla is None or task.kind not in (TaskKind.QUALIFY, TaskKind.CALL):
        return
    handed_over(connection, sla, task, now)
    if task.kind == TaskKind.CALL:
        return
    going_on = clocks(
        connection,
        SlaClock.promise.in_(ACCEPTANCE),
        SlaClock.task_id.in_(row.id for row in withdrawn_before(connection, task)),
        UNENDED,
    )
    for clock in going_on:
        _set(connection, clock, task_id=task.id)
    if not going_on:
        start_acceptance(connection, sla, task, now)


class Withdrawn(NamedTuple):
    """A task that a pause withdrew: since when and until when it was open."""

    id: int
    opened_at: datetime
    until: datetime | None


def withdrawn_before(connection: Connection, task: TaskRow) -> list[Withdrawn]:
    """The tasks that asked for the same as ``task`` until a pause withdrew them, in order."""
    # The last part of a key tells the openings of one request apart.
    request, separator, _ = task.key.rpartition(":")
    rows = connection.execute(
        select(Task.id, Task.opened_at, Task.completed_at)
        .where(
            Task.lead_id == task.lead_id,
            Task.kind == task.kind,
            Task.state == Undone.WITHDRAWN,
            Task.workflow_id == task.workflow_id,
            Task.run_id == task.run_id,
            func.starts_with(Task.key, request + separator),
            Task.id < task.id,
        )
        .order_by(Task.id)
    )
    return [Withdrawn(*row) for row in rows]


def opened_and_paused(connection: Connection, task: TaskRow) -> tuple[datetime, list[Pause]]:
    """When what ``task`` asks for was opened first, and the pauses that withdrew it since."""
    earlier = withdrawn_before(connection, task)
    openings = [*(row.opened_at for row in earlier), task.opened_at]
    pauses = [
        (row.until, again)
        for row, again in zip(earlier, openings[1:], strict=True)
        if row.until is not None
    ]
    return openings[0], pauses


def handed_over(connection: Connection, sla: SlaPolicy, task: TaskRow, now: datetime) -> None:
    """Marketing has brought the lead to the rep who owns its task; it is counted in the time of
    the rep's team. A task of nobody's keeps no promise."""
    if not task.owner:
        return
    team = team_of(connection, task.owner)
    for clock in clocks(
        connection, SlaClock.lead_id == task.lead_id, SlaClock.promise == "hand_over", UNENDED
    ):
        values = {"owner": task.owner, "team": team.team if team else "", "task_id": task.id}
        taken = _set(connection, clock, **values)
        if taken.state == "running":
            due_at = reckoned(connection, taken, sla).due_at
            taken = _set(connection, taken, due_at=due_at)
        end(connection, [taken], now, "met")


def start_acceptance(connection: Connection, sla: SlaPolicy, task: TaskRow, now: datetime) -> None:
    """Sales' promise to accept or return, from when a rep was given the lead."""
    if not task.owner:
        return
    before = connection.execute(
        select(func.count()).where(SlaClock.task_id == task.id, SlaClock.promise.in_(ACCEPTANCE))
    ).scalar_one()
    start(
        connection,
        sla,
        "accept_hot" if task.hot else "accept",
        key=f"accept:{task.id}:{before}",
        lead_id=task.lead_id,
        owner=task.owner,
        at=now,
        task_id=task.id,
    )


def align_due_times(connection: Connection, lead_ids: Collection[int]) -> None:
    """Have the qualify tasks of these leads, and the alerts of those that are hot, be due when the
    promise to accept is: people see the deadline that they are measured by."""
    connection.execute(
        text(
            # What is locked is being done or withdrawn; whoever does it may want this lead next.
            """
            WITH aligned AS (
                UPDATE task SET due_at = least(clock.due_at, task.deadline_at)
                FROM sla_clock AS clock
                WHERE clock.task_id = task.id AND clock.ended_at IS NULL
                    AND clock.promise = ANY(:acceptance)
                    AND task.id IN (
                        SELECT id FROM task WHERE lead_id = ANY(cast(:leads AS bigint[]))
                            AND state = 'open' AND kind = 'qualify' FOR UPDATE SKIP LOCKED)
                RETURNING task.lead_id, task.hot, task.due_at)
            UPDATE alert SET due_at = aligned.due_at FROM aligned
            WHERE aligned.hot AND alert.lead_id = aligned.lead_id AND alert.id IN (
                SELECT id FROM alert WHERE lead_id = ANY(cast(:leads AS bigint[]))
                    AND kind = 'hot_lead' AND answered_at IS NULL FOR UPDATE SKIP LOCKED)
            """
        ),
        {"acceptance": list(ACCEPTANCE), "leads": sorted(lead_ids)},
    )


def task_answered(
    connection: Connection, task: TaskRow, disposition: str, by: str, now: datetime
) -> None:
    """Keep or break what the answer to a task decides; an acceptance gives the next promises.

    Args:
        task: its row before the answer.
        by: who answered.
        now: journey time, UTC.
    """
    sla = terms(connection)
    if sla is None:
        return
    if task.kind == TaskKind.QUALIFY:
        _end_acceptances(connection, task, now, "met")
        for promise in AFTER_ACCEPTANCE if disposition in ACCEPTS else ():
            if promise == "first_week" and not sla.sales.calls_in_first_week:
                continue
            start(
                connection,
                sla,
                promise,
                key=f"{promise}:{task.id}:0",
                lead_id=task.lead_id,
                owner=task.owner or by,
                at=now,
            )
    elif task.kind == TaskKind.CALL:
        for clock in clocks(
            connection,
            SlaClock.lead_id == task.lead_id,
            SlaClock.promise.in_(AFTER_ACCEPTANCE),
            UNENDED,
        ):
            # The call that is being answered is not among those made.
            made = calls_since(connection, task.lead_id, clock.started_at) + 1
            if clock.promise == "return" or made >= sla.sales.calls_in_first_week:
                end(connection, [clock], now, "met")


def calls_since(connection: Connection, lead_id: int, since: datetime) -> int:
    """How many calls a person finished since then."""
    return connection.execute(
        select(func.count()).where(
            Task.lead_id == lead_id,
            Task.kind == TaskKind.CALL,
            Task.state == "done",
            Task.completed_at >= since,
        )
    ).scalar_one()


def task_closed(connection: Connection, task: TaskRow, state: str, now: datetime) -> None:
    """End what nobody answered before its deadline; a withdrawn task may be opened again."""
    if state == Undone.EXPIRED and task.kind == TaskKind.QUALIFY:
        _end_acceptances(connection, task, now, "void")


def _end_acceptances(
    connection: Connection, task: TaskRow, now: datetime, otherwise: Literal["met", "void"]
) -> None:
    # Those of reps who had the lead before have ended, and their manager may have been told since.
    found = clocks(connection, SlaClock.task_id == task.id, SlaClock.promise.in_(ACCEPTANCE))
    end(connection, found, now, otherwise)


def left_phase(
    connection: Connection, lead_id: int, *, entered: str, cycle: int, now: datetime
) -> None:
    """End the clocks of a lead that went on to another phase: there is nothing left to keep. Only
    a lead that is still on its way to sales is owed a rep, wherever it rests meanwhile.

    Args:
        entered: the phase it is in now, in ``cycle``.
        now: journey time, UTC.
    """
    over = SlaClock.promise != "hand_over"
    if entered in (Phase.NURTURE, Phase.RECYCLE):
        crossings = select(func.concat("hand_over:", Crossing.id)).where(
            Crossing.lead_id == lead_id, Crossing.cycle == cycle
        )
        over = SlaClock.key.not_in(crossings)
    elif entered != Phase.FOLLOW_UP:
        over = true()
    end(connection, clocks(connection, SlaClock.lead_id == lead_id, over), now, "void")


def pause_clocks(connection: Connection, lead_id: int, paused: bool, now: datetime) -> None:
    """Stop the clocks of a lead whose journey is paused, or let them go on from where they
    stopped; saying so twice changes nothing."""
    for clock in clocks(connection, SlaClock.lead_id == lead_id, UNENDED):
        if paused and clock.paused_at is None:
            state = "paused" if clock.state == "running" else clock.state
            _set(connection, clock, state=state, paused_at=now)
        elif not paused and clock.paused_at is not None:
            _go_on(connection, clock, clock.paused_at, now)


def _go_on(connection: Connection, clock: ClockRow, paused_at: datetime, now: datetime) -> None:
    state = "running" if clock.state == "paused" else clock.state
    pauses = [*clock.pauses, [paused_at.isoformat(), now.isoformat()]]
    resumed = _set(connection, clock, state=state, paused_at=None, pauses=pauses)
    sla = terms(connection)
    if sla is not None and state == "running":
        _set(connection, clock, due_at=reckoned(connection, resumed, sla).due_at)


def set_due(connection: Connection, clock: ClockRow, due_at: datetime, team: str) -> None:
    """Count a clock anew."""
    _set(connection, clock, due_at=due_at, team=team)


def breach(connection: Connection, clock: ClockRow) -> None:
    """Note that a clock has run out."""
    _set(connection, clock, state="breached")
    record_action(connection, clock, "breach", clock.due_at)


def _set(connection: Connection, clock: ClockRow, **values: object) -> ClockRow:
    changed = update(SlaClock).where(SlaClock.id == clock.id).values(**values)
    return ClockRow(*connection.execute(changed.returning(*CLOCK)).one())
