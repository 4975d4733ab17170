"""Which step of a cadence, and which field of it, a mistake belongs to."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from domain.authoring.yaml_edit import merged
from domain.authoring.yaml_source import Path, SourceProblem, YamlSource, read
from domain.cadences.cadence_form import (
    BranchForm,
    CadenceForm,
    ExitForm,
    StepForm,
    WaitForm,
    with_form,
)
from domain.checking.lint import lint

_FIELDS: Mapping[Path, str] = {
    ("id",): "id",
    ("email",): "mail",
    ("again",): "again",
    ("wait",): "span",
    ("task", "title"): "title",
    ("task", "kind"): "task_kind",
    ("task", "instructions"): "instructions",
    ("task", "due"): "due",
    ("exit",): "reason",
    ("branch", "if"): "condition",
    ("branch", "then"): "then",
    ("branch", "else"): "otherwise",
}
"""Where a value is within its step → the field of the form that it is in."""
_RULES: Mapping[Path, str] = {
    ("cadence",): "name",
    ("description",): "description",
    ("topic",): "topic",
    ("exit_on",): "exit_on",
    ("window", "days"): "days",
    ("window", "from"): "begins",
    ("window", "to"): "ends",
}
_EMPTY = "cadence: one-step\nsteps: []\n"


class StepMistake(NamedTuple):
    """What is wrong with a step: ``place`` is the step's path, () for what is in none; ``field`` is
    the name that its form gives it, '' for the step as a whole, ``steps`` for their list."""

    place: Path
    field: str
    message: str


def mistakes_by_step(source: YamlSource, problems: Iterable[SourceProblem]) -> list[StepMistake]:
    """The mistakes of a cadence file, each with its step."""
    return [_mistake(source.path_at(one.line, one.column), one.message) for one in problems]


def mistakes_of(
    step: StepForm, templates: Mapping[str, Collection[str]], languages: Sequence[str] = ()
) -> dict[str, str]:
    """What is wrong with the fields of one step, whatever else its cadence says: field → the first
    mistake.

    Args:
        templates: name of a mail → its languages.
        languages: those that the cadence says it is written in; none: it says nothing of them.
    """
    alone = copy.deepcopy(step)
    if isinstance(alone, BranchForm):
        alone.then, alone.otherwise = [WaitForm()], []
    steps: list[StepForm] = [alone] if isinstance(alone, ExitForm) else [alone, WaitForm()]
    alone.was = None
    form = CadenceForm(name="one-step", steps=steps)
    data = with_form(read(_EMPTY, "").data, form)
    text = merged(_EMPTY, {**data, "languages": [*languages]} if languages else data)
    _cadence, problems = lint(text, "", templates)
    found: dict[str, str] = {}
    for one in mistakes_by_step(read(text, ""), problems):
        found.setdefault(one.field, one.message)
    return found


def mistakes_of_rules(form: CadenceForm) -> dict[str, str]:
    """What is wrong with what a cadence says beside its steps: field → the first mistake, '' for
    what is in no field."""
    alone = replace(form, steps=[WaitForm()])
    text = merged(_EMPTY, with_form(read(_EMPTY, "").data, alone))
    source = read(text, "")
    found: dict[str, str] = {}
    for one in lint(text, "", {})[1]:
        path = source.path_at(one.line, one.column)
        found.setdefault(_RULES.get(path[:2]) or _RULES.get(path[:1], ""), one.message)
    return found


def _mistake(path: Path, message: str) -> StepMistake:
    """A mistake at a value, by the innermost step that this is in."""
    if path[:1] != ("steps",) or len(path) < 2:
        return StepMistake((), "steps" if path == ("steps",) else "", message)
    place, rest = path[:2], path[2:]
    while len(rest) > 2 and rest[0] == "branch" and isinstance(rest[2], int):
        place, rest = (*place, *rest[:3]), rest[3:]
    return StepMistake(place, _FIELDS.get(rest[:2]) or _FIELDS.get(rest[:1], ""), message)
