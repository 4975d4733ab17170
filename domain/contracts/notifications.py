"""Telling people who work here: what crosses Temporal are ids, never what they are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

NOTIFY_WORKFLOW = "NotifyUser"
"""Workflow type that brings one user what waits, by one way: ``notify-<user id>-<way>``."""
SIGN_IN = "sign-in"
"""The way of mails that let a user in: nobody chooses it, and it keeps to no hours."""
ESCALATION_WORKFLOW = "Escalation"
"""Workflow type that looks after one alert: ``escalation-<alert id>``."""

PAUSES = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
)
"""Real time before each further attempt; after the last one the address is switched off."""


@dataclass(frozen=True)
class NotifyUser:
    """Bring a user what waits for this way: ``mail``, ``chat`` or :data:`SIGN_IN`."""

    user_id: int
    way: str

    @property
    def workflow_id(self) -> str:
        """One run at a time for each user and way: no two messages overtake each other."""
        return f"notify-{self.user_id}-{self.way}"


@dataclass(frozen=True)
class UserNotified:
    """What became of an attempt. ``over`` is whether nothing waits any more; ``seconds`` how long
    (real time) the rest waits for the user's hours or for an address that fails."""

    over: bool
    seconds: float
    details: str


@dataclass(frozen=True)
class EscalateAlert:
    """Tell the manager of an alert that nobody reacts to, when its time has come."""

    alert_id: int

    @property
    def workflow_id(self) -> str:
        """Once for each alert."""
        return f"escalation-{self.alert_id}"


@dataclass(frozen=True)
class AlertEscalated:
    """``seconds`` is when to look again (real time); 0 when there is nothing left to do."""

    seconds: float
    details: str
