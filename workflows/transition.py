"""Where a phase leads, by its own story or by an operator's order."""

from __future__ import annotations

from dataclasses import dataclass

from domain.contracts.journey import Phase


@dataclass(frozen=True)
class Transition:
    """Where a phase ends: in another phase, or (``phase`` None) with an ``outcome`` for good."""

    phase: Phase | None
    reason: str
    outcome: str = ""
    cadence: str = ""
    meeting_id: int = 0
    next_cycle: bool = False
    cycle: int = 0
    """The cycle that it goes back to; 0 for none."""


def end(outcome: str, reason: str) -> Transition:
    """The end of the journey."""
    return Transition(None, reason, outcome)


class OperatorOverride(Exception):
    """An operator stopped the workflow or moved the lead to another phase."""

    def __init__(self, transition: Transition) -> None:
        super().__init__(transition.reason)
        self.transition = transition
