"""Checks of a team file that need more than one of its parts.

They read plain data, so that they also report on a file whose other parts are wrong.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from typing import Any

from domain.authoring.yaml_messages import did_you_mean
from domain.rules.conditions import ConditionError, compile_condition
from domain.rules.policy import Path
from domain.scoring.fit_rules import FIT_FACTS

Mistake = tuple[Path, str]

DEFAULT_TEAM = "sales"
"""Code of the one team of a file that names none."""


def mistakes(data: Any) -> Iterator[Mistake]:
    """Every code that is used twice or that names nothing, and every rule no lead reaches.

    ``data`` is a team policy as YAML or JSON has it. Each mistake has its path in the data.
    """
    if not isinstance(data, dict):
        return
    reps, managers = _rows(data, "reps"), _rows(data, "managers")
    teams, rules = _rows(data, "teams"), _rows(data, "routing")
    people = _codes([*reps, *managers], "code")
    team_codes = _codes(teams, "team") if "teams" in data else {DEFAULT_TEAM}
    yield from _twice([*reps, *managers], "code", "the code of another person")
    yield from _twice(teams, "team", "the code of another team")
    yield from _twice(rules, "rule", "the name of another rule")
    for path, team in teams:
        own = team.get("team")
        if isinstance(own, str) and own in people:
            yield (
                (*path, "team"),
                f"'{own}' is the code of a person too, so a rule could mean either. Choose another",
            )
        yield from _members(path, team, data, reps, people)
    if len(team_codes) > 1:
        yield from _team_of_each(reps, team_codes)
    else:
        yield from _unknown(reps, "team", team_codes, "team")
    rep_codes = _codes(reps, "code")
    for path, rule in rules:
        for place, code in _texts(rule.get("to"), (*path, "to")):
            if code not in rep_codes | team_codes:
                advice = did_you_mean(code, rep_codes | team_codes)
                yield place, f"there is no team or rep '{code}'.{advice}"
    yield from _unreached(rules)


def _members(
    path: Path,
    team: dict[str, Any],
    data: dict[str, Any],
    reps: list[tuple[Path, dict[str, Any]]],
    people: Collection[str],
) -> Iterator[Mistake]:
    yield from _unknown([(path, team)], "manager", people, "person")
    unassigned = team.get("unassigned")
    if isinstance(unassigned, dict):
        for place, code in _texts(unassigned.get("alert"), (*path, "unassigned", "alert")):
            if code not in people:
                yield place, f"there is no person '{code}'.{did_you_mean(code, people)}"
    own = team.get("team")
    several = len(data["teams"]) > 1
    if several and isinstance(own, str) and all(rep.get("team") != own for _, rep in reps):
        yield (
            (*path, "team"),
            f"the team '{own}' has no rep, so its leads would wait for ever. Write "
            f"'team: {own}' at a rep, or delete the team",
        )


def _team_of_each(
    reps: list[tuple[Path, dict[str, Any]]], team_codes: Collection[str]
) -> Iterator[Mistake]:
    for path, rep in reps:
        if not rep.get("team"):
            yield (
                path,
                f"'team:' is missing here, and there are several. Use one of "
                f"{', '.join(sorted(team_codes))}",
            )
    yield from _unknown(reps, "team", team_codes, "team")


def _unreached(rules: list[tuple[Path, dict[str, Any]]]) -> Iterator[Mistake]:
    taker = ""
    for path, rule in rules:
        if taker:
            yield (
                path,
                f"no lead ever reaches this rule: '{taker}' before it takes them all. "
                "Delete the rule, or move it up",
            )
            return
        answer = _constant(rule.get("if", "true"))
        if answer is False:
            yield (
                (*path, "if"),
                "this condition is always false, so no lead ever fits. Name a fact in it, such as "
                "lead.country, or delete the rule",
            )
        elif answer:
            taker = str(rule.get("rule", ""))


def _constant(condition: Any) -> bool | None:
    """The answer of a condition that asks nothing of the lead, None for one that does."""
    # The model reports what is wrong with the condition itself.
    with contextlib.suppress(ConditionError):
        if isinstance(condition, str):
            return compile_condition(condition, FIT_FACTS).constant
    return None


def _unknown(
    rows: list[tuple[Path, dict[str, Any]]], key: str, known: Collection[str], what: str
) -> Iterator[Mistake]:
    for path, row in rows:
        code = row.get(key)
        if isinstance(code, str) and code and code not in known:
            yield (*path, key), f"there is no {what} '{code}'.{did_you_mean(code, known)}"


def _twice(rows: list[tuple[Path, dict[str, Any]]], key: str, what: str) -> Iterator[Mistake]:
    seen: set[str] = set()
    for path, row in rows:
        code = row.get(key)
        if isinstance(code, str):
            if code in seen:
                yield (*path, key), f"'{code}' is already {what}. Choose another"
            seen.add(code)


def _rows(data: dict[str, Any], key: str) -> list[tuple[Path, dict[str, Any]]]:
    rows = data.get(key)
    if not isinstance(rows, list):
        return []
    return [((key, at), row) for at, row in enumerate(rows) if isinstance(row, dict)]


def _codes(rows: list[tuple[Path, dict[str, Any]]], key: str) -> set[str]:
    return {row[key] for _, row in rows if isinstance(row.get(key), str)}


def _texts(value: Any, path: Path) -> list[tuple[Path, str]]:
    if isinstance(value, str):
        return [(path, value)]
    if not isinstance(value, list):
        return []
    return [((*path, at), text) for at, text in enumerate(value) if isinstance(text, str)]
