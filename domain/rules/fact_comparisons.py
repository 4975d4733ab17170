"""The parts of a segment's condition that compare one fact with what is written out."""

from __future__ import annotations

from dataclasses import dataclass

from domain.rules.cel_tree import CelCall, CelList, CelName, CelTree, CelValue, item_of
from domain.rules.segment_facts import FactRead

_OPERATORS = frozenset({"==", "!=", "<", "<=", ">", ">="})


@dataclass(frozen=True)
class FactComparison:
    """A part that compares one fact with what is written out.

    Attributes:
        function: '' or daysSince, daysUntil.
        operator: ``==``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, or ``in`` for one of several.
    """

    read: FactRead
    function: str
    operator: str
    values: tuple[str | bool | int | float | None, ...]


def comparison_of(tree: CelTree) -> FactComparison | None:
    """What a part compares, None for one that does more than that."""
    fact, operator, items = tree, "==", tuple[CelTree, ...]([CelValue(True)])
    match tree:
        case CelCall(function="@in", arguments=(fact, CelList(items=items))):
            operator = "in"
        case CelCall(function=sign, arguments=(fact, value)) if sign.strip("_") in _OPERATORS:
            operator, items = sign.strip("_"), (value,)
    function = ""
    match fact:
        case CelCall(function="daysSince" | "daysUntil" as function, arguments=(fact,)):
            pass
    read = _read(fact)
    values = tuple(one.value for one in items if isinstance(one, CelValue))
    if read is None or not values or len(values) < len(items):
        return None
    return FactComparison(read, function, operator, values)


def _read(tree: CelTree) -> FactRead | None:
    names: list[str] = []
    while item := item_of(tree):
        tree, name = item
        names.insert(0, name)
    if not isinstance(tree, CelName) or len(names) > 2:
        return None
    return FactRead(".".join([tree.name, *names[:1]]), "".join(names[1:]))
