"""Tasks as people look at them: the lists of open ones, and one with all that its worker needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, literal, select, tuple_

from domain.names import full_name
from domain.plain_english import in_plain_english
from domain.scoring.interest import Interest
from domain.scoring.policy import ScoringPolicy
from domain.scoring.standing import standing_of
from domain.tasks.wording import instructions_of, questions_of, title_of
from store.published.policies import policy
from store.scoring.scoring import points_now
from store.tables import Account, Lead, Rep, Task


class Urgency(NamedTuple):
    """What lists of open tasks are ordered by."""

    can_wait: bool
    due_at: datetime
    id: int


@dataclass(frozen=True)
class OpenTask:
    """A task as a list shows it; times are journey time, UTC. ``title`` is English; ``facts`` are
    what it is said of in other languages."""

    id: int
    lead_id: int
    kind: str
    title: str
    attempt: int
    owner: str
    hot: bool
    opened_at: datetime
    due_at: datetime
    deadline_at: datetime
    snoozed_until: datetime | None
    """Until when it was put off; it is back when it is due or hot, whatever stands here."""
    dispositions: list[str]
    facts: dict[str, Any]
    first_name: str
    last_name: str
    company: str

    @property
    def name(self) -> str:
        """The lead's name in the order of its script, '' if unknown."""
        return full_name(self.first_name, self.last_name)

    @property
    def urgency(self) -> Urgency:
        """Where it stands in a list: hot leads, then the one due first."""
        return Urgency(not self.hot, self.due_at, self.id)


@dataclass(frozen=True)
class TaskDetail(OpenTask):
    """A task with all that the person who works it wants to know. ``instructions`` are English;
    ``written`` is the part of them that marketing wrote."""

    state: str
    instructions: str
    written: str
    disposition: str
    late: bool
    title_of_lead: str
    email: str
    phone: str
    time_zone: str
    phase_reason: str
    score: int
    grade: str
    cycle: int


_OPEN = (
    select(
        Task.id,
        Task.lead_id,
        Task.kind,
        Task.title,
        Task.attempt,
        Task.owner,
        Task.hot,
        Task.opened_at,
        Task.due_at,
        Task.deadline_at,
        Task.snoozed_until,
        Task.dispositions,
        Task.facts,
        Lead.first_name,
        Lead.last_name,
        func.coalesce(Account.name, "").label("company"),
    )
    .join(Lead, Lead.id == Task.lead_id)
    .outerjoin(Account, Account.id == Lead.account_id)
)


def open_tasks(
    connection: Connection,
    owner: str | None = None,
    team: str | None = None,
    *,
    kinds: Sequence[str] = (),
    awake_at: datetime | None = None,
    after: Sequence[object] | None = None,
    limit: int | None = None,
) -> list[OpenTask]:
    """The open tasks of ``owner``, of the reps of ``team``, or everybody's: hot leads, then the
    one due first.

    Args:
        kinds: only those of these kinds; none for all.
        awake_at: only those that are not put off at this time (journey time, UTC).
        after: only those after the one with this ``urgency``.
        limit: how many at most; None for all.
    """
    urgency = (~Task.hot, Task.due_at, Task.id)
    query = _OPEN.where(Task.state == "open").order_by(*urgency).limit(limit)
    if after is not None:
        query = query.where(tuple_(*urgency) > tuple_(*map(literal, after)))
    if owner is not None:
        query = query.where(Task.owner == owner)
    if team is not None:
        query = query.where(Task.owner.in_(select(Rep.code).where(Rep.team == team)))
    if kinds:
        query = query.where(Task.kind.in_(kinds))
    if awake_at is not None:
        back_at = func.least(Task.snoozed_until, Task.due_at)
        query = query.where(Task.snoozed_until.is_(None) | Task.hot | (back_at <= awake_at))
    return [OpenTask(**_told(row._asdict())) for row in connection.execute(query)]


def _told(row: dict[str, Any]) -> dict[str, Any]:
    title = title_of(row["kind"], row["attempt"], row["facts"], row["title"])
    return row | {"title": in_plain_english(title)}


def detail(connection: Connection, task_id: int, now: datetime) -> TaskDetail | None:
    """A task with its lead as they are at ``now`` (journey time, UTC), or None."""
    row = connection.execute(
        _OPEN.add_columns(
            Task.state,
            Task.instructions.label("written"),
            Task.disposition,
            Task.late,
            Lead.title.label("title_of_lead"),
            Lead.email,
            Lead.phone,
            Lead.time_zone,
            Lead.phase_reason,
            Lead.fit,
            Lead.interest,
            Lead.interest_as_of,
            Lead.cycle,
        ).where(Task.id == task_id)
    ).first()
    if row is None:
        return None
    rules = policy(connection, ScoringPolicy)
    values = _told(row._asdict())
    asked = [*instructions_of(row.kind, row.facts, row.written), *questions_of(row.facts)]
    values["instructions"] = " ".join(in_plain_english(one) for one in asked)
    for name in ("fit", "interest", "interest_as_of"):
        del values[name]
    points = points_now(rules, Interest(row.interest, row.interest_as_of), now)
    grade = standing_of(rules, row.fit, points).grade
    return TaskDetail(**values, score=points, grade=grade)
