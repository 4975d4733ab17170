"""A condition as a form: groups of rows with a field, an operator and values, read from CEL and
written as CEL. What no row can express is kept as a piece of CEL.

``cel_of(group_of(source, facts), facts)`` gives the same verdict as ``source`` whatever the facts,
and what is read from what a form wrote is that form again, without groups that change nothing: of
one part, of none, or of the same kind as the group around them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from domain.rules.cel_tree import (
    AND,
    HAS,
    NOT,
    OR,
    CelCall,
    CelList,
    CelMacro,
    CelName,
    CelTree,
    CelValue,
    NoTree,
    calls,
    filled,
    in_cel,
    tree_of_cel,
)
from domain.rules.condition_check import has_comment
from domain.rules.condition_fields import (
    OPERATORS,
    ConditionField,
    RowOperator,
    RowValue,
    Takes,
    field_at,
    form_trees,
    is_day,
    operators_of,
    own_of,
    own_path,
)
from domain.rules.conditions import ConditionError, compile_condition
from domain.rules.facts import FactSet
from domain.sentences import sentence

EVERY = "true"
"""The condition of a form without rows."""

GroupKind = Literal["all", "any", "none"]


@dataclass(frozen=True)
class FieldRow:
    """A row: the path of its field, the code of an operator, and the values that this takes. Where
    letters ``fold``, capital ones are overlooked, and the values are in lower case."""

    field: str = ""
    operator: str = ""
    values: tuple[RowValue, ...] = ()
    fold: bool = False


@dataclass(frozen=True)
class CelRow:
    """A part of a condition that is shown as CEL."""

    cel: str = ""


@dataclass(frozen=True)
class RowGroup:
    """Parts of which all hold, any, or none."""

    kind: GroupKind = "all"
    parts: tuple[ConditionPart, ...] = ()


ConditionPart: TypeAlias = FieldRow | CelRow | RowGroup


def group_of(source: str, facts: FactSet) -> RowGroup:
    """A condition as a form; one that no tree can be made of, or with a comment in it, is a row of
    CEL as it is."""
    if source.strip() in ("", EVERY):
        return RowGroup()
    try:
        tree = tree_of_cel(source)
    except NoTree:
        return RowGroup("all", (CelRow(source.strip()),))
    if has_comment(source):
        return RowGroup("all", (CelRow(source.strip()),))
    part = _part(tree, facts)
    return part if isinstance(part, RowGroup) else RowGroup("all", (part,))


def cel_of(group: RowGroup, facts: FactSet) -> str:
    """A form as CEL.

    Raises:
        NoTree: a row lacks its field, operator or values, or has CEL that can't be read.
    """
    match group:
        case RowGroup(kind="all" | "any", parts=(CelRow(cel=cel),)):
            return cel.strip()
    tree = _tree(group, facts)
    return EVERY if tree is None else in_cel(tree)


def values_fit(takes: Takes, values: tuple[RowValue, ...]) -> bool:
    """Whether an operator that takes this can have these values."""
    if not takes:
        return not values
    several = takes in ("texts", "numbers")
    if not values or (len(values) > 1 and not several):
        return False
    match takes:
        case "text" | "texts":
            return all(isinstance(one, str) and one for one in values)
        case "day":
            return is_day(values[0])
        case "days":
            return isinstance(values[0], int) and _is_number(values[0]) and values[0] >= 0
        case "number" | "numbers":
            return all(map(_is_number, values))


def mistake_in(part: ConditionPart, facts: FactSet) -> str:
    """What is wrong with a row, or with a group as a whole, '' if nothing is. What is wrong with
    the rows of a group is asked of each."""
    if isinstance(part, FieldRow):
        operator = _operator(part, facts)
        if operator is None:
            return sentence("Choose a field.")
        if not values_fit(operator.takes, part.values):
            return _MISSING[operator.takes]
    group = part if isinstance(part, RowGroup) else RowGroup("all", (part,))
    try:
        compile_condition(cel_of(group, facts), facts)
    except ConditionError as error:
        return error.message
    except NoTree:
        # Its rows say what they lack.
        return ""
    return ""


_MISSING: Mapping[Takes, str] = {
    "": "",
    "text": sentence("Write a value."),
    "texts": sentence("Write at least one value."),
    "number": sentence("Write a number."),
    "numbers": sentence("Choose at least one value."),
    "day": sentence("Write a day."),
    "days": sentence("Write a number of days, 0 or more."),
}


def each_part(
    group: RowGroup, path: tuple[int, ...] = ()
) -> Iterator[tuple[tuple[int, ...], ConditionPart]]:
    """Every part with its place: positions from the outermost group in."""
    for at, part in enumerate(group.parts):
        yield (*path, at), part
        if isinstance(part, RowGroup):
            yield from each_part(part, (*path, at))


def _operator(row: FieldRow, facts: FactSet) -> RowOperator | None:
    field = field_at(facts, row.field)
    return operators_of(field).get(row.operator) if field else None


def _is_number(value: RowValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _tree(part: ConditionPart, facts: FactSet) -> CelTree | None:
    """The tree of a part, None for a group without rows."""
    if isinstance(part, CelRow):
        return tree_of_cel(part.cel)
    if isinstance(part, FieldRow):
        return _tree_of_row(part, facts)
    trees = [one for one in (_tree(one, facts) for one in part.parts) if one is not None]
    if not trees:
        return None
    whole = trees[0]
    if len(trees) > 1:
        whole = calls(AND if part.kind == "all" else OR, *trees)
    return calls(NOT, whole) if part.kind == "none" else whole


def _tree_of_row(row: FieldRow, facts: FactSet) -> CelTree:
    operator = _operator(row, facts)
    if operator is None or not values_fit(operator.takes, row.values):
        raise NoTree
    fold = row.fold and bool(operator.folded)
    values = [CelValue(one.lower() if fold and isinstance(one, str) else one) for one in row.values]
    names: dict[str, CelTree] = {"F": tree_of_cel(row.field)}
    if values:
        names |= {"V": values[0], "VS": CelList(tuple(values))}
    return filled(form_trees(operator, fold)[0], names)


def _part(tree: CelTree, facts: FactSet) -> ConditionPart:
    if row := _row(tree, facts):
        return row
    match tree:
        case CelCall(function="_&&_", arguments=arguments):
            parts = tuple(_conjuncts(arguments, facts))
            return parts[0] if len(parts) == 1 else RowGroup("all", parts)
        case CelCall(function="_||_", arguments=arguments):
            return RowGroup("any", tuple(_part(one, facts) for one in arguments))
        case CelCall(function="!_", arguments=(CelCall(function="_||_", arguments=arguments),)):
            return RowGroup("none", tuple(_part(one, facts) for one in arguments))
        case CelCall(function="!_", arguments=(inner,)):
            part = _part(inner, facts)
            if not isinstance(part, CelRow):
                return RowGroup("none", (part,))
    return CelRow(in_cel(tree))


def _conjuncts(trees: tuple[CelTree, ...], facts: FactSet) -> Iterator[ConditionPart]:
    """What all must hold; two that stand beside each other may be one row."""
    at = 0
    while at < len(trees):
        pair = trees[at : at + 2]
        row = _row(calls(AND, *pair), facts) if len(pair) > 1 else None
        yield row or _part(trees[at], facts)
        at += 2 if row else 1


def _row(tree: CelTree, facts: FactSet) -> FieldRow | None:
    tree = _asking(tree, facts)
    for kind, operators in OPERATORS.items():
        for code, operator in operators.items():
            for fold in (False, True):
                for form in form_trees(operator, fold):
                    names: dict[str, CelTree] = {}
                    if not _matches(form, tree, names):
                        continue
                    field = _field(names, facts)
                    if field is None or field.kind != kind or code not in operators_of(field):
                        continue
                    values = _values(names)
                    if values is not None and _can_be(values, operator, field, fold=fold):
                        return FieldRow(field.path, code, values, fold)
    return None


def _field(names: Mapping[str, CelTree], facts: FactSet) -> ConditionField | None:
    path = in_cel(names["F"])
    variable = names.get("word")
    if isinstance(variable, CelName) and path.split(".")[0] == variable.name:
        return None
    return field_at(facts, path)


def _values(names: Mapping[str, CelTree]) -> tuple[RowValue, ...] | None:
    """The values that stand in a condition, None where other things stand in their place."""
    listed = names.get("VS", CelList(()))
    if not isinstance(listed, CelList):
        return None
    values: list[RowValue] = []
    for one in (*listed.items, *([names["V"]] if "V" in names else [])):
        if not isinstance(one, CelValue) or one.value is None:
            return None
        values.append(one.value)
    return tuple(values)


def _can_be(
    values: tuple[RowValue, ...],
    operator: RowOperator,
    field: ConditionField,
    *,
    fold: bool,
) -> bool:
    if not values_fit(operator.takes, values):
        return False
    if fold and any(isinstance(one, str) and one != one.lower() for one in values):
        return False
    return not field.choices or all(one in field.choices for one in values)


def _asking(tree: CelTree, facts: FactSet) -> CelTree:
    """``"plan" in lead.attributes`` as what it asks: whether there is ``lead.attributes.plan``."""
    match tree:
        case CelCall(function="!_", arguments=(inner,)):
            return CelCall(NOT, (_asking(inner, facts),))
        case CelCall(function="@in", arguments=(CelValue(value=str(name)), of)):
            if (owner := in_cel(of)) in own_of(facts):
                return CelCall(HAS, (tree_of_cel(own_path(owner, name)),))
    return tree


def _matches(form: CelTree, tree: CelTree, names: dict[str, CelTree]) -> bool:
    """Whether a tree has a form, and what stands for its names in it."""
    match form, tree:
        case CelName(name=name), _:
            return names.setdefault(name, tree) == tree
        case CelMacro(), CelMacro():
            if form.name != tree.name or len(form.parts) != len(tree.parts):
                return False
            names[form.variable] = CelName(tree.variable)
            return _matches(form.over, tree.over, names) and _all_match(
                form.parts, tree.parts, names
            )
        case CelCall(), CelCall():
            if form.function != tree.function:
                return False
            if form.of is not None and tree.of is not None:
                if not _matches(form.of, tree.of, names):
                    return False
            elif form.of is not tree.of:
                return False
            return _all_match(form.arguments, tree.arguments, names)
        case CelValue(), CelValue():
            return form == tree and type(form.value) is type(tree.value)
    return False


def _all_match(
    forms: tuple[CelTree, ...], trees: tuple[CelTree, ...], names: dict[str, CelTree]
) -> bool:
    return len(forms) == len(trees) and all(
        _matches(form, tree, names) for form, tree in zip(forms, trees, strict=True)
    )
