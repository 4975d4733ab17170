"""Attributes that conditions ask for and nobody has: a name that was misspelt, or a column of a
file that is yet to come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from domain.authoring.yaml_messages import did_you_mean
from domain.cadences.cadence import BranchStep, walk
from domain.cadences.triggers import DateTrigger
from domain.rules.conditions import Condition, compile_condition
from domain.sales.content import ContentPolicy
from domain.sales.team import TeamPolicy
from domain.scoring.policy import ScoringPolicy
from store.publishing.publishing import Checked

_Group = Sequence[frozenset[tuple[str, str]]]
"""What each of several conditions asks for, of which the first that holds counts."""


@dataclass(frozen=True)
class UnknownAttribute:
    """An attribute that no lead, or no account, has. ``where`` is the cadence or policy that asks
    for it, ``name`` such as ``lead.attributes.employes``; ``advice`` is '' or a sentence."""

    where: str
    name: str
    advice: str


def unknown_attributes(connection: Connection, checked: Checked) -> list[UnknownAttribute]:
    """What the conditions of these texts ask for and nobody has. Of a rule that takes the first of
    several only when there is none of them."""
    if not connection.scalar(text("SELECT EXISTS (SELECT FROM lead)")):
        return []
    known = attribute_names(connection)
    found = {}
    for where, groups in _asked(checked):
        for group in groups:
            attributes = frozenset[tuple[str, str]]().union(*group)
            missing = {one for one in attributes if one[1] not in known.get(one[0], {one[1]})}
            if len(group) > 1 and missing != attributes:
                continue
            for path, name in sorted(missing):
                advice = did_you_mean(name, known[path])
                shown = advice.strip() if "Did you mean" in advice else ""
                found[where, path, name] = UnknownAttribute(where, f"{path}.{name}", shown)
    return list(found.values())


def attribute_names(connection: Connection) -> dict[str, frozenset[str]]:
    """``lead.attributes`` and ``account.attributes`` → the names that stand there."""
    return {f"{table}.attributes": _names(connection, table) for table in ("lead", "account")}


def _asked(checked: Checked) -> Iterator[tuple[str, Iterable[_Group]]]:
    for _, cadence in checked.cadences.values():
        branches = [step for _, step in walk(cadence.steps, ()) if isinstance(step, BranchStep)]
        conditions = [step.branch.condition for step in branches]
        conditions += [cadence.entry_rules.exclude] if cadence.entry_rules.exclude else []
        yield cadence.name, [_attributes([compile_condition(one)]) for one in conditions]
        dates = [one.date for one in cadence.enter_when if isinstance(one, DateTrigger)]
        yield cadence.name, [[frozenset({("lead.attributes", one)})] for one in dates]
    for name, (_, policy) in checked.policies.items():
        if isinstance(policy, ScoringPolicy):
            yield name, map(_attributes, policy.fit_conditions.values())
        elif isinstance(policy, TeamPolicy):
            yield name, [_attributes([rule.compiled]) for rule in policy.routing]
        elif isinstance(policy, ContentPolicy):
            yield name, [_attributes([one.compiled]) for one in policy.items if one.compiled]
            yield name, [_attributes([one]) for one in policy.compiled_personas.values()]


def _attributes(conditions: Iterable[Condition]) -> _Group:
    return [one.attributes for one in conditions]


def _names(connection: Connection, table: str) -> frozenset[str]:
    rows = connection.execute(text(f"SELECT DISTINCT jsonb_object_keys(attributes) FROM {table}"))
    return frozenset(rows.scalars())
