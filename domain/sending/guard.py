"""Whether a sending domain may go on as before, by what became of its mails of the last 30 days.

Receivers judge a domain by what bounces and by who calls it spam. From 2 % and 0.1 % on the large
ones file its mail as spam or refuse it, and the way back takes weeks. So it is slowed down from
half of that on, and stopped there. Only a person lets it go on, who has seen to what was wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from domain.sending.limits import Ladder
from domain.sending.policy import FEW_COMPLAINTS, Guard

PERIOD = timedelta(days=30)
FIRST_DAY_AGAIN = 50
"""How many mails go on the first day after a stop."""


class SenderState(StrEnum):
    """How a sending domain stands."""

    GOOD = "good"
    SLOWED = "slowed"
    """It sends half of what it used to."""
    STOPPED = "stopped"
    """Marketing's mail from it waits until a person lets it go on."""
    REFUSED = "refused"
    """Receivers refuse a domain of reps', which is not authenticated: the company's own sender
    stands in for them until a person lets it go on."""


class SenderTrouble(StrEnum):
    """Why a domain is slowed down or stopped."""

    BOUNCES = "bounces"
    COMPLAINTS = "complaints"
    REFUSALS = "refusals"


@dataclass(frozen=True)
class SenderFigures:
    """What became of the mails that a domain sent in the period: those that bounced for good or for
    their content, and those that were called spam. ``days`` are those on which it sent."""

    mails: int
    bounced: int
    complained: int
    days: int = 1


@dataclass(frozen=True)
class Verdict:
    """How a domain stands, why, and how many mails a day it may send while it is slowed down."""

    state: SenderState
    trouble: SenderTrouble | None = None
    per_day: int | None = None


def verdict(guard: Guard, figures: SenderFigures) -> Verdict:
    """What these figures come to."""
    if figures.mails < guard.judged_from:
        return Verdict(SenderState.GOOD)
    bounces = 100 * figures.bounced / figures.mails / guard.bounces
    complaints = 100 * figures.complained / figures.mails / guard.complaints
    if figures.complained < FEW_COMPLAINTS and figures.mails * guard.complaints < 100:
        complaints = 0.0
    worst = max(bounces, complaints)
    trouble = SenderTrouble.COMPLAINTS if complaints >= bounces else SenderTrouble.BOUNCES
    if worst >= 1:
        return Verdict(SenderState.STOPPED, trouble)
    if worst >= 0.5:
        half = figures.mails // max(1, figures.days) // 2
        return Verdict(SenderState.SLOWED, trouble, max(half, FIRST_DAY_AGAIN))
    return Verdict(SenderState.GOOD)


def ladder_after(resumed_on: date | None, usual: int) -> Ladder | None:
    """The ladder on which a domain begins again after a stop, back to its ``usual`` mails a day;
    None for one that never was stopped."""
    if resumed_on is None:
        return None
    return Ladder(resumed_on, FIRST_DAY_AGAIN, max(usual, 2 * FIRST_DAY_AGAIN))
