"""What a lead's enrollment does next, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
from domain.rules.conditions import compile_condition
from domain.rules.facts import Facts, prepared
from domain.time.window import next_opening

Kind = Literal["send", "task", "decide", "exit"]

EXHAUSTED = "exhausted"
"""Exit reason of an enrollment that reached the end of its cadence."""

ARCHIVED = "archived"
"""Exit reason of an enrollment whose cadence was archived."""


@dataclass(frozen=True)
class PlannedStep:
    """The next thing to do and when (UTC).

    ``send`` and ``task`` do the step; ``decide`` means: call :func:`next_move` again from the
    step at ``due``, with the facts of then; ``exit`` ends the enrollment with ``exit_reason``
    (``step`` is '' at the end of the cadence).

    ``unanswered`` names the branches on the way whose condition could not be answered, with the
    reason: their lead went to ``else``. ``counted_from`` is the step at which the waits before it
    begin, and ``counted_since`` when: from there the due time can be counted anew when the lead's
    time zone or country changes.
    """

    kind: Kind
    step: str
    due: datetime
    exit_reason: str = ""
    counted_from: str = field(default=END, compare=False)
    counted_since: datetime | None = field(default=None, compare=False)
    unanswered: tuple[tuple[str, str], ...] = ()


def next_move(
    cadence: Cadence,
    step: str,
    now: datetime,
    facts: Mapping[str, Any],
    *,
    time_zone: str,
    country: str,
    earliest: datetime | None = None,
) -> PlannedStep:
    """Walk from ``step`` (itself included; ``END`` is allowed) to the next thing to do.

    Waits push the due time on; an e-mail is moved into the send window. A branch is decided at
    once unless a wait comes first: then it is decided when the wait is over. A due time that is
    not after ``now`` means now.

    Args:
        earliest: for counting anew from a ``now`` that has passed: before it nothing is due, and
            an e-mail that would have gone goes at the next opening of its window.

    Raises:
        KeyError: the cadence has no such step.
    """
    due = now.astimezone(UTC)
    earliest = (earliest or due).astimezone(UTC)
    begin, since, waited = step, due, False
    ready: Facts | None = None
    unanswered: list[tuple[str, str]] = []

    def move(kind: Kind, at: datetime, reason: str = "") -> PlannedStep:
        return PlannedStep(kind, step, at, reason, begin, since, tuple(unanswered))

    while step != END:
        match cadence.step(step):
            case WaitStep(wait=wait):
                due, waited = wait.after(due, time_zone, country), True
                step = cadence.successor(step)
            case EmailStep():
                window = cadence.window
                opening = next_opening(window, max(due, earliest), time_zone, country)
                return move("send", opening)
            case TaskStep():
                return move("task", max(due, earliest))
            case ExitStep(exit=reason):
                return move("exit", max(due, earliest), reason)
            case BranchStep(branch=branch):
                if waited:
                    return move("decide", max(due, earliest))
                ready = ready or prepared(facts, due)
                verdict = compile_condition(branch.condition).verdict(ready)
                if verdict.reason:
                    unanswered.append((step, verdict.reason))
                arm = branch.then if verdict.holds else branch.otherwise
                begin = step = arm[0].id if arm else cadence.successor(step)
    return move("exit", max(due, earliest), EXHAUSTED)
