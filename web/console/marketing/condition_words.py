"""Conditions as people say them: ``Country is Korea and Score is more than 40``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from domain.rules.condition_fields import RowValue, field_at, fields_of, operators_of, own_parts
from domain.rules.condition_form import CelRow, ConditionPart, FieldRow, GroupKind, RowGroup
from domain.rules.facts import FactSet
from web.console import labels
from web.console.words import N_, _

KINDS: Mapping[GroupKind, str] = {
    "all": N_("All of these hold"),
    "any": N_("At least one of these holds"),
    "none": N_("None of these holds"),
}
OWN_NAMES = {
    "account.attributes": N_("Account: {name}"),
    "event.properties": N_("Event: {name}"),
}
CHOICE_NAMES: Mapping[str, Callable[[str], str]] = {
    "lead.country": labels.country,
    "lead.language": labels.spoken,
    "lead.stage": labels.stage,
    "event.kind": labels.engagement,
}
"""Path of a field → what its values are called."""
MOST_SAID = 4
"""Values of a row that are said; of more the number of the others."""


def title_of(facts: FactSet, path: str) -> str:
    """What a field is called."""
    if known := fields_of(facts).get(path):
        return _(known.title)
    owner, name = own_parts(path)
    words = labels.attribute(name)
    return _(OWN_NAMES[owner], name=words) if owner in OWN_NAMES else words


def value_name(path: str, value: RowValue) -> str:
    """What a value of a field is called."""
    named = CHOICE_NAMES.get(path)
    return named(str(value)) if named and isinstance(value, str) else str(value)


def in_words(part: ConditionPart, facts: FactSet) -> str:
    """A condition in words; '' for a group without rows."""
    match part:
        case CelRow():
            return part.cel
        case FieldRow():
            return _row_in_words(part, facts)
        case RowGroup():
            said = [in_words(one, facts) for one in part.parts]
            inner = [
                f"({one})" if isinstance(inside, RowGroup) and len(inside.parts) > 1 else one
                for one, inside in zip(said, part.parts, strict=True)
                if one
            ]
            if not inner:
                return ""
            if part.kind == "none":
                return _("none of: {conditions}", conditions=", ".join(inner))
            between = _("and") if part.kind == "all" else _("or")
            return f" {between} ".join(inner)


def _row_in_words(row: FieldRow, facts: FactSet) -> str:
    asked = field_at(facts, row.field)
    operator = operators_of(asked).get(row.operator) if asked else None
    if operator is None:
        return ""
    values = [value_name(row.field, one) for one in row.values]
    said = ", ".join(values[:MOST_SAID])
    if len(values) > MOST_SAID:
        said = _("{values} and {number} more", values=said, number=len(values) - MOST_SAID)
    title = _(operator.title)
    asks = title.replace("…", said) if "…" in title else f"{title} {said}"
    return f"{title_of(facts, row.field)} {asks}".strip()
