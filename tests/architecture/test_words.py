"""One word means one thing: who reads of a Meeting in a trace finds the one class of that name."""

from __future__ import annotations

import ast
from collections import defaultdict
from enum import StrEnum

from domain.access import Role
from domain.contracts.journey import EventCode, Phase, Stage
from domain.contracts.journey_sales import MeetingOutcome
from domain.contracts.tasks import Disposition, TaskKind, Undone
from domain.engagement.bounces import BounceMeaning
from tests.support.source_files import PACKAGES, parsed, python_files, shown

CLOSED_SETS: dict[str, tuple[type[StrEnum], ...]] = {
    "phase": (Phase,),
    "stage": (Stage,),
    "kind": (TaskKind,),
    "disposition": (Disposition, Undone),
    "outcome": (MeetingOutcome,),
    "meaning": (BounceMeaning,),
    "role": (Role,),
    "code": (EventCode,),
}
"""What an attribute or variable of this name holds → the enums with its values."""
OTHER_KINDS = ("temporal/relay.py", "web/console/marketing/")
"""Where a kind is one of relay messages, or of texts that are published."""


def test_no_two_classes_share_a_name() -> None:
    """A traceback, a payload and a question of a colleague would each need the file beside it."""
    places: dict[str, list[str]] = defaultdict(list)
    for path in [*python_files(*PACKAGES), *python_files()]:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{shown(path)}:{node.lineno}")

    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def compared(node: ast.AST) -> list[tuple[str, str]]:
    """The names and the bare strings that are held against each other here."""
    if isinstance(node, ast.Compare):
        left, *rest = [node.left, *node.comparators]
        return [(_name(left), text) for one in rest for text in _texts(one)]
    if isinstance(node, ast.Match):
        return [
            (_name(node.subject), text)
            for case in node.cases
            for value in ast.walk(case.pattern)
            if isinstance(value, ast.MatchValue)
            for text in _texts(value.value)
        ]
    return []


def _name(node: ast.expr) -> str:
    return getattr(node, "attr", getattr(node, "id", ""))


def _texts(node: ast.expr) -> list[str]:
    return [
        one.value
        for one in ast.walk(node)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]


def test_what_has_an_enum_is_compared_with_its_members() -> None:
    """A slip of the pen in a bare string is a comparison that is never true, which no type check
    sees."""
    bare = []
    for path in python_files(*PACKAGES):
        other = {"kind"} if shown(path).startswith(OTHER_KINDS) else set()
        bare += [
            f"{shown(path)}: {name} {text!r}"
            for node in ast.walk(parsed(path))
            for name, text in compared(node)
            if name not in other and any(text in [*enum] for enum in CLOSED_SETS.get(name, ()))
        ]

    assert bare == []
