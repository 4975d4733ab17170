"""The facts of ``SEGMENT_FACTS`` as SQL, for one lead, some or all. Times are journey time, UTC."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from domain.contracts.journey import Phase, Stage
from domain.names import FREE_MAIL
from domain.rules.segment_facts import (
    LAST,
    MAPS,
    NAMED,
    SEGMENT_FACTS,
    FactRead,
    kind_of_activity,
)
from domain.scoring.fit import letter_of
from domain.scoring.policy import LETTERS, LEVELS, ScoringPolicy
from store.published.policies import PolicyMissing, policy
from store.scoring.points_in_sql import POINTS_NOW

IS_THERE = "lead.phase_reason <> 'erased'"
_WINDOW = re.compile(r"_(\d+)_days$")
DAYS = frozenset(
    (
        *("lead.created", "lead.phase_since", "opportunity.last_won", "opportunity.last_lost"),
        *(f"engagement.{name}" for name in (*LAST, "last_visit", "last_tracked")),
    )
)
"""The facts that are days: in SQL a date, NULL for never."""

_DOMAIN = "substring(lead.email_key FROM '[^@]*$')"
_PLAIN: Mapping[str, str] = {
    "lead.company": "coalesce(account.name, '')",
    "lead.email_domain": _DOMAIN,
    "lead.has_free_mail": f"{_DOMAIN} ~ :free_mail",
    "lead.has_phone": "lead.phone <> ''",
    "lead.has_opted_out": "coalesce(suppression.reason NOT IN ('bounced', 'soft_bounced'), false)",
    "lead.created": "cast(lead.created_at AT TIME ZONE 'UTC' AS date)",
    "lead.phase_since": "cast(lead.phase_since AT TIME ZONE 'UTC' AS date)",
    "account.name": "coalesce(account.name, '')",
    "account.domain": "coalesce(account.domain, '')",
    "account.do_not_market": "coalesce(account.do_not_market_until > :now, false)",
    "score": POINTS_NOW,
    "interest": f"4 - width_bucket({POINTS_NOW}, cast(:floors AS float8[]))",
    "fit": "coalesce(nullif(lead.fit, ''), :unjudged_fit)",
    "cycle": "lead.cycle",
    "reason": f"CASE lead.phase WHEN '{Phase.RECYCLE}' THEN lead.phase_reason ELSE '' END",
    "consent.suppressed": "coalesce(suppression.reason, '')",
    "consent.confirmed": "NOT EXISTS (SELECT FROM confirmation WHERE lead_id = lead.id "
    "AND confirmed_at IS NULL)",
    "opportunity.open_at_account": "coalesce(of_account.open, 0)",
    **{f"opportunity.{name}": f"coalesce(deals.{name}, 0)" for name in ("open", "won", "lost")},
    "opportunity.stage": "coalesce(deals.stage, '')",
    "opportunity.last_won": "deals.last_won",
    "opportunity.last_lost": "deals.last_lost",
}
_JOINS: Mapping[str, str] = {
    "account": "LEFT JOIN account ON account.id = lead.account_id",
    "suppression": "LEFT JOIN suppression ON suppression.email_key = lead.email_key",
    "deals": """LEFT JOIN (
        SELECT lead_id, count(*) FILTER (WHERE outcome = '') AS open,
            count(*) FILTER (WHERE outcome = 'won') AS won,
            count(*) FILTER (WHERE outcome NOT IN ('', 'won')) AS lost,
            cast(max(closed_at) FILTER (WHERE outcome = 'won') AT TIME ZONE 'UTC' AS date)
                AS last_won,
            cast(max(closed_at) FILTER (WHERE outcome NOT IN ('', 'won')) AT TIME ZONE 'UTC'
                AS date) AS last_lost,
            (array_agg(stage ORDER BY opened_at DESC, id DESC) FILTER (WHERE outcome = ''))[1]
                AS stage
        FROM opportunity WHERE {of_leads} GROUP BY lead_id
    ) AS deals ON deals.lead_id = lead.id""",
    "of_account": """LEFT JOIN (
        SELECT account_id, count(*) AS open FROM opportunity
        WHERE outcome = '' AND {of_accounts} GROUP BY account_id
    ) AS of_account ON of_account.account_id = lead.account_id""",
}


@dataclass(frozen=True)
class Scope:
    """Which leads: an SQL condition on the id of a lead, ``{}``, and its values."""

    sql: str = "true"
    values: Mapping[str, Any] = field(default_factory=dict)

    def of(self, column: str) -> str:
        """The condition on this column."""
        return self.sql.format(column)

    @property
    def of_accounts(self) -> str:
        """The condition on ``account_id`` that lets the accounts of these leads through."""
        if self == EVERYBODY:
            return "account_id IS NOT NULL"
        return f"account_id IN (SELECT account_id FROM lead AS own WHERE {self.of('own.id')})"


EVERYBODY = Scope()


def seen(team: str | None, *, customers: bool = False) -> Scope:
    """The leads that somebody sees: those of a team, with ``customers`` also the customers of all;
    ``team`` None: everybody."""
    if team is None:
        return EVERYBODY
    sql = (
        "{} IN (SELECT id FROM lead AS ours WHERE ours.owner IN "
        "(SELECT code FROM rep WHERE rep.team = :team) OR :customers AND ours.stage = :customer)"
    )
    return Scope(sql, {"team": team, "customers": customers, "customer": Stage.CUSTOMER})


def these(leads: Collection[int]) -> Scope:
    """Leads by their ids."""
    return Scope("{} = ANY(cast(:leads AS bigint[]))", {"leads": list(leads)})


def between(after: int, last: int) -> Scope:
    """Leads with ids above ``after``, up to ``last``."""
    return Scope("{0} > :after AND {0} <= :last", {"after": after, "last": last})


@dataclass(frozen=True)
class Rules:
    """What the policies in force make of points; ``now`` is journey time, UTC."""

    now: datetime
    values: Mapping[str, Any]

    @property
    def today(self) -> date:
        """The day from which days are counted."""
        return self.now.astimezone(UTC).date()


def rules_now(connection: Connection, now: datetime) -> Rules:
    """The rules of this moment. Before scoring is published nobody has points."""
    values: dict[str, Any] = {"now": now, "free_mail": FREE_MAIL}
    try:
        scoring = policy(connection, ScoringPolicy)
    except PolicyMissing:
        return Rules(now, values | {"half_life": 1.0, "floors": [1.0], "unjudged_fit": LETTERS[-1]})
    values |= {
        "half_life": scoring.half_life.length.total_seconds(),
        "floors": [float(scoring.levels[level]) for level in reversed(LEVELS[:-1])],
        "unjudged_fit": letter_of(scoring, 0),
    }
    return Rules(now, values)


@dataclass
class Selection:
    """A query of leads with some of their facts: ``id``, ``is_there`` (false of erased ones), and
    a column for each fact."""

    reads: Sequence[FactRead]
    scope: Scope
    rules: Rules
    values: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._number = {read: n for n, read in enumerate(self.reads)}
        self._did: list[str] = []
        columns = [self._column(read) for read in self.reads]
        facts = "".join(f", {sql} AS f{n}" for n, sql in enumerate(columns))
        used = " ".join(columns)
        joins = [sql for name, sql in _JOINS.items() if re.search(rf"\b{name}\.", used)]
        from_ = " ".join(["lead", *joins, self._activity()])
        from_ = from_.replace("{of_leads}", self.scope.of("opportunity.lead_id"))
        from_ = from_.replace("{of_accounts}", self.scope.of_accounts)
        self.sql = (
            f"SELECT lead.id, {IS_THERE} AS is_there{facts} FROM {from_} "
            f"WHERE {self.scope.of('lead.id')}"
        )
        self.values = named_in(self.sql, {**self.rules.values, **self.scope.values, **self.values})

    def column(self, read: FactRead) -> str:
        """The name of the column that holds a fact."""
        return f"f{self._number[read]}"

    def _column(self, read: FactRead) -> str:
        owner, _, name = read.path.partition(".")
        if read.path in _PLAIN:
            return _PLAIN[read.path]
        if read.path in ("lead.attributes", "account.attributes"):
            table = f"coalesce({owner}.attributes, '{{}}')"
            return f"{table} ->> {self._value(read.key)}" if read.key else table
        if read.path == "consent.refuses":
            return (
                "EXISTS (SELECT FROM topic_opt_out WHERE topic_opt_out.email_key = lead.email_key "
                f"AND topic = {self._value(read.key)})"
            )
        if owner == "engagement":
            return self._of_activity(name, read.key)
        return f"lead.{name}"

    def _of_activity(self, name: str, key: str) -> str:
        conditions = [f"kind = '{kind_of_activity(name)}'"]
        if name in NAMED:
            named = "detail->>'path'" if kind_of_activity(name) == "page" else "name"
            conditions.append(f"{named} = {self._value(key)}")
        if window := _WINDOW.search(name):
            since = f"since_{window[1]}"
            self.values[since] = self.rules.now - timedelta(days=int(window[1]))
            conditions.append(f"at > :{since}")
        which = f"FILTER (WHERE {' AND '.join(conditions)})"
        if name.startswith("last_"):
            self._did.append(
                f"cast(max(at) {which} AT TIME ZONE 'UTC' AS date) AS a{len(self._did)}"
            )
            return f"did.a{len(self._did) - 1}"
        self._did.append(f"count(*) {which} AS a{len(self._did)}")
        return f"coalesce(did.a{len(self._did) - 1}, 0)"

    def _activity(self) -> str:
        if not self._did:
            return ""
        names = [read.path.partition(".")[2] for read in self.reads if "engagement." in read.path]
        kinds = ", ".join(sorted({f"'{kind_of_activity(name)}'" for name in names}))
        windows = [_WINDOW.search(name) for name in names]
        since = ""
        if all(windows):
            since = f" AND at > :since_{max(int(one[1]) for one in windows if one)}"
        return (
            f"LEFT JOIN (SELECT lead_id, {', '.join(self._did)} FROM engagement "
            f"WHERE machine = '' AND kind IN ({kinds}) AND lead_id IS NOT NULL "
            f"AND {self.scope.of('lead_id')}{since} GROUP BY lead_id) AS did "
            "ON did.lead_id = lead.id"
        )

    def _value(self, value: str) -> str:
        name = f"key_{len(self.values)}"
        self.values[name] = value
        return f":{name}"


def named_in(sql: str, values: Mapping[str, Any]) -> dict[str, object]:
    """Those of the values that a statement names: the driver is given no others."""
    names = set(re.findall(r"(?<![:\w]):(\w+)", sql))
    return {name: value for name, value in values.items() if name in names}


def fact_of(read: FactRead, value: object) -> object:
    """A fact as conditions read it, of what PostgreSQL gives for it."""
    if read.path in DAYS:
        return value.isoformat() if isinstance(value, date) else ""
    if isinstance(value, dict):
        return {name: _text(one) for name, one in value.items() if one is not None}
    return value


def _text(value: Any) -> str:
    """As ``->>`` has it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def sql_kind(read: FactRead) -> type:
    """What stands in the column of a fact: str, int, bool, or date."""
    if read.path in DAYS:
        return date
    if read.path in MAPS:
        if read.path == "consent.refuses":
            return bool
        name = read.path.partition(".")[2]
        return int if name in NAMED else str
    example = SEGMENT_FACTS.paths()[read.path]
    return type(example)
