"""Conditions as people say them: ``Country is Korea and Score is more than 40``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from domain.rules.condition_fields import (
    ConditionField,
    FieldKind,
    RowValue,
    field_at,
    fields_of,
    operators_of,
    own_parts,
)
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
    "engagement.visits": N_("Visits of {name}"),
    "engagement.visits_30_days": N_("Visits of {name}, last 30 days"),
    "engagement.last_visit": N_("Last visit of {name}"),
    "engagement.tracked": N_("“{name}”, how often"),
    "engagement.tracked_30_days": N_("“{name}”, how often in the last 30 days"),
    "engagement.last_tracked": N_("“{name}”, last time"),
    "consent.refuses": N_("Refuses mail about {name}"),
}
THERE = {"known": N_("there is one"), "unknown": N_("there is none")}
"""Operators of what may never have been, such as a day: nothing is unknown about it then."""
CHOICE_NAMES: Mapping[str, Callable[[str], str]] = {
    "lead.country": labels.country,
    "lead.language": labels.spoken,
    "lead.stage": labels.stage,
    "lead.phase": labels.phase,
    "consent.suppressed": labels.suppression,
    "event.kind": labels.engagement,
}
"""Path of a field → what its values are called."""
MOST_SAID = 4
"""Values of a row that are said; of more the number of the others."""


def title_of(facts: FactSet, path: str) -> str:
    """What a field is called."""
    if known := fields_of(facts).get(path):
        title = _(known.title)
        if known.days:
            return _("{title}, last {days} days", title=title, days=known.days)
        return title
    owner, name = own_parts(path)
    words = name if owner in facts.items else labels.attribute(name)
    return _(OWN_NAMES[owner], name=words) if owner in OWN_NAMES else words


def operator_name(asked: ConditionField, code: str) -> str:
    """What an operator of a field is called."""
    if code in THERE and (asked.kind == FieldKind.DATE or asked.path == "consent.suppressed"):
        return _(THERE[code])
    return _(operators_of(asked)[code].title)


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
    if asked is None or row.operator not in operators_of(asked):
        return ""
    values = [value_name(row.field, one) for one in row.values]
    said = ", ".join(values[:MOST_SAID])
    if len(values) > MOST_SAID:
        said = _("{values} and {number} more", values=said, number=len(values) - MOST_SAID)
    title = operator_name(asked, row.operator)
    asks = title.replace("…", said) if "…" in title else f"{title} {said}"
    return f"{title_of(facts, row.field)} {asks}".strip()
