"""Checks on cadence and policy files that their models alone can't make.

The checks read the plain YAML, so that they also report on a file whose other parts are wrong.
"""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from domain.authoring.yaml_messages import did_you_mean
from domain.authoring.yaml_source import (
    Path,
    SourceProblem,
    YamlSource,
    ordered,
    read,
    validate_source,
)
from domain.cadences.cadence import FALLBACK_LANGUAGE, Cadence
from domain.checking.policies import read_policy
from domain.contracts.confirmation import CONFIRMATION_MAIL
from domain.email.checked import is_about_a_meeting
from domain.rules.conditions import ConditionError, compile_condition
from domain.rules.policy import PolicyFile


def lint(
    text: str, file: str, templates: Mapping[str, Collection[str]]
) -> tuple[Cadence | None, list[SourceProblem]]:
    """Check a cadence file.

    ``templates`` maps the names of the templates there are to their languages. Returns the
    cadence when nothing is wrong, else None and every problem, sorted by place.
    """
    source = read(text, file)
    cadence, problems = validate_source(Cadence, source)
    if isinstance(source.data, dict):
        checks = _Checks(source, templates)
        checks.steps(source.data.get("steps"), ("steps",), reached=True)
        checks.languages()
        problems = ordered([*problems, *checks.problems])
    return (None if problems else cadence), problems


def lint_all(
    files: Mapping[str, str], templates: Mapping[str, Collection[str]]
) -> tuple[dict[str, Cadence], list[SourceProblem]]:
    """Check several cadence files (name → text); two must not hold cadences of one name.

    Returns the cadences by file, those without problems only, and the problems of all files.
    """
    cadences: dict[str, Cadence] = {}
    problems: list[SourceProblem] = []
    file_of: dict[str, str] = {}
    for file, text in files.items():
        cadence, found = lint(text, file, templates)
        problems += found
        if cadence is None:
            continue
        earlier = file_of.setdefault(cadence.name, file)
        if earlier != file:
            problems.append(
                read(text, file).problem(
                    ("cadence",),
                    f"the cadence '{cadence.name}' is already in {earlier}. Choose another name",
                )
            )
        cadences[file] = cadence
    return cadences, ordered(problems)


def lint_policy(
    text: str, file: str, cadences: Collection[str], archived: Collection[str] = ()
) -> tuple[PolicyFile | None, list[SourceProblem]]:
    """Check a policy file. ``cadences`` are the names of the cadences there are, of which nobody
    enters those that are ``archived``."""
    policy, problems = read_policy(text, file)
    source = read(text, file)
    for path, name in _cadences_named(source.data, ()):
        if name in archived:
            message = f"the cadence '{name}' is archived. Choose another, or unarchive it first"
            problems.append(source.problem(path, message))
        elif name not in cadences:
            advice = did_you_mean(name, cadences)
            problems.append(source.problem(path, f"unknown cadence '{name}'.{advice}"))
    return (None if problems else policy), ordered(problems)


def cadences_named(text: str) -> set[str]:
    """The cadences that a policy, as it was written, sends leads to."""
    return {name for _, name in _cadences_named(read(text, "").data, ())}


def _cadences_named(data: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Every cadence a policy sends leads to, with its place."""
    entries: list[tuple[str | int, Any]] = []
    if isinstance(data, dict):
        entries = list(data.items())
    elif isinstance(data, list):
        entries = list(enumerate(data))
    for key, value in entries:
        if (
            key in ("cadence", "recovery_cadence", "cancelled_cadence", "enters")
            and isinstance(value, str)
            and value
        ):
            yield (*path, key), value
        else:
            yield from _cadences_named(value, (*path, key))


class _Checks:
    def __init__(self, source: YamlSource, templates: Mapping[str, Collection[str]]) -> None:
        self.problems: list[SourceProblem] = []
        self._source = source
        self._templates = templates
        self._used: dict[str, Path] = {}

    def _say(self, path: Path, message: str) -> None:
        self.problems.append(self._source.problem(path, message))

    def steps(self, steps: Any, path: Path, reached: bool) -> bool:
        """Check a list of steps; whether a lead comes out at its end."""
        if not isinstance(steps, list):
            return reached
        ended_by = ""
        for position, step in enumerate(steps):
            here = (*path, position)
            if reached and ended_by:
                self._say(
                    here,
                    f"no lead ever reaches this step: {ended_by}. Delete the step, or move it up",
                )
                reached = False
            if not isinstance(step, dict):
                continue
            if isinstance(step.get("email"), str):
                self._template(step["email"], (*here, "email"))
            if "exit" in step and not ended_by:
                ended_by = "the exit before it ends the cadence"
            if isinstance(step.get("branch"), dict):
                comes_out = self._branch(step["branch"], (*here, "branch"), reached)
                if not comes_out and not ended_by:
                    ended_by = "both ways of the branch before it end in an exit"
        return reached and not ended_by

    def _branch(self, branch: dict[str, Any], path: Path, reached: bool) -> bool:
        constant: bool | None = None
        if isinstance(branch.get("if"), str):
            # The model reports what is wrong with the condition itself.
            with contextlib.suppress(ConditionError):
                constant = compile_condition(branch["if"]).constant
        if constant is not None and reached:
            dead = "else" if constant else "then"
            self._say(
                (*path, "if"),
                f"this condition is always {str(constant).lower()}, so no lead ever takes "
                f"'{dead}'. Name a fact in it, such as score or lead.country, or delete the branch",
            )
        then_comes_out = self.steps(branch.get("then"), (*path, "then"), reached=True)
        else_comes_out = self.steps(branch.get("else"), (*path, "else"), reached=True)
        return then_comes_out or else_comes_out

    def _template(self, name: str, path: Path) -> None:
        if name not in self._templates:
            near = difflib.get_close_matches(name, self._templates, n=1)
            self._say(
                path,
                f"unknown template '{name}'. "
                + (f"Did you mean '{near[0]}'? Else add " if near else "Add ")
                + f"templates/{name}.{(self._named_languages() or [FALLBACK_LANGUAGE])[0]}.mjml",
            )
            return
        if is_about_a_meeting(name):
            self._say(
                path,
                f"the mail '{name}' is about a meeting: it is sent when one is booked, and has no "
                "link to unsubscribe. Choose another one, or copy it to a name without 'meeting-'",
            )
        if name == CONFIRMATION_MAIL:
            self._say(
                path,
                f"the mail '{name}' asks new addresses to confirm themselves, and has no link to "
                "unsubscribe. Choose another one",
            )
        self._used.setdefault(name, path)

    def languages(self) -> None:
        """A cadence speaks all its languages from the first e-mail to the last."""
        named = self._named_languages()
        spoken = dict.fromkeys(named, "") or {FALLBACK_LANGUAGE: ""}
        for name in () if named else self._used:
            for language in self._templates[name]:
                spoken.setdefault(language, name)
        for name, path in self._used.items():
            for language in sorted(spoken.keys() - set(self._templates[name])):
                why = (
                    "the cadence says so under languages"
                    if named
                    else f"'{spoken[language]}' of this cadence has it"
                    if spoken[language]
                    else "it is used for every lead whose own language is missing"
                )
                others = [one for one in (*spoken, *self._templates[name]) if one != language]
                less = ", ".join(dict.fromkeys(others))
                instead = f", or say languages: [{less}] to write in less" if less else ""
                self._say(
                    path,
                    f"the template '{name}' is missing in the language '{language}' ({why}). "
                    f"Add templates/{name}.{language}.mjml{instead}",
                )

    def _named_languages(self) -> list[str]:
        named = self._source.data.get("languages")
        return [one for one in named if isinstance(one, str)] if isinstance(named, list) else []
