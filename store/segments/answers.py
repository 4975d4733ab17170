"""The answers of a segment's condition for many leads: in SQL where that is exactly what the
condition says, else lead by lead.

The parts of a condition (``domain.rules.cel_tree``) are put together by SQL's and, or, not,
in which NULL stands for what can't be answered: CEL's are the same. A part that compares one fact
with what is written out is a comparison in SQL. Any other part that reads one fact is asked once
for each value that the fact has among these leads. Only a part that reads several facts, or a
whole map, has its condition asked lead by lead.
"""

from __future__ import annotations

import functools
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from domain.rules.cel_tree import AND, CelCall, CelTree, NoTree, in_cel, tree_of_cel
from domain.rules.conditions import (
    Condition,
    ConditionError,
    ConditionVerdict,
    compile_condition,
)
from domain.rules.fact_comparisons import comparison_of
from domain.rules.facts import prepared
from domain.rules.segment_facts import SEGMENT_FACTS, FactRead, facts_from, facts_read
from store.segments.lead_facts import (
    EVERYBODY,
    Rules,
    Scope,
    Selection,
    fact_of,
    named_in,
    sql_kind,
)

MOST_VALUES = 20_000
"""Values of a fact that a part of a condition is asked for; more are not few enough."""
MOST_FACTS = 500
"""Facts in one query: PostgreSQL has no more than 1,664 columns."""
_OPERATORS = {"==": "=", "!=": "<>"}


@dataclass(frozen=True)
class SqlAnswers:
    """What several conditions say of leads.

    Attributes:
        known: a query of ``id``, ``is_there`` (false of erased leads), and facts.
        values: of what is named in it, and in ``holds``.
        holds: key of a condition → SQL over ``known`` that is NULL where it can't be answered.
        apart: keys of those that are asked lead by lead.
    """

    known: str
    values: Mapping[str, Any]
    holds: Mapping[int, str]
    apart: Sequence[int]


class LeadVerdict(NamedTuple):
    """What a condition says of a lead."""

    id: int
    verdict: ConditionVerdict


@dataclass(frozen=True)
class Unanswered:
    """Why a condition can't be answered, and for how many of those asked."""

    reason: str
    leads: int


class TookTooLong(Exception):
    """The time that there was for answers is over."""


@dataclass(frozen=True)
class Deadline:
    """When answers must be there; ``at`` is of ``time.monotonic``."""

    at: float

    @property
    def seconds(self) -> float:
        """How long it is until then."""
        return self.at - time.monotonic()

    def check(self) -> None:
        """Whether there is time left.

        Raises:
            TookTooLong: there is none.
        """
        if self.seconds <= 0:
            raise TookTooLong


def within(seconds: float) -> Deadline:
    """The deadline in so many seconds."""
    return Deadline(time.monotonic() + seconds)


class Asking(NamedTuple):
    """What it takes to answer a condition.

    Attributes:
        parts: how many of its parts CEL is asked for, for each value.
        apart: whether it is asked lead by lead.
    """

    parts: int
    apart: bool


class _NotInSql(Exception):
    """A part can't be told in SQL."""


def compiled(condition: str) -> Condition:
    """The condition of a segment ready to use.

    Raises:
        ConditionError: it is wrong.
    """
    return compile_condition(condition, SEGMENT_FACTS)


def is_of_the_condition(error: DBAPIError | ValueError) -> bool:
    """Whether what failed is what was asked for, and would fail again: bad data, a statement that
    PostgreSQL can't do, a text that it can't be given."""
    if not isinstance(error, DBAPIError):
        return True
    return str(getattr(error.orig, "pgcode", ""))[:2] in ("0A", "22", "42", "54")


def narrow(conditions: Mapping[int, Condition]) -> Iterator[dict[int, Condition]]:
    """Conditions in groups that read together no more facts than a query can have."""
    group: dict[int, Condition] = {}
    reads: frozenset[FactRead] = frozenset()
    for key, one in conditions.items():
        reads |= facts_read(one.source)
        if group and len(reads) > MOST_FACTS:
            yield group
            group, reads = {}, facts_read(one.source)
        group[key] = one
    if group:
        yield group


def asking(condition: Condition, rules: Rules) -> Asking:
    """What it takes to answer a condition, whatever the leads are."""
    selection = Selection(sorted(facts_read(condition.source)), EVERYBODY, rules)
    translation = _Translation(selection, lambda _: ())
    try:
        translation.whole(condition)
    except _NotInSql:
        return Asking(1, True)
    return Asking(translation.asked, False)


def answers(
    connection: Connection,
    conditions: Mapping[int, Condition],
    rules: Rules,
    scope: Scope,
    *,
    until: Deadline | None = None,
    most_values: int = MOST_VALUES,
) -> SqlAnswers:
    """What conditions say of leads: the facts that several of them read are looked up once.

    Args:
        conditions: by keys of whoever asks; see :func:`narrow`.
        until: None for as long as it takes.
        most_values: of a fact for each of which a part of a condition is asked.

    Raises:
        TookTooLong: the answers are not there by then.
    """

    @functools.cache
    def values_of(read: FactRead) -> Sequence[Any] | None:
        few = Selection([read], scope, rules)
        distinct = f"SELECT DISTINCT f0 FROM ({few.sql}) AS known LIMIT {most_values + 1}"
        values = connection.scalars(text(distinct), few.values).all()
        return values if len(values) <= most_values else None

    reads = {read for one in conditions.values() for read in facts_read(one.source)}
    selection = Selection(sorted(reads), scope, rules)
    translation = _Translation(selection, values_of, until)
    holds: dict[int, str] = {}
    apart: list[int] = []
    for key, condition in conditions.items():
        try:
            holds[key] = translation.whole(condition)
        except _NotInSql:
            apart.append(key)
    sql = " ".join([selection.sql, *holds.values()])
    values = named_in(sql, {**selection.values, **translation.values})
    return SqlAnswers(selection.sql, values, holds, apart)


def one_by_one(
    connection: Connection,
    condition: Condition,
    rules: Rules,
    scope: Scope,
    *,
    until: Deadline | None = None,
) -> Iterator[LeadVerdict]:
    """What a condition says of each lead that is there.

    Raises:
        TookTooLong: not all are asked by then; None for as long as it takes.
    """
    selection = Selection(sorted(facts_read(condition.source)), scope, rules)
    for row in connection.execute(text(selection.sql), selection.values):
        if row.is_there:
            if until:
                until.check()
            values = {
                read: fact_of(read, row[2 + number]) for number, read in enumerate(selection.reads)
            }
            facts = prepared(facts_from(values), rules.now)
            yield LeadVerdict(row.id, condition.verdict(facts))


@dataclass
class _Translation:
    selection: Selection
    values_of: Callable[[FactRead], Sequence[Any] | None]
    """None for too many."""
    until: Deadline | None = None
    values: dict[str, Any] = field(default_factory=dict)
    asked: int = 0

    def whole(self, condition: Condition) -> str:
        try:
            return self._part(tree_of_cel(condition.source))
        except NoTree:
            raise _NotInSql from None

    def _part(self, tree: CelTree) -> str:
        match tree:
            case CelCall(function="_&&_" | "_||_" as function, arguments=parts):
                sign = " AND " if function == AND else " OR "
                return sign.join(f"({self._part(one)})" for one in parts)
            case CelCall(function="!_", arguments=(part,)):
                return f"NOT ({self._part(part)})"
        return self._compared(tree) or self._asked(in_cel(tree))

    def _compared(self, tree: CelTree) -> str:
        """The part as a comparison in SQL, '' for one that is more than that."""
        found = comparison_of(tree)
        if found is None or found.read not in self.selection.reads or found.read.is_whole_map:
            return ""
        read = found.read
        column, kind = self.selection.column(read), sql_kind(read)
        operator = _OPERATORS.get(found.operator, found.operator)
        kinds = {type(value) for value in found.values}
        if any(isinstance(value, int) and abs(value) >= 2**63 for value in found.values):
            return ""
        if found.function:
            if kind is not date or kinds != {int} or operator == "in":
                return ""
            today = self._value(self.selection.rules.today, "date")
            days = f"{today} - {column}" if found.function == "daysSince" else f"{column} - {today}"
            return f"{days} {operator} {self._value(found.values[0], 'bigint')}"
        if kind is date:
            if found.values != ("",) or operator not in ("=", "<>"):
                return ""
            return f"{column} IS {'NOT ' if operator == '<>' else ''}NULL"
        if kinds != {kind} or (kind is not int and operator not in ("=", "<>", "in")):
            return ""
        type_ = {str: "text", int: "bigint", bool: "boolean"}[kind]
        if operator == "in":
            return f"{column} = ANY({self._value(list(found.values), f'{type_}[]')})"
        return f"{column} {operator} {self._value(found.values[0], type_)}"

    def _asked(self, source: str) -> str:
        """The part as what it says of each value of the one fact that it reads."""
        reads = facts_read(source)
        if len(reads) != 1:
            raise _NotInSql
        (read,) = reads
        if read not in self.selection.reads or read.is_whole_map:
            raise _NotInSql
        try:
            condition = compiled(source)
        except ConditionError:
            raise _NotInSql from None
        values = self.values_of(read)
        if values is None:
            raise _NotInSql
        self.asked += 1
        said: dict[str, list[Any]] = {"yes": [], "no": [], "unread": []}
        for value in values:
            if self.until:
                self.until.check()
            facts = prepared(facts_from({read: fact_of(read, value)}), self.selection.rules.now)
            verdict = condition.verdict(facts)
            said["unread" if verdict.reason else "yes" if verdict.holds else "no"].append(value)
        column, kind = self.selection.column(read), sql_kind(read)
        type_ = {str: "text", int: "bigint", bool: "boolean", date: "date"}[kind]

        def among(answer: str) -> str:
            there = [value for value in said[answer] if value is not None]
            listed = f"{column} = ANY({self._value(there, f'{type_}[]')})" if there else "false"
            return f"({column} IS NULL OR {listed})" if None in said[answer] else listed

        return f"CASE WHEN {among('yes')} THEN true WHEN {among('no')} THEN false END"

    def _value(self, value: object, type_: str) -> str:
        name = f"told_{len(self.values)}"
        self.values[name] = value
        return f"cast(:{name} AS {type_})"


def reasons(
    connection: Connection, condition: Condition, rules: Rules, scope: Scope, *, until: Deadline
) -> list[Unanswered]:
    """Why a condition can't be answered for these leads, as far as they are asked by then, the
    commonest reason first."""
    found = Counter[str]()
    with suppress(TookTooLong):
        for one in one_by_one(connection, condition, rules, scope, until=until):
            if one.verdict.reason:
                found[one.verdict.reason] += 1
    return [Unanswered(*one) for one in found.most_common()]
