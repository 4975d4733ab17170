"""A scoring policy as small as a test can do with."""

from __future__ import annotations

from domain.scoring.policy import ScoringPolicy


def simple_scoring(threshold: int = 30, **points: int) -> ScoringPolicy:
    """Kind of event → its points, with neither caps nor (to speak of) decay nor fit.

    Every lead is a C, and an MQL from ``threshold`` points on (3 or more).
    """
    return ScoringPolicy.model_validate(
        {
            "policy": "scoring",
            "half_life": "10000 days",
            "interest": [
                {"rule": kind, "on": kind, "points": worth} for kind, worth in points.items()
            ],
            "levels": {1: 10 * threshold, 2: threshold, 3: max(1, threshold // 3)},
            "letters": {"A": 20, "B": 10, "C": 0},
            "matrix": {
                "A": ["hot", "mql", "engaged", "known"],
                "B": ["hot", "mql", "engaged", "known"],
                "C": ["mql", "mql", "engaged", "known"],
                "D": ["engaged", "engaged", "known", "known"],
            },
            "hot_within": "15 minutes",
        }
    )
