"""The leads behind a figure: which number it is, of which units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.figures.funnel import Kind, Question


class CountedAs(StrEnum):
    """What a number counts. The first three are of the funnel's cohorts, the last two of scoring
    and of wins and losses, the others leaks."""

    ENTERED = "entered"
    IMMATURE = "immature"
    CONVERTED = "converted"
    WAITING = "waiting"
    OVERDUE = "overdue"
    LOST = "lost"
    HANDED_OVER = "handed_over"
    IN_TIME = "in_time"
    LATE = "late"
    UNTRIED = "untried"
    NO_SHOW = "no_show"
    RECOVERED = "recovered"
    RESTING = "resting"
    GRADED = "graded"
    CLOSED_LOST = "closed_lost"


OF_THE_FUNNEL = (CountedAs.ENTERED, CountedAs.IMMATURE, CountedAs.CONVERTED)
OF_A_STAGE = (*OF_THE_FUNNEL, CountedAs.WAITING, CountedAs.OVERDUE, CountedAs.LOST)
"""Numbers of one stage."""
OF_A_MEETING = (CountedAs.NO_SHOW, CountedAs.RECOVERED)
"""Numbers that may be of appointments booked so far ahead, or with or without a reminder."""
OF_THE_TEAM = (*OF_THE_FUNNEL, CountedAs.GRADED, CountedAs.CLOSED_LOST)
"""Numbers that an SDR sees of the team's leads, and not of the own alone."""
AS_OF_NOW = (CountedAs.WAITING, CountedAs.OVERDUE, CountedAs.RESTING, CountedAs.CLOSED_LOST)
"""Numbers of what is now, whatever the period."""


@dataclass(frozen=True)
class LeadsBehind:
    """A number, and what it is of.

    ``question`` holds period, window and what the units have in common; ``stage`` is a position,
    ``kind`` None for all units; ``at`` is a ``BookedAhead`` or a ``Reminding``, a grade, or a time
    since the loss; '' for all. ``limits`` are by position the seconds after which a unit is
    overdue.
    """

    counted: CountedAs
    question: Question
    stage: int | None = None
    kind: Kind | None = None
    at: str = ""
    limits: Mapping[int, float] = field(default_factory=dict)
