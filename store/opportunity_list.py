"""Sales found by filters, with how long their stage is expected to take and which stand still."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, text

from domain.names import full_name
from domain.sales.business_time import BusinessCalendar, CalendarShut
from domain.sales.opportunities import QUALIFICATION, OpportunityPolicy, missing
from domain.sales.spans import ClockSpan
from store.business_time import calendar_of
from store.policies import PolicyMissing, policy

State = Literal["open", "won", "lost", "no_outcome", "stalled", "any"]
"""Open, or how it was closed."""


@dataclass(frozen=True)
class Wanted:
    """Which sales; '' and None mean any."""

    state: State = "open"
    stage: str = ""
    owner: str | None = None
    stalled: bool = False
    """Only open ones that stand still."""
    incomplete: bool = False
    """Only those of which budget, authority, need or timeline is not known."""
    team: str | None = None
    """Only those with leads whose owner is of this team."""


@dataclass(frozen=True)
class Sale:
    """A sale as the list shows it; times are journey time, UTC. ``expected`` is how long its stage
    is to take (None when the policy does not say), ``due_at`` when that is over; ``amount`` is what
    is recorded of the budget, in the buyer's words."""

    id: int
    name: str
    lead_id: int
    lead: str
    account_id: int | None
    account: str
    owner: str
    stage: str
    since: datetime
    expected: ClockSpan | None
    due_at: datetime | None
    stalled: bool
    helped: bool
    """Whether marketing's help was offered."""
    missing: Sequence[str]
    amount: str
    outcome: str
    outcome_reason: str
    competitor: str
    closed_at: datetime | None


@dataclass(frozen=True)
class StageCount:
    """A stage of the policy and the open sales in it."""

    stage: str
    expected: ClockSpan | None
    open: int
    stalled: int


def sales(
    connection: Connection, now: datetime, wanted: Wanted, *, after: int = 0, limit: int = 50
) -> list[Sale]:
    """A page of the sales, the youngest first.

    Args:
        now: journey time, UTC.
        after: the last one of the page before; 0 for the first page.
    """
    # Whether a sale stands still is told by business time, which the database does not know.
    rows = _rows(connection, wanted, after, None if wanted.stalled else limit)
    clock = _StageClock(connection)
    found: list[Sale] = []
    for row in rows:
        sale = _sale(row, clock, now)
        if sale.stalled or not wanted.stalled:
            found.append(sale)
        if len(found) == limit:
            break
    return found


def by_stage(connection: Connection, now: datetime, team: str | None = None) -> list[StageCount]:
    """The stages in their order with their open sales (of ``team``); those that the policy does
    not name any more come last."""
    clock = _StageClock(connection)
    counts: dict[str, list[int]] = {name: [0, 0] for name in clock.stages}
    for row in _rows(connection, Wanted(team=team), 0, None):
        sale = _sale(row, clock, now)
        count = counts.setdefault(sale.stage, [0, 0])
        count[0] += 1
        count[1] += sale.stalled
    return [StageCount(stage, clock.expected(stage), *count) for stage, count in counts.items()]


class _StageClock:
    """How long stages take, by the calendars of owners."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._calendars: dict[str, BusinessCalendar] = {}
        self._rules: OpportunityPolicy | None = None
        with suppress(PolicyMissing):
            self._rules = policy(connection, OpportunityPolicy, "opportunity")

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


def _rows(connection: Connection, wanted: Wanted, after: int, limit: int | None) -> Sequence[Any]:
    conditions = ["true"]
    values: dict[str, Any] = {"limit": limit, "after": after, "known": list(QUALIFICATION)}
    if wanted.state == "open" or wanted.stalled:
        conditions.append("outcome = ''")
    elif wanted.state != "any":
        conditions.append("outcome = :outcome")
        values["outcome"] = wanted.state
    if after:
        conditions.append("opportunity.id < :after")
    if wanted.stage:
        conditions.append("opportunity.stage = :stage")
        values["stage"] = wanted.stage
    if wanted.owner is not None:
        conditions.append("opportunity.owner = :owner")
        values["owner"] = wanted.owner
    if wanted.incomplete:
        conditions.append(
            "EXISTS (SELECT FROM unnest(cast(:known AS text[])) AS name "
            "WHERE trim(coalesce(qualification->>name, '')) = '')"
        )
    if wanted.team is not None:
        conditions.append("lead.owner IN (SELECT code FROM rep WHERE rep.team = :team)")
        values["team"] = wanted.team
    return connection.execute(
        text(
            f"""
            SELECT opportunity.id, opportunity.name, lead_id, first_name, last_name, email,
                opportunity.account_id, coalesce(account.name, '') AS account, opportunity.owner,
                opportunity.stage, coalesce(stage_since, opened_at) AS since, help_offered_at,
                qualification, outcome, outcome_reason, competitor, closed_at,
                outcome = '' AND EXISTS (
                    SELECT FROM alert WHERE alert.lead_id = opportunity.lead_id
                        AND alert.kind = 'stalled' AND answered_at IS NULL
                        AND starts_with(alert.key, 'stalled:opportunity-' || opportunity.id || ':')
                ) AS warned
            FROM opportunity JOIN lead ON lead.id = opportunity.lead_id
            LEFT JOIN account ON account.id = opportunity.account_id
            WHERE {" AND ".join(conditions)} ORDER BY opportunity.id DESC LIMIT :limit
            """
        ),
        values,
    ).all()


def _sale(row: Any, clock: _StageClock, now: datetime) -> Sale:
    is_open = row.outcome == ""
    due_at = clock.due(row.stage, row.since, row.owner) if is_open else None
    return Sale(
        id=row.id,
        name=row.name,
        lead_id=row.lead_id,
        lead=full_name(row.first_name, row.last_name) or row.email,
        account_id=row.account_id,
        account=row.account,
        owner=row.owner,
        stage=row.stage,
        since=row.since,
        expected=clock.expected(row.stage),
        due_at=due_at,
        stalled=row.warned or (due_at is not None and due_at < now),
        helped=row.help_offered_at is not None,
        missing=missing(row.qualification),
        amount=str(row.qualification.get("budget") or "").strip(),
        outcome=row.outcome,
        outcome_reason=row.outcome_reason,
        competitor=row.competitor,
        closed_at=row.closed_at,
    )
