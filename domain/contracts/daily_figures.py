"""What crosses Temporal for the figures that are kept each day: numbers, sentences."""

from __future__ import annotations

from dataclasses import dataclass

DAILY_FIGURES = "DailyFigures"
"""Workflow type that keeps the figures of the day that is over."""
DAILY_FIGURES_ID = "daily-figures"
"""Id of the Schedule that starts it, and with which the ids of its workflows begin."""


@dataclass(frozen=True)
class KeepFigures:
    """Keep the figures of the days that are over."""


@dataclass(frozen=True)
class FiguresKept:
    """What was done, for whoever looks at the workflow."""

    details: str


@dataclass(frozen=True)
class TellFigures:
    """Have the weekly digests go out that are due."""


@dataclass(frozen=True)
class FiguresTold:
    """How many digests are due this week; those that went out before are among them."""

    digests: int
