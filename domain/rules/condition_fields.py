"""What a form over conditions offers: the fields of a set of facts, what kind of value each holds,
and what can be asked of it."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Literal, TypeAlias

from domain.rules.cel_tree import (
    HAS,
    INDEX,
    CelCall,
    CelField,
    CelName,
    CelTree,
    CelValue,
    NoTree,
    filled,
    in_cel,
    is_word,
    item_of,
    tree_of_cel,
)
from domain.rules.facts import FactSet
from domain.translations.translator import N_


class FieldKind(StrEnum):
    """What a field holds. ``OWN`` is an attribute or property that somebody named: text that says a
    number, a day, or yes or no where it is asked so."""

    TEXT = "text"
    CHOICE = "choice"
    LEVEL = "level"
    NUMBER = "number"
    YES_NO = "yes_no"
    DATE = "date"
    LIST = "list"
    OWN = "own"


Takes = Literal["", "text", "texts", "number", "numbers", "day", "days"]
"""What is entered beside an operator: nothing, one, or several; ``days`` is a number of days."""
RowValue: TypeAlias = str | int | float


@dataclass(frozen=True)
class ConditionField:
    """A field that can be asked for. ``path`` is its CEL, ``title`` an English sentence of the
    catalogs, '' for one that somebody named; ``choices`` are its values where they are known.
    ``days`` is of how many last days it counts, 0 for all."""

    path: str
    title: str
    kind: FieldKind
    choices: tuple[RowValue, ...] = ()
    days: int = 0


@dataclass(frozen=True)
class RowOperator:
    """What can be asked of a field. ``forms`` are ways to write it in CEL, with ``F`` for the
    field, ``V`` for a value and ``VS`` for a list of them: the first is how it is written, all are
    read. In ``folded`` those that overlook capital letters. ``reads`` is the function that makes of
    an attribute what they compare."""

    title: str
    takes: Takes
    forms: tuple[str, ...]
    folded: tuple[str, ...] = ()
    reads: str = ""


_TEXTS = {
    "is": RowOperator(N_("is"), "text", ("F == V",), ("F.lower() == V",)),
    "is_not": RowOperator(
        N_("is not"), "text", ("F != V", "!(F == V)"), ("F.lower() != V", "!(F.lower() == V)")
    ),
    "contains": RowOperator(N_("contains"), "text", ("F.contains(V)",), ("F.lower().contains(V)",)),
    "contains_not": RowOperator(
        N_("does not contain"), "text", ("!F.contains(V)",), ("!F.lower().contains(V)",)
    ),
    "contains_any": RowOperator(
        N_("contains one of"),
        "texts",
        ("VS.exists(word, F.contains(word))",),
        ("VS.exists(word, F.lower().contains(word))",),
    ),
    "contains_none": RowOperator(
        N_("contains none of"),
        "texts",
        ("!VS.exists(word, F.contains(word))",),
        ("!VS.exists(word, F.lower().contains(word))",),
    ),
    "begins": RowOperator(
        N_("begins with"), "text", ("F.startsWith(V)",), ("F.lower().startsWith(V)",)
    ),
    "ends": RowOperator(N_("ends with"), "text", ("F.endsWith(V)",), ("F.lower().endsWith(V)",)),
    "one_of": RowOperator(N_("is one of"), "texts", ("F in VS",), ("F.lower() in VS",)),
    "none_of": RowOperator(N_("is none of"), "texts", ("!(F in VS)",), ("!(F.lower() in VS)",)),
}
_KNOWN = {
    "known": RowOperator(N_("is known"), "", ('F != ""', '!(F == "")')),
    "unknown": RowOperator(N_("is not known"), "", ('F == ""',)),
}
_NUMBERS = {
    "equals": RowOperator(N_("is"), "number", ("F == V", "V == F")),
    "equals_not": RowOperator(N_("is not"), "number", ("F != V", "V != F")),
    "more": RowOperator(N_("is more than"), "number", ("F > V", "V < F")),
    "at_least": RowOperator(N_("is at least"), "number", ("F >= V", "V <= F")),
    "less": RowOperator(N_("is less than"), "number", ("F < V", "V > F")),
    "at_most": RowOperator(N_("is at most"), "number", ("F <= V", "V >= F")),
}
_NUMBERS_OF_TEXT = _NUMBERS | {
    "equals": replace(_NUMBERS["equals"], title=N_("is the number")),
    "equals_not": replace(_NUMBERS["equals_not"], title=N_("is not the number")),
}
_YES_NO = {
    "yes": RowOperator(N_("is yes"), "", ("F", "F == true", "F != false")),
    "no": RowOperator(N_("is no"), "", ("!F", "F == false", "F != true")),
}
_DATES = {
    "last_days": RowOperator(
        N_("is within the last … days"), "days", ("daysSince(F) >= 0 && daysSince(F) <= V",)
    ),
    "next_days": RowOperator(
        N_("is within the next … days"), "days", ("daysUntil(F) >= 0 && daysUntil(F) <= V",)
    ),
    "days_ago": RowOperator(N_("is more than … days ago"), "days", ("daysSince(F) > V",)),
    "days_ago_or_more": RowOperator(N_("is at least … days ago"), "days", ("daysSince(F) >= V",)),
    "days_ahead": RowOperator(N_("is more than … days ahead"), "days", ("daysUntil(F) > V",)),
    "not_older": RowOperator(
        N_("is at most … days ago, or to come"), "days", ("daysSince(F) <= V",)
    ),
    "before": RowOperator(N_("is before"), "day", ("date(F) < V",)),
    "after": RowOperator(N_("is after"), "day", ("date(F) > V",)),
    "from": RowOperator(N_("is on or after"), "day", ("date(F) >= V",)),
    "until": RowOperator(N_("is on or before"), "day", ("date(F) <= V",)),
    "on": RowOperator(N_("is on"), "day", ("date(F) == V",)),
}
_LISTS = {
    "has": RowOperator(N_("holds"), "text", ("V in F",)),
    "has_not": RowOperator(N_("does not hold"), "text", ("!(V in F)",)),
    "has_any": RowOperator(N_("holds one of"), "texts", ("VS.exists(word, word in F)",)),
    "has_none": RowOperator(N_("holds none of"), "texts", ("!VS.exists(word, word in F)",)),
    "known": RowOperator(N_("is known"), "", ("size(F) > 0",)),
    "unknown": RowOperator(N_("is not known"), "", ("size(F) == 0",)),
}
_LEVELS = {
    **{code: _NUMBERS[code] for code in ("equals", "equals_not")},
    "one_of": RowOperator(N_("is one of"), "numbers", ("F in VS",)),
    "none_of": RowOperator(N_("is none of"), "numbers", ("!(F in VS)",)),
    **{code: _NUMBERS[code] for code in ("at_most", "at_least", "less", "more")},
}
_CHOICES = {
    code: RowOperator(one.title, one.takes, one.forms)
    for code, one in _TEXTS.items()
    if code in ("is", "is_not", "one_of", "none_of")
}


def _of(function: str, operators: Mapping[str, RowOperator]) -> dict[str, RowOperator]:
    """These operators of what a function reads an attribute as."""
    return {code: replace(one, reads=function) for code, one in operators.items()}


OPERATORS: Mapping[FieldKind, Mapping[str, RowOperator]] = MappingProxyType(
    {
        FieldKind.TEXT: _TEXTS | _KNOWN,
        FieldKind.CHOICE: _CHOICES | _KNOWN,
        FieldKind.LEVEL: _LEVELS,
        FieldKind.NUMBER: _NUMBERS,
        FieldKind.YES_NO: _YES_NO,
        FieldKind.DATE: _DATES | _KNOWN,
        FieldKind.LIST: _LISTS,
        FieldKind.OWN: _TEXTS
        | _of("number", _NUMBERS_OF_TEXT)
        | _of("yes", _YES_NO)
        | _DATES
        | {
            "known": RowOperator(N_("is known"), "", ("F",), reads=HAS),
            "unknown": RowOperator(N_("is not known"), "", ("!F",), reads=HAS),
        },
    }
)
"""Kind of field → code → what can be asked of it, in the order in which it is offered."""

TITLES: Mapping[str, str] = {
    "lead.first_name": N_("First name"),
    "lead.last_name": N_("Last name"),
    "lead.title": N_("Title"),
    "lead.company": N_("Company"),
    "lead.country": N_("Country"),
    "lead.language": N_("Language"),
    "lead.source": N_("Source"),
    "lead.stage": N_("Stage"),
    "lead.email_domain": N_("Domain of the e-mail address"),
    "lead.has_free_mail": N_("Has a free e-mail address"),
    "lead.has_phone": N_("Has a phone number"),
    "lead.has_opted_out": N_("Has opted out of mail"),
    "lead.owner": N_("Owner"),
    "lead.created": N_("Known since"),
    "lead.phase": N_("Phase"),
    "lead.phase_since": N_("In this phase since"),
    "account.name": N_("Name of the account"),
    "account.domain": N_("Domain of the account"),
    "account.do_not_market": N_("Do not market to the account"),
    "engagement.opens": N_("Mails opened"),
    "engagement.clicks": N_("Links clicked"),
    "engagement.replies": N_("Replies"),
    "engagement.forms": N_("Forms filled in"),
    "engagement.bookings": N_("Meetings booked"),
    "engagement.pages": N_("Pages read"),
    "engagement.events": N_("Events reported"),
    "engagement.last_open": N_("Last opening of a mail"),
    "engagement.last_click": N_("Last click"),
    "engagement.last_reply": N_("Last reply"),
    "engagement.last_form": N_("Last form filled in"),
    "engagement.last_booking": N_("Last booking of a meeting"),
    "engagement.last_page": N_("Last page read"),
    "engagement.last_event": N_("Last event reported"),
    "score": N_("Score"),
    "fit": N_("Fit"),
    "interest": N_("Interest"),
    "cycle": N_("Cycle"),
    "reason": N_("Reason"),
    "consent.suppressed": N_("Reason to send no mail"),
    "consent.confirmed": N_("Has confirmed the address"),
    "opportunity.open": N_("Open opportunities"),
    "opportunity.won": N_("Won opportunities"),
    "opportunity.lost": N_("Lost opportunities"),
    "opportunity.open_at_account": N_("Open opportunities of the account"),
    "opportunity.stage": N_("Stage of the open opportunity"),
    "opportunity.last_won": N_("Last opportunity won"),
    "opportunity.last_lost": N_("Last opportunity lost"),
    "event.kind": N_("Kind of event"),
    "event.name": N_("Name of the event"),
    "event.path": N_("Path of the page"),
    "event.url": N_("Address of the page"),
}
"""Path → what people call it; what counts over some last days is called as what counts all."""
_OF_LAST_DAYS = re.compile(r"(?P<all>.+)_(?P<days>\d+)_days")


@functools.lru_cache(maxsize=16)
def fields_of(facts: FactSet) -> Mapping[str, ConditionField]:
    """Path → field of these facts, in their order; what takes any name is no field itself."""
    return MappingProxyType({one.path: one for one in _fields(facts)})


def own_of(facts: FactSet) -> tuple[str, ...]:
    """The paths of these facts under which any name may stand, such as ``lead.attributes``."""
    return tuple(path for path, example in facts.paths().items() if example == {})


@functools.lru_cache(maxsize=4096)
def field_at(facts: FactSet, path: str) -> ConditionField | None:
    """The field with this path, also one that somebody named; None where the facts have none."""
    if known := fields_of(facts).get(path):
        return known
    owner, name = own_parts(path) if path.startswith(own_of(facts)) else ("", "")
    if not name or owner not in own_of(facts):
        return None
    if owner in facts.dates:
        return ConditionField(path, "", FieldKind.DATE)
    kind = _kind(facts.items[owner], ()) if owner in facts.items else FieldKind.OWN
    return ConditionField(path, "", kind)


def own_parts(path: str) -> tuple[str, str]:
    """What a field stands under, and its name there; two empty ones for what is no field."""
    try:
        item = item_of(tree_of_cel(path))
    except NoTree:
        return "", ""
    return (in_cel(item[0]), item[1]) if item else ("", "")


def own_path(owner: str, name: str) -> str:
    """The path of a name under one of :func:`own_of`."""
    of = tree_of_cel(owner)
    return in_cel(CelField(of, name) if is_word(name) else CelCall(INDEX, (of, CelValue(name))))


def operators_of(field: ConditionField) -> Mapping[str, RowOperator]:
    """Code → what can be asked of a field, in the order in which it is offered."""
    offered = OPERATORS[field.kind]
    if field.kind == FieldKind.CHOICE and "" not in field.choices:
        return {code: one for code, one in offered.items() if code not in _KNOWN}
    return offered


@functools.lru_cache(maxsize=512)
def form_trees(operator: RowOperator, folded: bool) -> tuple[CelTree, ...]:
    """The ways to write an operator, as trees."""
    forms = map(tree_of_cel, operator.folded if folded else operator.forms)
    if not operator.reads:
        return tuple(forms)
    read = {"F": CelCall(operator.reads, (CelName("F"),))}
    return tuple(filled(one, read) for one in forms)


def is_day(value: RowValue) -> bool:
    """Whether a value is a day as ISO 8601 writes it, with which ``date(…)`` can be compared."""
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _fields(facts: FactSet) -> Iterator[ConditionField]:
    for path, example in facts.paths().items():
        if example == {}:
            continue
        choices = facts.values[path][0] if path in facts.values else ()
        kind = FieldKind.DATE if path in facts.dates else _kind(example, choices)
        counts = _OF_LAST_DAYS.fullmatch(path)
        title = TITLES.get(counts["all"] if counts else path, path)
        yield ConditionField(path, title, kind, choices, int(counts["days"]) if counts else 0)


def _kind(example: object, choices: tuple[RowValue, ...]) -> FieldKind:
    if isinstance(example, bool):
        return FieldKind.YES_NO
    if isinstance(example, list | tuple):
        return FieldKind.LIST
    if isinstance(example, int | float):
        return FieldKind.LEVEL if choices else FieldKind.NUMBER
    return FieldKind.CHOICE if choices else FieldKind.TEXT
