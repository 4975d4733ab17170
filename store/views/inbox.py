"""The inbox: what waits for people to do it, and all that one task's screen shows.

Times are journey time, UTC. A task whose disposition is pending is off the lists already.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.contracts.tasks import Disposition, TaskKind
from domain.names import full_name
from domain.sales.follow_up import FollowUpPolicy, ReturnRule
from domain.sales.next_calls import NextAction
from domain.tasks.rules import DISPOSITIONS
from store.mail.inbound import AWAY_UNTIL, LATER
from store.opportunities.opportunities import loss_reasons
from store.published.policies import PolicyMissing, policy
from store.routing.rep_times import free_slots
from store.tasks.snoozes import latest_snooze
from store.views.dossier import Dossier, dossier
from store.views.next_actions import next_actions
from store.views.task_lists import TaskDetail, detail

LOSABLE = (TaskKind.OPPORTUNITY, TaskKind.RENEWAL)
"""Kinds of task that may end with something lost."""
MOST = 50
"""How many tasks a list shows."""


@dataclass(frozen=True)
class TaskFilter:
    """Whose tasks: those of the rep ``owner``, of the reps of ``team``; None for everybody's.
    With ``late_at`` only those that were due before it, with ``kinds`` only those of these."""

    owner: str | None = None
    team: str | None = None
    late_at: datetime | None = None
    kinds: Sequence[str] | None = None

    def asked(self, now: datetime | None) -> dict[str, object]:
        """The parameters of a query; ``now`` says what is put off."""
        kinds = None if self.kinds is None else list(self.kinds)
        return vars(self) | {"kinds": kinds, "now": now}


@dataclass(frozen=True)
class InboxLine:
    """A task as the inbox lists it."""

    id: int
    lead_id: int
    name: str
    company: str
    kind: str
    title: str
    """As marketing wrote it; '' for what is said by kind and facts."""
    attempt: int
    facts: Mapping[str, Any]
    owner: str
    hot: bool
    due_at: datetime
    came: str
    """Why it came from a colleague while it was open, as a cause of an assignment; '' if not."""
    came_from: str
    """The colleague's code."""
    snoozed_until: datetime | None
    """When it comes back; None for one that is on the list."""


@dataclass(frozen=True)
class OpenTaskCounts:
    """How many open tasks a rep has, and their team with them. ``present`` is whether the rep takes
    new leads, absences aside; None when there is no such rep."""

    own: int
    team: int
    present: bool | None


@dataclass(frozen=True)
class OpportunityFacts:
    """The opportunity that a task is about, and what is known of it."""

    id: int
    stage: str
    stage_since: datetime | None
    known: Mapping[str, str]


@dataclass(frozen=True)
class HandedOver:
    """Whose the lead was before its owner of now, and why it changed hands."""

    previous: str
    cause: str


@dataclass(frozen=True)
class TaskView:
    """Everything about one task. ``slots`` are free times by the lead's own days, ``refused`` what
    people typed for it that could not be taken."""

    task: TaskDetail
    dossier: Dossier
    next: Mapping[str, NextAction]
    country: str
    workflow_id: str
    run_id: str
    done_by: str
    done_at: datetime | None
    pending_by: str
    returns: Mapping[str, ReturnRule]
    loss_reasons: Sequence[str]
    """Why an opportunity may be lost, as the policy has it."""
    competitors: Sequence[str]
    """Whom opportunities were lost to, the most frequent first."""
    opportunity: OpportunityFacts | None
    meeting_at: datetime | None
    came: str
    """Why it came from a colleague while it was open, as a cause of an assignment; '' if not."""
    came_from: str
    slots: Mapping[date, Sequence[datetime]] = field(default_factory=dict)
    later: date | None = None
    """The day from which the lead wants to hear from us again, as its last reply says."""
    away_until: date | None = None
    """The day on which the lead is back, as its absence note says. None for days that are over."""
    latest_snooze: datetime | None = None
    """Until when it may be put off; None when it can't be."""
    handed_over: HandedOver | None = None
    """How it came from a colleague; None for one that did not."""
    slots_of: str = ""
    """The rep whose free times the slots are; '' for nobody's."""


_WORK = "CASE WHEN kind = 'cadence' AND facts->>'does' = 'call' THEN 'call' ELSE kind END"
"""Kind of work of a task: a call that a cadence asks for is one like any other."""
_PILE = f"""
    task.state = 'open'
    AND (cast(:owner AS text) IS NULL OR task.owner = :owner)
    AND (cast(:team AS text) IS NULL
        OR task.owner IN (SELECT code FROM rep WHERE rep.team = :team))
    AND (cast(:late_at AS timestamptz) IS NULL OR task.due_at < :late_at)
    AND (cast(:kinds AS text[]) IS NULL OR {_WORK} = ANY(:kinds))
    AND NOT EXISTS (SELECT FROM pending_disposition AS pending
        WHERE pending.task_id = task.id AND pending.release_at < 'infinity')
"""
_CAME = """
    LEFT JOIN LATERAL (
        SELECT cause, previous FROM assignment
        WHERE assignment.lead_id = {task}.lead_id AND assignment.owner = {task}.owner
            AND at >= {task}.opened_at AND previous NOT IN ('', {task}.owner)
        ORDER BY assignment.id DESC LIMIT 1) AS came ON true
"""
_BACK_AT = """CASE WHEN task.snoozed_until IS NOT NULL AND NOT task.hot
    AND least(task.snoozed_until, task.due_at) > :now
    THEN least(task.snoozed_until, task.due_at) END"""
"""When a task comes back that is put off; NULL for one that is on the list."""
_ON_THE_LIST = (
    "(task.snoozed_until IS NULL OR task.hot OR least(task.snoozed_until, task.due_at) <= :now)"
)
_LINES = text(
    f"""
    SELECT first.id, lead_id, kind, first.title, attempt, first.facts, first.owner, hot, due_at,
        first.back_at, first_name, last_name, email, coalesce(account.name, '') AS company,
        coalesce(came.cause, '') AS came, coalesce(came.previous, '') AS came_from
    FROM (SELECT *, {_BACK_AT} AS back_at FROM task WHERE {_PILE}
        ORDER BY back_at NULLS FIRST, hot DESC, due_at, id LIMIT :most) AS first
    JOIN lead ON lead.id = lead_id LEFT JOIN account ON account.id = lead.account_id
    {_CAME.format(task="first")}
    ORDER BY back_at NULLS FIRST, hot DESC, due_at, first.id
    """
)
_MARK = text(
    f"""
    SELECT count(*), max(task.id), sum(hashtext(task.owner)), count(*) FILTER (WHERE hot),
        sum(extract(epoch FROM due_at)), count(*) FILTER (WHERE due_at < :now),
        sum(extract(epoch FROM {_BACK_AT})),
        (SELECT string_agg(task_id || (release_at < 'infinity')::text, ',' ORDER BY task_id)
         FROM pending_disposition WHERE user_id = :user)
    FROM task WHERE {_PILE}
    """
)
_TASK_MARK = text(
    """
    SELECT state, owner, snoozed_until,
        EXISTS (SELECT FROM pending_disposition WHERE task_id = :task)
    FROM task WHERE id = :task
    """
)
_WAITING = text(
    f"""
    SELECT count(*) FILTER (WHERE task.owner = :rep) AS own, count(*) AS team,
        (SELECT present FROM rep WHERE code = :rep AND active) AS present
    FROM task WHERE {_PILE} AND {_ON_THE_LIST}
    """
)
_KINDS = text(
    f"""
    SELECT {_WORK} AS work, count(*) AS number FROM task
    WHERE {_PILE} AND {_ON_THE_LIST} GROUP BY work
    """
)
_DONE = text(
    """
    SELECT count(*) FROM (
        SELECT completed_by AS who FROM task WHERE state = 'done' AND completed_at >= :since
        UNION ALL
        SELECT by FROM pending_disposition WHERE release_at < 'infinity'
    ) AS done
    WHERE (cast(:owner AS text) IS NULL OR who = :owner)
        AND (cast(:team AS text) IS NULL OR who IN (SELECT code FROM rep WHERE rep.team = :team))
    """
)


def lines(
    connection: Connection, pile: TaskFilter, now: datetime, most: int = MOST
) -> list[InboxLine]:
    """The open tasks, hot leads first, then the one due first; those that are put off come last,
    in the order in which they come back."""
    rows = connection.execute(_LINES, pile.asked(now) | {"most": most})
    return [
        InboxLine(
            row.id,
            row.lead_id,
            full_name(row.first_name, row.last_name) or row.email,
            row.company,
            row.kind,
            row.title,
            row.attempt,
            row.facts,
            row.owner,
            row.hot,
            row.due_at,
            row.came,
            row.came_from,
            row.back_at,
        )
        for row in rows
    ]


def kinds(connection: Connection, pile: TaskFilter, now: datetime) -> dict[str, int]:
    """Kind of work → how many tasks are on the list."""
    return {row.work: row.number for row in connection.execute(_KINDS, pile.asked(now))}


def done_since(connection: Connection, pile: TaskFilter, since: datetime) -> int:
    """How many tasks were done since then by whose they are; of everybody's, by anybody."""
    asked = {"owner": pile.owner, "team": pile.team, "since": since}
    return int(connection.execute(_DONE, asked).scalar_one())


def how_many(connection: Connection, pile: TaskFilter) -> int:
    """How many open tasks there are."""
    counted = connection.execute(text(f"SELECT count(*) FROM task WHERE {_PILE}"), pile.asked(None))
    return int(counted.scalar_one())


def mark(
    connection: Connection, pile: TaskFilter, user_id: int, now: datetime
) -> tuple[Hashable, ...]:
    """Something that is another as soon as the list, or what the user holds, is another."""
    row = connection.execute(_MARK, pile.asked(now) | {"user": user_id}).one()
    return tuple(row)


def task_mark(connection: Connection, task_id: int) -> tuple[Hashable, ...]:
    """Something that is another as soon as the task is no longer open, or somebody else's; empty
    when there is no such task."""
    return tuple(connection.execute(_TASK_MARK, {"task": task_id}).first() or ())


def waiting(connection: Connection, rep: str, team: str | None, now: datetime) -> OpenTaskCounts:
    """How much waits for a rep ('' for nobody) and for their team (None for everybody); what is put
    off does not."""
    row = connection.execute(_WAITING, TaskFilter(team=team).asked(now) | {"rep": rep}).one()
    return OpenTaskCounts(row.own, row.team, row.present)


def view(connection: Connection, task_id: int, now: datetime) -> TaskView | None:
    """One task with its lead and opportunity as they are at ``now``; None when there is none."""
    task = detail(connection, task_id, now)
    if task is None:
        return None
    row = connection.execute(
        text(
            f"""
            SELECT workflow_id, run_id, completed_by, completed_at, opportunity_id, country,
                lead.owner AS lead_owner, meeting.starts_at,
                coalesce(came.cause, '') AS came, coalesce(came.previous, '') AS came_from,
                {LATER} AS later, {AWAY_UNTIL} AS away_until,
                (SELECT by FROM pending_disposition AS pending
                 WHERE pending.task_id = task.id AND release_at < 'infinity') AS pending_by
            FROM task JOIN lead ON lead.id = task.lead_id
            LEFT JOIN meeting ON meeting.id = task.meeting_id {_CAME.format(task="task")}
            WHERE task.id = :task
            """
        ),
        {"task": task_id},
    ).one()
    is_open = task.state == "open"
    return TaskView(
        task,
        dossier(connection, task.lead_id, now),
        next_actions(
            connection,
            lead_id=task.lead_id,
            kind=task.kind,
            attempt=task.attempt,
            dispositions=task.dispositions,
        )
        if is_open
        else {},
        row.country,
        row.workflow_id,
        row.run_id,
        row.completed_by,
        row.completed_at,
        row.pending_by or "",
        _returns(connection) if task.kind == TaskKind.QUALIFY else {},
        loss_reasons(connection) if is_open and task.kind in LOSABLE else (),
        _competitors(connection) if is_open and task.kind in LOSABLE else (),
        _opportunity(connection, row.opportunity_id) if row.opportunity_id else None,
        row.starts_at,
        row.came,
        row.came_from,
        free_slots(connection, row.lead_owner, task.time_zone, row.country, now)
        if is_open and any(DISPOSITIONS[Disposition(one)].books for one in task.dispositions)
        else {},
        _ahead(row.later, now),
        _ahead(row.away_until, now),
        None if task.hot else latest_snooze(connection, task_id),
        _handed_over(connection, task.lead_id, task.owner),
        row.lead_owner,
    )


def _handed_over(connection: Connection, lead_id: int, owner: str) -> HandedOver | None:
    row = connection.execute(
        text(
            "SELECT owner, previous, cause FROM assignment WHERE lead_id = :lead "
            "ORDER BY id DESC LIMIT 1"
        ),
        {"lead": lead_id},
    ).first()
    if row is None or not row.previous or row.owner != owner or row.previous == owner:
        return None
    return HandedOver(row.previous, row.cause)


def _ahead(day: date | None, now: datetime) -> date | None:
    return day if day is not None and day > now.date() else None


def _returns(connection: Connection) -> Mapping[str, ReturnRule]:
    try:
        return policy(connection, FollowUpPolicy).returns
    except PolicyMissing:
        return {}


def _competitors(connection: Connection) -> list[str]:
    found = connection.execute(
        text(
            "SELECT competitor FROM opportunity WHERE competitor <> '' "
            "GROUP BY competitor ORDER BY count(*) DESC, competitor LIMIT :most"
        ),
        {"most": MOST},
    )
    return list(found.scalars())


def _opportunity(connection: Connection, opportunity_id: int) -> OpportunityFacts:
    row = connection.execute(
        text("SELECT id, stage, stage_since, qualification FROM opportunity WHERE id = :id"),
        {"id": opportunity_id},
    ).one()
    known = {name: str(value) for name, value in row.qualification.items() if value}
    return OpportunityFacts(row.id, row.stage, row.stage_since, known)
