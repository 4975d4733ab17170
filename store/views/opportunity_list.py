"""Opportunities as people look at them: one, or found by filters, with those that stand still.
Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Row,
    Select,
    func,
    literal_column,
    or_,
    select,
    text,
    tuple_,
)

from domain.contracts.tasks import TaskKind
from domain.names import full_name, id_named
from domain.sales.opportunities import QUALIFICATION, OpportunityPolicy, missing
from domain.time.business_time import BusinessCalendar, CalendarShut
from domain.time.spans import ClockSpan
from store.accounts.accounts import name_key
from store.published.policies import PolicyMissing, policy
from store.sla.business_time import calendar_of
from store.tables import Account, Lead, Opportunity, Rep, Task

State = Literal["open", "won", "lost", "no_outcome", "stalled", "any"]
"""Open, or how it was closed."""


@dataclass(frozen=True)
class OpportunityFilter:
    """Which opportunities; '' and None mean any."""

    state: State = "open"
    stage: str = ""
    owner: str | None = None
    stalled: bool = False
    """Only open ones that stand still."""
    incomplete: bool = False
    """Only those of which budget, authority, need or timeline is not known."""
    team: str | None = None
    """Only those with leads whose owner is of this team."""
    account: str = ""
    """Only this account's: its id, name or domain."""


@dataclass(frozen=True)
class OpportunityLine:
    """An opportunity; times are journey time, UTC."""

    id: int
    key: str
    lead_id: int
    account_id: int | None
    account: str
    lead: str
    """The lead's name, else its e-mail address."""
    name: str
    owner: str
    stage: str
    stage_since: datetime | None
    help_offered_at: datetime | None
    """When marketing's help was offered."""
    qualification: dict[str, Any]
    outcome: str
    outcome_reason: str
    competitor: str
    opened_at: datetime
    closed_at: datetime | None
    amount: Decimal | None
    """What it is worth; None while nobody said."""
    currency: str
    """ISO 4217; '' without an amount."""
    expected_close: date | None
    task_id: int | None
    """The task its owner has now."""

    @property
    def missing(self) -> list[str]:
        """What is not known of budget, authority, need and timeline."""
        return missing(self.qualification)

    @property
    def since(self) -> datetime:
        """When it came to its stage."""
        return self.stage_since or self.opened_at


@dataclass(frozen=True)
class OpenOpportunityLine(OpportunityLine):
    """An opportunity as lists show it. ``due_at`` is when its stage is expected to be over; None
    when it is closed or the policy does not say."""

    due_at: datetime | None
    stalled: bool
    """Whether it stands still."""


@dataclass(frozen=True)
class StageCount:
    """A stage of the policy and the open opportunities in it."""

    stage: str
    expected: ClockSpan | None
    open: int
    stalled: int


_OPEN_TASK = (
    select(func.max(Task.id))
    .where(
        Task.lead_id == Opportunity.lead_id,
        Task.opportunity_id == Opportunity.id,
        Task.kind == TaskKind.OPPORTUNITY,
        Task.state == "open",
    )
    .scalar_subquery()
)
_WARNED = literal_column(
    """
    opportunity.outcome = '' AND EXISTS (
        SELECT FROM alert WHERE alert.lead_id = opportunity.lead_id
            AND alert.kind = 'stalled' AND answered_at IS NULL
            AND starts_with(alert.key, 'stalled:opportunity-' || opportunity.id || ':'))
    """,
    Boolean,
)
OpportunityOrder = Literal["id", "account", "owner", "stage", "since"]
_ORDERS: Mapping[OpportunityOrder, ColumnElement[Any]] = {
    "id": Opportunity.__table__.c.id,
    "account": func.coalesce(Account.name, ""),
    "owner": Opportunity.__table__.c.owner,
    "stage": Opportunity.__table__.c.stage,
    "since": func.coalesce(Opportunity.stage_since, Opportunity.opened_at),
}
"""Order → what it is by; all but the youngest first ascend."""
_LINE: Select[Any] = (
    select(
        *Opportunity.__table__.c,
        func.coalesce(Account.name, "").label("account"),
        Lead.first_name,
        Lead.last_name,
        Lead.email,
        _OPEN_TASK.label("task_id"),
        _WARNED.label("warned"),
    )
    .join(Lead, Lead.id == Opportunity.lead_id)
    .outerjoin(Account, Account.id == Opportunity.account_id)
)


def find_opportunity(connection: Connection, opportunity_id: int) -> OpportunityLine | None:
    """The opportunity with this id, or None."""
    row = connection.execute(_LINE.where(Opportunity.id == opportunity_id)).first()
    return OpportunityLine(**_facts(row)) if row else None


def list_opportunities(
    connection: Connection,
    now: datetime,
    wanted: OpportunityFilter,
    *,
    after: Sequence[object] | None = None,
    limit: int = 50,
    order: OpportunityOrder = "id",
) -> list[OpenOpportunityLine]:
    """A page of the opportunities, the youngest first, or in another order.

    Args:
        now: journey time, UTC.
        after: only those after the one with these values of ``order`` and ``id``.
    """
    by = _ORDERS[order]
    key = tuple_(by, Opportunity.id)
    if order == "id":
        query = _wanted(wanted).order_by(Opportunity.id.desc())
        query = query.where(Opportunity.id < after[1]) if after else query
    else:
        query = _wanted(wanted).order_by(by, Opportunity.id)
        query = query.where(key > tuple_(*after)) if after else query
    # Whether one stands still is told by business time, which the database does not know.
    rows = connection.execute(query if wanted.stalled else query.limit(limit)).all()
    clock = _StageClock(connection)
    found: list[OpenOpportunityLine] = []
    for row in rows:
        opportunity = _opportunity(row, clock, now)
        if opportunity.stalled or not wanted.stalled:
            found.append(opportunity)
        if len(found) == limit:
            break
    return found


def by_stage(connection: Connection, now: datetime, team: str | None = None) -> list[StageCount]:
    """The stages in their order with their open opportunities (of ``team``); those that the policy
    does not name any more come last."""
    clock = _StageClock(connection)
    counts: dict[str, list[int]] = {name: [0, 0] for name in clock.stages}
    for row in connection.execute(_wanted(OpportunityFilter(team=team))).all():
        opportunity = _opportunity(row, clock, now)
        count = counts.setdefault(opportunity.stage, [0, 0])
        count[0] += 1
        count[1] += opportunity.stalled
    return [StageCount(stage, clock.expected(stage), *count) for stage, count in counts.items()]


class _StageClock:
    """How long stages take, by the calendars of owners."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._calendars: dict[str, BusinessCalendar] = {}
        self._rules: OpportunityPolicy | None = None
        with suppress(PolicyMissing):
            self._rules = policy(connection, OpportunityPolicy)

    @property
    def stages(self) -> list[str]:
        return [] if self._rules is None else [one.name for one in self._rules.stages]

    def expected(self, stage: str) -> ClockSpan | None:
        return None if self._rules is None else self._rules.expected(stage)

    def due(self, stage: str, since: datetime, owner: str) -> datetime | None:
        expected = self.expected(stage)
        if expected is None:
            return None
        if owner not in self._calendars:
            self._calendars[owner] = calendar_of(self._connection, owner)
        try:
            return expected.after(since, self._calendars[owner])
        except CalendarShut:
            return None


def _wanted(wanted: OpportunityFilter) -> Select[Any]:
    query = _LINE
    if wanted.state == "open" or wanted.stalled:
        query = query.where(Opportunity.outcome == "")
    elif wanted.state != "any":
        query = query.where(Opportunity.outcome == wanted.state)
    if wanted.stage:
        query = query.where(Opportunity.stage == wanted.stage)
    if wanted.owner is not None:
        query = query.where(Opportunity.owner == wanted.owner)
    if wanted.incomplete:
        unknown = text(
            "EXISTS (SELECT FROM unnest(cast(:known AS text[])) AS name "
            "WHERE trim(coalesce(opportunity.qualification->>name, '')) = '')"
        )
        query = query.where(unknown.bindparams(known=list(QUALIFICATION)))
    if wanted.team is not None:
        ours = select(Rep.code).where(Rep.team == wanted.team)
        query = query.where(Lead.owner.in_(ours))
    if wanted.account:
        query = query.where(
            or_(
                Account.name_key == name_key(wanted.account),
                Account.domain == wanted.account.strip().casefold(),
                Account.id == id_named(wanted.account, "account"),
            )
        )
    return query


def _opportunity(row: Row[Any], clock: _StageClock, now: datetime) -> OpenOpportunityLine:
    one = OpportunityLine(**_facts(row))
    due_at = clock.due(one.stage, one.since, one.owner) if one.outcome == "" else None
    stalled = row.warned or (due_at is not None and due_at < now)
    return OpenOpportunityLine(**vars(one), due_at=due_at, stalled=stalled)


def _facts(row: Row[Any]) -> dict[str, Any]:
    facts = dict(row._mapping)
    del facts["warned"]
    email = facts.pop("email")
    facts["lead"] = full_name(facts.pop("first_name"), facts.pop("last_name")) or email
    return facts
