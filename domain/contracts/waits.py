"""What a workflow waits for, as facts: codes, ids, numbers and times. Words are made of them where
somebody reads (``domain/waits.py``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class WaitKind(StrEnum):
    """What is waited for, each with the facts that come with it."""

    STARTING = "starting"
    ENTERING = "entering"
    """phase"""
    PAUSED = "paused"
    FAILED = "failed"
    ENDED = "ended"
    """outcome, reason"""
    MAIL = "mail"
    """cadence, number"""
    CADENCE_TASK = "cadence_task"
    """cadence, number"""
    BRANCH = "branch"
    """cadence"""
    CADENCE_END = "cadence_end"
    """cadence"""
    CALL = "call"
    """attempt, attempts; why: the part of the day"""
    CALL_BACK = "call_back"
    PERSON = "person"
    """task, kind, attempt"""
    MEETING = "meeting"
    """meeting"""
    RECYCLED = "recycled"
    """reason, cadence; why: what day was agreed"""
    CUSTOMER_DATE = "customer_date"
    """kind, day (ISO 8601)"""
    NO_CUSTOMER_DATE = "no_customer_date"
    OPPORTUNITY = "opportunity"
    """opportunity"""


class Obstacle(StrEnum):
    """Why what is due waits, or comes at the time it does."""

    DO_NOT_MARKET = "do_not_market"
    """Sales keeps the account out of marketing."""
    AWAY = "away"
    CAPPED = "capped"
    """The lead has had as many mails as it may get: times, per."""
    RECIPIENT = "recipient"
    """The recipient's server takes nothing for now."""
    SENDER = "sender"
    """Our mail is refused."""
    LIMIT = "limit"
    """As many mails as may go from this sender, or to this receiver, have gone."""
    SENDER_STOPPED = "sender_stopped"
    """Too much of the sender's mail bounces, or is called spam."""
    CADENCE_PAUSED = "cadence_paused"
    """Until somebody resumes the cadence."""
    HOURS_NEVER_MEET = "hours_never_meet"
    """The team never works while the lead may be called: the lead's hours decide."""


@dataclass(frozen=True)
class Wait:
    """What a workflow waits for: until ``at`` (journey time, ISO 8601, UTC; '' when nobody knows),
    put off by ``because``, a :class:`Obstacle` or ''."""

    kind: str
    at: str = ""
    facts: dict[str, int | str] = field(default_factory=dict)
    because: str = ""

    def __str__(self) -> str:
        """The facts as ops read them in the Temporal UI."""
        parts = {"until": self.at, **self.facts, "because": self.because}
        known = (f"{name}={value}" for name, value in parts.items() if value != "")
        return " ".join((self.kind, *known))


STARTING = Wait(WaitKind.STARTING)
NO_CUSTOMER_DATE = Wait(WaitKind.NO_CUSTOMER_DATE)


def wait_until(
    kind: WaitKind, at: datetime | None, /, *, because: str = "", **facts: int | str
) -> Wait:
    """A wait of ``kind`` until ``at`` (aware; None when nobody knows)."""
    known = {name: value for name, value in facts.items() if value != ""}
    return Wait(kind, at.isoformat() if at else "", known, because)


@dataclass(frozen=True)
class JourneyStatus:
    """Why a journey is where it is, what it waits for, and whether it is paused."""

    phase: str
    reason: str
    wait: Wait
    paused: bool = False
