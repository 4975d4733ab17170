"""The leads behind a figure: which number it is, of which units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.figures.funnel import Kind, Question
from domain.figures.steps import StepQuestion


class CountedAs(StrEnum):
    """What a number counts. The first four are of cohorts, two are of scoring and of wins and
    losses, six of how sales treats what it is given, the last fifteen of what the steps of cadences
    brought, the others leaks."""

    ENTERED = "entered"
    IMMATURE = "immature"
    CONVERTED = "converted"
    REACHED = "reached"
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
    TRIED = "tried"
    MET = "met"
    DUE = "due"
    PAST_DUE = "past_due"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    STEP_SENT = "step_sent"
    STEP_FAILED = "step_failed"
    STEP_HELD_BACK = "step_held_back"
    STEP_UNSETTLED = "step_unsettled"
    STEP_DELIVERED = "step_delivered"
    STEP_BOUNCED = "step_bounced"
    STEP_OPENED = "step_opened"
    STEP_CLICKED = "step_clicked"
    STEP_REPLIED = "step_replied"
    STEP_UNSUBSCRIBED = "step_unsubscribed"
    STEP_TASK = "step_task"
    STEP_BOOKED = "step_booked"
    STEP_MQL = "step_mql"
    STEP_OPPORTUNITY = "step_opportunity"
    STEP_WON = "step_won"


OF_THE_FUNNEL = (CountedAs.ENTERED, CountedAs.IMMATURE, CountedAs.CONVERTED, CountedAs.REACHED)
OF_A_STAGE = (*OF_THE_FUNNEL, CountedAs.WAITING, CountedAs.OVERDUE, CountedAs.LOST)
"""Numbers of one stage."""
OF_A_MEETING = (CountedAs.NO_SHOW, CountedAs.RECOVERED)
"""Numbers that may be of appointments booked so far ahead, or with or without a reminder."""
OF_THE_TEAM = (*OF_THE_FUNNEL, CountedAs.GRADED, CountedAs.CLOSED_LOST)
"""Numbers that an SDR sees of the team's leads, and not of the own alone."""
OF_A_PROMISE = (CountedAs.MET, CountedAs.DUE, CountedAs.PAST_DUE)
"""Numbers that may be of one promise of the SLA; they are of whoever had the lead then."""
OF_AN_ANSWER = (CountedAs.ACCEPTED, CountedAs.RETURNED)
"""Numbers of what sales answered; of returned ones they may be of one reason."""
OF_SALES = (CountedAs.TRIED, *OF_A_PROMISE, *OF_AN_ANSWER)
"""Numbers of how sales treats the leads that it is given."""
OF_A_STEP = tuple(one for one in CountedAs if one.startswith("step_"))
"""Numbers of touches of a cadence or a mail, in the company's whole; of tasks they may be of those
that ended one way."""
AS_OF_NOW = (CountedAs.WAITING, CountedAs.OVERDUE, CountedAs.RESTING, CountedAs.CLOSED_LOST)
"""Numbers of what is now, whatever the period."""


@dataclass(frozen=True)
class LeadsBehind:
    """A number, and what it is of.

    ``question`` holds period, window and what the units have in common; ``stage`` is a position,
    ``reached`` that of the stage which units reached after it, ``kind`` None for all units; ``at``
    is a ``BookedAhead``, a ``Reminding``, a grade, a time since the loss, a promise, or the reason
    why leads were returned, '' for all. ``limits`` are by position the seconds after which a unit
    is overdue. Of touches ``steps`` says which.
    """

    counted: CountedAs
    question: Question
    stage: int | None = None
    reached: int | None = None
    kind: Kind | None = None
    at: str = ""
    limits: Mapping[int, float] = field(default_factory=dict)
    steps: StepQuestion | None = None
