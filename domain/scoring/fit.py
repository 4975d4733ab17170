"""Fit: who a lead is, in points, and as a letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.rules.facts import prepared
from domain.scoring.fit_rules import FirstOf
from domain.scoring.policy import Letter, ScoringPolicy


@dataclass(frozen=True)
class Fit:
    """How well a lead fits: ``rules`` are the names and points of those that made it so,
    ``unanswered`` the names of those that could not be answered, each with the reason."""

    points: int
    letter: Letter
    rules: tuple[tuple[str, int], ...]
    unanswered: tuple[tuple[str, str], ...] = ()


def fit_of(
    policy: ScoringPolicy,
    lead: Mapping[str, Any],
    account: Mapping[str, Any],
    now: datetime,
) -> Fit:
    """The fit of a lead with its account (fields as in ``FIT_FACTS``; {} when it has none).

    A rule that can't be answered, because the lead lacks what it asks for, gives nothing.

    Args:
        now: journey time, UTC, from which days are counted.
    """
    facts = prepared({"lead": lead, "account": account}, now)
    given: list[tuple[str, int]] = []
    unanswered: list[tuple[str, str]] = []
    for entry in policy.fit:
        for rule in entry.first if isinstance(entry, FirstOf) else (entry,):
            if rule.off:
                continue
            points, reason = rule.given(facts)
            if reason:
                unanswered.append((rule.rule, reason))
            if points:
                given.append(points)
                if isinstance(entry, FirstOf):
                    break
    total = sum(points for _, points in given)
    return Fit(total, letter_of(policy, total), tuple(given), tuple(unanswered))


def letter_of(policy: ScoringPolicy, points: int) -> Letter:
    """The letter that fit points fall in."""
    for letter in ("A", "B", "C"):
        if points >= policy.letters[letter]:
            return letter
    return "D"
