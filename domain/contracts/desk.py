"""What crosses Temporal for the desk, which minds what time alone changes: numbers, sentences."""

from __future__ import annotations

from dataclasses import dataclass

DESK_WORKFLOW = "Desk"
"""Workflow type of the desk."""
DESK_ID = "desk"
"""Its workflow id: there is one."""


@dataclass(frozen=True)
class DeskState:
    """What one run of the desk hands to the next. ``recount`` is whether the team policy or
    the SLA has changed since due times were counted."""

    recount: bool = True


@dataclass(frozen=True)
class MindDesk:
    """Look after the desk once; ``recount``: also count due times anew."""

    recount: bool


@dataclass(frozen=True)
class Minded:
    """What was done. ``seconds`` is the pause until the next time (real time)."""

    seconds: float
    details: str
