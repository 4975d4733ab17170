"""What fifty leads do, and where that must lead them, whatever is killed meanwhile.

One second of the test is one hour of the journey. Every wait that a person has to end is longer
than any test, so no fault can make a lead miss its cue.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.tasks.completion import Completion

FACTOR = 3600.0
"""Seconds of journey time in one second."""

_FIRST = "email-welcome-1-checklist"
_SECOND = "email-welcome-2-three-numbers"
_THIRD = "email-welcome-3-phone"


@dataclass(frozen=True)
class Script:
    """One way through the loop.

    ``path`` are the transitions as ``phase:reason``; ``mails`` the steps of all touches. ``stage``
    and ``cycle`` are where the lead ends, ``open_task`` the kind of the task it waits with.
    ``maybe`` are those among the mails, or besides them, that faults may keep back or let go first:
    a meeting that has begun meanwhile is announced no more, and sales gets leads at a pace.
    """

    leads: int
    cadence: str
    path: tuple[str, ...]
    stage: str
    mails: tuple[str, ...]
    cycle: int = 1
    touch_state: str = "sent"
    score: int = 0
    open_task: str = ""
    maybe: tuple[str, ...] = ()


SCRIPTS = {
    "loses": Script(
        4,
        "patient",
        ("Nurture:new", "Meeting:booked", "Opportunity:held", "Recycle:lost"),
        "recycled",
        (_FIRST, "meeting-confirmation", "meeting-reminder"),
        maybe=("meeting-confirmation", "meeting-reminder"),
    ),
    # Books when the faults are over, so that nothing excuses a mail that is missing.
    "loses_late": Script(
        1,
        "patient",
        ("Nurture:new", "Meeting:booked", "Opportunity:held", "Recycle:lost"),
        "recycled",
        (_FIRST, "meeting-confirmation", "meeting-reminder"),
    ),
    "silent": Script(
        5, "silent", ("Nurture:new", "Recycle:exhausted"), "recycled", (_FIRST, _SECOND, _THIRD)
    ),
    "says_no": Script(
        5,
        "answered",
        ("Nurture:new", "FollowUp:replied", "Recycle:not_interested"),
        "recycled",
        (_FIRST, _SECOND),
    ),
    "wins": Script(
        5,
        "patient",
        (
            "Nurture:new",
            "FollowUp:score_reached",
            "Meeting:booked",
            "Opportunity:held",
            "Opportunity:proposal",
            "Customer:won",
            "ended:won",
        ),
        "customer",
        (_FIRST, "follow-up-after-call", "meeting-confirmation"),
        maybe=("meeting-confirmation",),
    ),
    "rebooks": Script(
        4,
        "patient",
        ("Nurture:new", "Meeting:booked", "ended:not_a_fit"),
        "disqualified",
        (_FIRST, "meeting-confirmation", "email-no-show-1-rebook", "meeting-confirmation"),
        maybe=("meeting-confirmation", "meeting-confirmation"),
    ),
    "cancels": Script(
        4,
        "patient",
        ("Nurture:new", "Meeting:booked", "Recycle:cancelled"),
        "recycled",
        (
            _FIRST,
            "meeting-confirmation",
            "meeting-cancelled",
        ),
    ),
    "leaves": Script(
        4,
        "patient",
        ("Nurture:new", "Recycle:unsubscribed", "ended:unsubscribed"),
        "recycled",
        (_FIRST,),
    ),
    "worked": Script(
        4, "worked", ("Nurture:new", "Recycle:exhausted"), "recycled", (_FIRST, _SECOND)
    ),
    "ignored": Script(
        4, "worked", ("Nurture:new", "Recycle:exhausted"), "recycled", (_FIRST, _SECOND)
    ),
    "returns": Script(
        4,
        "rests",
        ("Nurture:new", "Recycle:rested", "Nurture:recycled_rested", "Recycle:exhausted"),
        "recycled",
        (_FIRST, "email-reentry-1-what-changed", "email-reentry-2-cost-of-waiting"),
        cycle=2,
    ),
    "suppressed": Script(
        3,
        "silent",
        ("Nurture:new", "Recycle:exhausted"),
        "recycled",
        (_FIRST, _SECOND, _THIRD),
        touch_state="suppressed",
    ),
    "waits": Script(
        3,
        "patient",
        ("Nurture:new", "FollowUp:score_reached"),
        "mql",
        (),
        score=100,
        open_task="qualify",
        maybe=(_FIRST,),
    ),
}


def answer(script: str, kind: str, attempt: int, missed: int, now: datetime) -> Completion | None:
    """What the SDR does with a task; None: leaves it. ``missed`` counts missed meetings."""
    match script, kind, attempt:
        case "waits" | "ignored", _, _:
            return None
        case _, "qualify", _:
            return Completion(disposition="accept")
        case "says_no", "call", _:
            return Completion(disposition="not_interested")
        case "wins", "call", 1:
            return Completion(disposition="no_answer")
        case "wins", "call", _:
            # Sooner than the reminder would go, so that none is planned.
            return Completion(disposition="meeting_booked", at=now + timedelta(hours=1))
        case "rebooks", "meeting_outcome", _:
            return Completion(disposition="not_a_fit" if missed else "no_show")
        case _, "meeting_outcome", _:
            return Completion(disposition="held")
        case "wins", "opportunity", 1:
            return Completion(disposition="advanced")
        case "wins", "opportunity", _:
            return Completion(disposition="won")
        case "loses" | "loses_late", "opportunity", _:
            return Completion(disposition="lost", reason="price")
        case _:
            return Completion(disposition="done")
