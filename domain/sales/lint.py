"""Lint of the sales side's files: every mistake with its line, its column and its mend."""

from __future__ import annotations

from domain.cadences.yaml_source import Problem, ordered, read, validate, validate_source
from domain.sales.sla import SlaPolicy
from domain.sales.team import TeamPolicy
from domain.sales.team_checks import mistakes


def lint_team(text: str, file: str) -> tuple[TeamPolicy | None, list[Problem]]:
    """Check a team file; the policy when nothing is wrong, else None and every problem."""
    source = read(text, file)
    policy, problems = validate_source(TeamPolicy, source)
    problems += [source.problem(path, message) for path, message in mistakes(source.data)]
    return (None if problems else policy), ordered(problems)


def lint_sla(text: str, file: str) -> tuple[SlaPolicy | None, list[Problem]]:
    """Check an SLA file; the policy when nothing is wrong, else None and every problem."""
    return validate(SlaPolicy, text, file)
