"""What a lead's enrollment does next, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from domain.cadences.cadence import (
    END,
    BranchStep,
    Cadence,
    EmailStep,
    ExitStep,
    TaskStep,
    WaitStep,
)
from domain.cadences.conditions import compile_condition
from domain.cadences.window import next_opening

EXHAUSTED = "exhausted"
"""Exit reason of an enrollment that reached the end of its cadence."""


@dataclass(frozen=True)
class Move:
    """The next thing to do and when (UTC).

    ``send`` and ``task`` do the step; ``decide`` means: call :func:`next_move` again from the
    step at ``due``, with the facts of then; ``exit`` ends the enrollment with ``exit_reason``
    (``step`` is '' at the end of the cadence).
    """

    kind: Literal["send", "task", "decide", "exit"]
    step: str
    due: datetime
    exit_reason: str = ""


def next_move(  # noqa: PLR0917
    cadence: Cadence,
    step: str,
    now: datetime,
    facts: Mapping[str, Any],
    time_zone: str,
    country: str,
) -> Move:
    """Walk from ``step`` (itself included; ``END`` is allowed) to the next thing to do.

    Waits push the due time on; an e-mail is moved into the send window. A branch is decided at
    once unless a wait comes first: then it is decided when the wait is over. A due time that is
    not after ``now`` means now.

    Raises:
        KeyError: the cadence has no such step.
    """
    due = now.astimezone(UTC)
    waited = False
    while step != END:
        match cadence.step(step):
            case WaitStep(wait=wait):
                due, waited = wait.after(due, time_zone, country), True
                step = cadence.successor(step)
            case EmailStep():
                return Move("send", step, next_opening(cadence.window, due, time_zone, country))
            case TaskStep():
                return Move("task", step, due)
            case ExitStep(exit=reason):
                return Move("exit", step, due, reason)
            case BranchStep(branch=branch):
                if waited:
                    return Move("decide", step, due)
                holds = compile_condition(branch.condition).holds(facts)
                arm = branch.then if holds else branch.otherwise
                step = arm[0].id if arm else cadence.successor(step)
    return Move("exit", END, due, EXHAUSTED)
