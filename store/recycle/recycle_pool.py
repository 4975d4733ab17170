"""The recycle pool: recycled leads found by filters, page by page, counted by week, and decided
about many at a time. Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, text

from domain.contracts.journey import EventCode, Phase
from domain.names import full_name
from domain.refusals import RecycleRefused
from domain.sales.recycle import ASKED_FOR, RecyclePolicy, RecycleRule
from domain.scoring.interest import Interest
from domain.scoring.policy import ScoringPolicy
from domain.sentences import sentence
from store.published.policies import PolicyMissing, policy
from store.recycle.recycle import FURTHEST, RestingLead, lock_leads, notify_recycled, stays_longer
from store.scoring.scoring import points_now

PoolOrder = Literal["until", "since", "reason", "owner", "cycle"]
_ORDERS: Mapping[PoolOrder, tuple[str, str, bool]] = {
    "until": ("coalesce(recycled_until, 'infinity')", "timestamptz", False),
    "since": ("phase_since", "timestamptz", True),
    "reason": ("phase_reason", "text", False),
    "owner": ("owner", "text", False),
    "cycle": ("cycle", "integer", True),
}
"""Order → what it is by, the type of that, and whether the last comes first."""
WEEKS = 26
"""How far the forecast looks ahead."""


@dataclass(frozen=True)
class PoolFilter:
    """Which recycled leads; '' and None mean any. Times are journey time, UTC."""

    reason: str = ""
    owner: str | None = None
    """Code of a rep; '' for those nobody owns."""
    cadence: str = ""
    """The cadence they come back into."""
    asked_for: bool = False
    """Only those that asked for a day."""
    due_from: datetime | None = None
    due_before: datetime | None = None
    """They come back before; those that are overdue too."""
    leads: Sequence[int] | None = None
    team: str | None = None
    """Only those whose owner is of this team."""


@dataclass(frozen=True)
class PoolLine:
    """A recycled lead as a list shows it; times are journey time, UTC.

    What it comes back into is the ``cadence`` ('' for the one before), or a call when it asked for
    the day. ``score`` is its interest now, in points.
    """

    id: int
    name: str
    company: str
    owner: str
    reason: str
    cycle: int
    since: datetime
    until: datetime | None
    return_on: date | None
    return_why: str
    return_cadence: str
    cadence: str
    called: bool
    score: int


@dataclass(frozen=True)
class Choices:
    """What recycled leads can be filtered by → how many there are."""

    reasons: dict[str, int]
    owners: dict[str, int]
    cadences: dict[str, int]


@dataclass(frozen=True)
class ReturnForecast:
    """How many come back in each of the next weeks (by Monday, UTC; the overdue in the first),
    after those, and not at all."""

    weeks: dict[date, int]
    later: int
    never: int


def monday_of(now: datetime) -> datetime:
    """When the week began, UTC."""
    there = now.astimezone(UTC)
    midnight = there.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=there.weekday())


def pool_page(
    connection: Connection,
    now: datetime,
    wanted: PoolFilter,
    *,
    after: Sequence[object] | None = None,
    limit: int | None = 50,
    order: PoolOrder = "until",
) -> list[PoolLine]:
    """A page of the pool: the lead that comes back first first, those that do not last; or in
    another order.

    Args:
        now: journey time, UTC.
        after: only those after the one with these values of ``order`` and ``id``.
        limit: how many at most; None for all.

    Raises:
        PolicyMissing: there are such leads, and no scoring policy is published.
    """
    condition, values = _conditions(connection, wanted)
    by, kind, falls = _ORDERS[order]
    way = "DESC" if falls else "ASC"
    if after is not None:
        last = f"cast(:last AS {kind})"
        if order == "until":
            last = f"coalesce({last}, 'infinity')"
        condition += f" AND ({by}, id) {'<' if falls else '>'} ({last}, :after)"
        values["last"], values["after"] = after
    cadence, of_policy = _returns_to(connection)
    rows = connection.execute(
        text(
            f"""
            SELECT lead.*, coalesce(account.name, '') AS company FROM (
                SELECT id, first_name, last_name, email, account_id, owner, phase_reason, cycle,
                    phase_since, recycled_until, return_on, return_why, return_cadence, interest,
                    interest_as_of, {cadence} AS cadence
                FROM lead WHERE {condition}
                ORDER BY {by} {way}, id {way} LIMIT :limit
            ) AS lead LEFT JOIN account ON account.id = lead.account_id
            ORDER BY {by.replace("owner", "lead.owner")} {way}, lead.id {way}
            """
        ),
        {**values, **of_policy, "limit": limit},
    ).all()
    if not rows:
        return []
    rules = policy(connection, ScoringPolicy)
    return [
        PoolLine(
            id=row.id,
            name=full_name(row.first_name, row.last_name) or row.email,
            company=row.company,
            owner=row.owner,
            reason=row.phase_reason,
            cycle=row.cycle,
            since=row.phase_since,
            until=row.recycled_until,
            return_on=row.return_on,
            return_why=row.return_why,
            return_cadence=row.return_cadence,
            cadence=row.cadence,
            called=row.return_on is not None and row.return_why == ASKED_FOR,
            score=points_now(rules, Interest(row.interest, row.interest_as_of), now),
        )
        for row in rows
    ]


def count_pool(connection: Connection, wanted: PoolFilter) -> int:
    """How many recycled leads are wanted."""
    condition, values = _conditions(connection, wanted)
    found = connection.execute(text(f"SELECT count(*) FROM lead WHERE {condition}"), values)
    return int(found.scalar_one())


def pool_ids(connection: Connection, wanted: PoolFilter) -> list[int]:
    """The recycled leads that are wanted."""
    condition, values = _conditions(connection, wanted)
    found = connection.execute(text(f"SELECT id FROM lead WHERE {condition} ORDER BY id"), values)
    return list(found.scalars())


def choices(connection: Connection, team: str | None = None) -> Choices:
    """What the pool (of a team) can be filtered by, the most frequent first."""
    condition, values = _conditions(connection, PoolFilter(team=team))
    cadence, of_policy = _returns_to(connection)
    rows = connection.execute(
        text(
            f"SELECT phase_reason, owner, {cadence} AS cadence, count(*) AS leads FROM lead "
            f"WHERE {condition} GROUP BY 1, 2, 3 ORDER BY 4 DESC"
        ),
        values | of_policy,
    ).all()
    found = Choices({}, {}, {})
    for row in rows:
        for counted, value in (
            (found.reasons, row.phase_reason),
            (found.owners, row.owner),
            (found.cadences, row.cadence),
        ):
            counted[value] = counted.get(value, 0) + row.leads
    return found


def forecast(connection: Connection, now: datetime, wanted: PoolFilter) -> ReturnForecast:
    """When those that are wanted come back if nothing wakes them, whatever they say about when."""
    condition, values = _conditions(connection, replace(wanted, due_from=None, due_before=None))
    first = monday_of(now)
    rows = connection.execute(
        text(
            f"""
            SELECT CASE WHEN recycled_until IS NOT NULL THEN cast(least(:weeks, greatest(0, floor(
                    extract(epoch FROM recycled_until - :first) / 604800))) AS int)
                END AS week, count(*) AS leads
            FROM lead WHERE {condition} GROUP BY 1
            """
        ),
        {**values, "first": first, "weeks": WEEKS},
    )
    found = {row.week: row.leads for row in rows}
    mondays = [(first + timedelta(weeks=week)).date() for week in range(WEEKS)]
    weeks = {monday: found.get(week, 0) for week, monday in enumerate(mondays)}
    return ReturnForecast(weeks, found.get(WEEKS, 0), found.get(None, 0))


def notify_many(connection: Connection, lead_ids: Sequence[int], code: EventCode) -> int:
    """Wake or retire these; how many of them are recycled."""
    leads = _locked(connection, lead_ids)
    notify_recycled(connection, {lead.id: lead.cycle for lead in leads}, code)
    return len(leads)


def refuse_day(day: date, now: datetime) -> None:
    """Refuse a day until which not every lead of the world could rest.

    Raises:
        RecycleRefused: it has come somewhere, or is too far away.
    """
    first = (now + timedelta(hours=14)).date()
    last = (now - timedelta(hours=12)).date() + FURTHEST
    if not first < day <= last:
        raise RecycleRefused(
            sentence(
                "{day} is not to come for every lead, or more than five years away; choose a day "
                "after {first}.",
                day=day,
                first=first,
            ),
            "until",
        )


def extend_many(connection: Connection, lead_ids: Sequence[int], day: date, now: datetime) -> int:
    """Let these rest until a day; how many rest longer by that.

    Raises:
        RecycleRefused: the day is not to come, or too far away, for one of them.
    """
    leads = [lead for lead in _locked(connection, lead_ids) if stays_longer(lead, day, now)]
    connection.execute(
        text(
            "UPDATE lead SET return_on = :day, return_why = 'extended' "
            "WHERE id = ANY(cast(:ids AS bigint[]))"
        ),
        {"day": day, "ids": [lead.id for lead in leads]},
    )
    notify_recycled(connection, {lead.id: lead.cycle for lead in leads}, EventCode.REPLAN)
    return len(leads)


def _locked(connection: Connection, lead_ids: Sequence[int]) -> list[RestingLead]:
    return [lead for lead in lock_leads(connection, lead_ids) if lead.phase == Phase.RECYCLE]


def _conditions(connection: Connection, wanted: PoolFilter) -> tuple[str, dict[str, object]]:
    """The SQL condition on ``lead``, and its values."""
    values: dict[str, object] = {"recycle": Phase.RECYCLE}
    conditions = ["phase = :recycle"]
    chosen: dict[str, tuple[object, str]] = {
        "reason": (wanted.reason or None, "phase_reason = :reason"),
        "owner": (wanted.owner, "owner = :owner"),
        "due_from": (wanted.due_from, "recycled_until >= :due_from"),
        "due_before": (wanted.due_before, "recycled_until < :due_before"),
        "team": (wanted.team, "owner IN (SELECT code FROM rep WHERE rep.team = :team)"),
    }
    for name, (value, condition) in chosen.items():
        if value is not None:
            conditions.append(condition)
            values[name] = value
    if wanted.asked_for:
        conditions.append("return_on IS NOT NULL AND return_why = :asked_for")
        values["asked_for"] = ASKED_FOR
    if wanted.leads is not None:
        conditions.append("id = ANY(cast(:leads AS bigint[]))")
        values["leads"] = list(wanted.leads)
    if wanted.cadence:
        cadence, of_policy = _returns_to(connection)
        conditions.append(f"{cadence} = :cadence")
        values |= of_policy | {"cadence": wanted.cadence}
    return " AND ".join(conditions), values


def _returns_to(connection: Connection) -> tuple[str, dict[str, str]]:
    """The cadence that a recycled lead comes back into, as SQL, and its values."""
    try:
        rules = policy(connection, RecyclePolicy)
    except PolicyMissing:
        return "return_cadence", {}
    values: dict[str, str] = {}

    def place(value: str) -> str:
        values[f"returns_{len(values)}"] = value
        return f"cast(:returns_{len(values) - 1} AS text)"

    def by_cycle(rule: RecycleRule) -> str:
        begins = sorted({1, *rule.cycles}, reverse=True)
        cases = [f"WHEN cycle >= {one} THEN {place(rule.terms(one).cadence)}" for one in begins]
        return f"CASE {' '.join(cases)} ELSE '' END"

    cases = [
        f"WHEN phase_reason = {place(reason)} THEN {by_cycle(rule)}"
        for reason, rule in rules.reasons.items()
    ]
    chosen = "WHEN return_cadence <> '' THEN return_cadence"
    return f"CASE {' '.join([chosen, *cases])} ELSE {by_cycle(rules.default)} END", values
