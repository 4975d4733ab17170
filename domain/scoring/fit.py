"""Fit: who a lead is, in points, and as a letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.cadences.conditions import prepared
from domain.scoring.policy import Letter, ScoringPolicy


@dataclass(frozen=True)
class Fit:
    """How well a lead fits: ``rules`` are the names and points of those that made it so."""

    points: int
    letter: Letter
    rules: tuple[tuple[str, int], ...]


def fit_of(policy: ScoringPolicy, lead: Mapping[str, Any], account: Mapping[str, Any]) -> Fit:
    """The fit of a lead with its account (fields as in ``FIT_FACTS``; {} when it has none).

    A condition that can't be answered, because the lead lacks what it asks for, is false.
    """
    facts = prepared({"lead": lead, "account": account})
    rules = tuple((rule.rule, rule.points) for rule in policy.fit if rule.compiled.holds(facts))
    points = sum(worth for _, worth in rules)
    return Fit(points, letter_of(policy, points), rules)


def letter_of(policy: ScoringPolicy, points: int) -> Letter:
    """The letter that fit points fall in."""
    for letter in ("A", "B", "C"):
        if points >= policy.letters[letter]:
            return letter
    return "D"
