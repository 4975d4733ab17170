"""Lint of the sales side's files: every mistake with its line, its column and its fix."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from domain.authoring.yaml_source import SourceProblem, YamlSource, ordered, read, validate_source
from domain.sales.follow_up import BY_DEFAULT, FollowUpPolicy
from domain.sales.team import TeamPolicy
from domain.sales.team_checks import mistakes


def lint_team(text: str, file: str) -> tuple[TeamPolicy | None, list[SourceProblem]]:
    """Check a team file; the policy when nothing is wrong, else None and every problem."""
    source = read(text, file)
    policy, problems = validate_source(TeamPolicy, source)
    problems += [source.problem(path, message) for path, message in mistakes(source.data)]
    return (None if problems else policy), ordered(problems)


def reasons_given(data: Any) -> set[str]:
    """The reasons with which a follow-up file sends leads to recycle, as far as it is right."""
    return {
        str(rule["reason"])
        for rules in _rules_for_calls(data)
        for rule in rules.values()
        if isinstance(rule, dict) and rule.get("reason") and rule.get("to") == "recycle"
    }


def unknown_reasons(
    policy: FollowUpPolicy, source: YamlSource, recycle: Any
) -> Iterator[SourceProblem]:
    """Reasons of leads that leave after a call which mean nothing elsewhere: a slip of the pen
    would let them rest as long as the default says, or leave them out of every count.

    Args:
        recycle: the recycle policy as YAML has it, None when there is none.
    """
    recycled = recycle.get("reasons") if isinstance(recycle, dict) else None
    known = {
        "recycle": (recycled, "'reasons:' of the recycle policy"),
        "disqualify": ({*policy.returns, *BY_DEFAULT}, "'returns:' here"),
    }
    for rules, path in ((policy, ()), (policy.outbound, ("outbound",))):
        for outcome, rule in rules.after.items() if rules else ():
            reasons, place = known.get(rule.to, (None, ""))
            if rule.reason and isinstance(reasons, dict | set) and rule.reason not in reasons:
                near = difflib.get_close_matches(rule.reason, map(str, reasons), n=1)
                advice = f"Did you mean '{near[0]}'? Else add" if near else "Add"
                yield source.problem(
                    (*path, "after", outcome, "reason"),
                    f"there is no reason '{rule.reason}'. {advice} it to {place}",
                )


def _rules_for_calls(data: Any) -> Iterator[dict[str, Any]]:
    """What is written under ``after:``, for leads that were handed over and for prospects."""
    for part in (data, data.get("outbound")) if isinstance(data, dict) else ():
        if isinstance(part, dict) and isinstance(part.get("after"), dict):
            yield part["after"]
