"""The answers of a segment's condition for many leads: in SQL where that is exactly what the
condition says, else lead by lead.

The parts of a condition (``domain.rules.condition_tree``) are put together by SQL's and, or, not,
in which NULL stands for what can't be answered: CEL's are the same. A part that compares one fact
with what is written out is a comparison in SQL. Any other part that reads one fact is asked once
for each value that the fact has among these leads. Only a part that reads several facts, or a
whole map, has its condition asked lead by lead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from domain.rules.condition_tree import Atom, Joined, Node, Not, comparison_of, tree_of
from domain.rules.conditions import (
    Condition,
    ConditionError,
    ConditionVerdict,
    compile_condition,
)
from domain.rules.facts import prepared
from domain.rules.segment_facts import SEGMENT_FACTS, FactRead, facts_from, facts_read
from store.segments.lead_facts import (
    Rules,
    Scope,
    Selection,
    fact_of,
    named_in,
    sql_kind,
)

MOST_VALUES = 20_000
"""Values of a fact that a part of a condition is asked for; more are not few enough."""
_OPERATORS = {"==": "=", "!=": "<>"}


@dataclass(frozen=True)
class SqlAnswers:
    """What several conditions say of leads.

    Attributes:
        known: a query of ``id``, ``owner``, ``is_there`` (false of erased leads), and facts.
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
    owner: str
    verdict: ConditionVerdict


@dataclass(frozen=True)
class Unanswered:
    """Why a condition can't be answered, and for how many of those asked."""

    reason: str
    leads: int


class _NotInSql(Exception):
    """A part can't be told in SQL."""


def compiled(condition: str) -> Condition:
    """The condition of a segment ready to use.

    Raises:
        ConditionError: it is wrong.
    """
    return compile_condition(condition, SEGMENT_FACTS)


def answers(
    connection: Connection, conditions: Mapping[int, Condition], rules: Rules, scope: Scope
) -> SqlAnswers:
    """What conditions say of leads: the facts that several of them read are looked up once.

    Args:
        conditions: by keys of whoever asks.
    """
    reads = {read for one in conditions.values() for read in facts_read(one.source)}
    selection = Selection(sorted(reads), scope, rules)
    translation = _Translation(connection, selection)
    holds: dict[int, str] = {}
    apart: list[int] = []
    for key, condition in conditions.items():
        try:
            holds[key] = translation.of(tree_of(condition.source))
        except _NotInSql:
            apart.append(key)
    sql = " ".join([selection.sql, *holds.values()])
    values = named_in(sql, {**selection.values, **translation.values})
    return SqlAnswers(selection.sql, values, holds, apart)


def one_by_one(
    connection: Connection, condition: Condition, rules: Rules, scope: Scope
) -> Iterator[LeadVerdict]:
    """What a condition says of each lead that is there."""
    selection = Selection(sorted(facts_read(condition.source)), scope, rules)
    for row in connection.execute(text(selection.sql), selection.values):
        if row.is_there:
            values = {
                read: fact_of(read, row[3 + number]) for number, read in enumerate(selection.reads)
            }
            facts = prepared(facts_from(values), rules.now)
            yield LeadVerdict(row.id, row.owner, condition.verdict(facts))


@dataclass
class _Translation:
    connection: Connection
    selection: Selection
    values: dict[str, Any] = field(default_factory=dict)

    def of(self, node: Node) -> str:
        match node:
            case Joined(how, parts):
                sign = " AND " if how == "all" else " OR "
                return sign.join(f"({self.of(part)})" for part in parts)
            case Not(part):
                return f"NOT ({self.of(part)})"
            case Atom():
                return self._compared(node) or self._asked(node)

    def _compared(self, atom: Atom) -> str:
        """The atom as a comparison in SQL, '' for one that is more than that."""
        found = comparison_of(atom)
        if found is None:
            return ""
        read = FactRead(found.path, found.key)
        if read not in self.selection.reads or read.is_whole_map:
            return ""
        column, kind = self.selection.column(read), sql_kind(read)
        operator = _OPERATORS.get(found.operator, found.operator)
        kinds = {type(value) for value in found.values}
        if found.function:
            if kind is not date or kinds != {int} or operator == "in":
                return ""
            today = self._value(self.selection.rules.today, "date")
            days = f"{today} - {column}" if found.function == "daysSince" else f"{column} - {today}"
            return f"{days} {operator} {self._value(found.values[0], 'int')}"
        if kind is date:
            if found.values != ("",) or operator not in ("=", "<>"):
                return ""
            return f"{column} IS {'NOT ' if operator == '<>' else ''}NULL"
        if kinds != {kind} or (kind is not int and operator not in ("=", "<>", "in")):
            return ""
        type_ = {str: "text", int: "bigint", bool: "boolean"}[kind]
        if any(isinstance(value, int) and abs(value) >= 2**63 for value in found.values):
            return ""
        if operator == "in":
            return f"{column} = ANY({self._value(list(found.values), f'{type_}[]')})"
        return f"{column} {operator} {self._value(found.values[0], type_)}"

    def _asked(self, atom: Atom) -> str:
        """The atom as what it says of each value of the one fact that it reads."""
        reads = facts_read(atom.source)
        if len(reads) != 1:
            raise _NotInSql
        (read,) = reads
        if read.is_whole_map:
            raise _NotInSql
        try:
            condition = compiled(atom.source)
        except ConditionError:
            raise _NotInSql from None
        few = Selection([read], self.selection.scope, self.selection.rules)
        values = self.connection.scalars(
            text(f"SELECT DISTINCT f0 FROM ({few.sql}) AS known LIMIT {MOST_VALUES + 1}"),
            few.values,
        ).all()
        if len(values) > MOST_VALUES:
            raise _NotInSql
        said: dict[str, list[Any]] = {"yes": [], "no": [], "unread": []}
        for value in values:
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
    connection: Connection, condition: Condition, rules: Rules, scope: Scope
) -> list[Unanswered]:
    """Why a condition can't be answered for these leads, the commonest reason first."""
    found = Counter(
        one.verdict.reason
        for one in one_by_one(connection, condition, rules, scope)
        if one.verdict.reason
    )
    return [Unanswered(*one) for one in found.most_common()]
