"""Standing: what fit and interest mean together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from domain.scoring.fit import letter_of
from domain.scoring.policy import LEVELS, MEANINGS, Letter, Meaning, ScoringPolicy


@dataclass(frozen=True)
class Standing:
    """``grade`` is letter and level, such as B2; ``level`` is 1 (most interested) to 4."""

    grade: str
    level: int
    meaning: Meaning


def standing_of(policy: ScoringPolicy, letter: str, score: int) -> Standing:
    """What a lead with this fit letter ('' for not yet computed) and score is to us.

    A fit that is not yet computed is read as that of a lead nothing is known of: 0 points.
    """
    fit = _known(policy, letter)
    level = next((level for level in LEVELS[:-1] if score >= policy.levels[level]), LEVELS[-1])
    return Standing(f"{fit}{level}", level, policy.matrix[fit][level - 1])


def at_least(meaning: Meaning, floor: Meaning) -> bool:
    """Whether a meaning is ``floor`` or more."""
    return MEANINGS.index(meaning) >= MEANINGS.index(floor)


def points_to(policy: ScoringPolicy, letter: str, score: int, meaning: Meaning) -> int | None:
    """Points missing until the grade means at least ``meaning``: 0 for none, None when a lead
    with this letter never gets there."""
    row = policy.matrix[_known(policy, letter)]
    for level in reversed(LEVELS):
        if at_least(row[level - 1], meaning):
            return max(0, policy.levels.get(level, 0) - score)
    return None


def _known(policy: ScoringPolicy, letter: str) -> Letter:
    return cast("Letter", letter) if letter else letter_of(policy, 0)
