"""What crosses Temporal while all leads are scored anew: ids, numbers and sentences about them."""

from __future__ import annotations

from dataclasses import dataclass

RESCORE_WORKFLOW = "Rescore"
"""Workflow type that scores all leads anew, ``rescore-<scoring run id>``."""


@dataclass(frozen=True)
class RescoreRequest:
    """The scoring run to bring to its end. ``rescored`` is whether all leads are counted."""

    run_id: int
    rescored: bool = False


@dataclass(frozen=True)
class RescoreLeads:
    """Count the next leads of a scoring run."""

    run_id: int


@dataclass(frozen=True)
class RescoreProgress:
    """How far the counting is; ``details`` says so to ops."""

    done: bool
    details: str


@dataclass(frozen=True)
class EscalateBacklog:
    """Hand over the next of those whom a scoring run made ready."""

    run_id: int


@dataclass(frozen=True)
class Escalation:
    """What became of a slice of the backlog. ``seconds`` is the pause before the next slice (real
    time), 0 when nobody is left or newer rules have taken over."""

    seconds: float
    details: str


def rescore_workflow_id(run_id: int) -> str:
    """Workflow id of a scoring run."""
    return f"rescore-{run_id}"
