"""How long after its begin a cadence comes to each of its steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from domain.cadences.cadence import END, BranchStep, Cadence, ExitStep, Step, WaitStep


@dataclass(frozen=True)
class Elapsed:
    """The least and the most time that has passed, whichever way a lead came; business days on
    average."""

    least: timedelta
    most: timedelta

    def __add__(self, span: timedelta) -> Elapsed:
        return Elapsed(self.least + span, self.most + span)

    @property
    def days(self) -> tuple[int, int]:
        """Both in whole days."""
        return self.least // timedelta(days=1), self.most // timedelta(days=1)


def elapsed(cadence: Cadence) -> dict[str, Elapsed | None]:
    """Step id → what has passed before the step, None where no lead comes; ``END`` is the end of
    the last step."""
    found: dict[str, Elapsed | None] = {}
    begin: Elapsed | None = Elapsed(timedelta(), timedelta())
    found[END] = _pass(cadence.steps, begin, found)
    return found


def _pass(
    steps: tuple[Step, ...], before: Elapsed | None, found: dict[str, Elapsed | None]
) -> Elapsed | None:
    """What has passed behind ``steps``; puts down what has passed before each."""
    for step in steps:
        found[step.id] = before
        match step:
            case WaitStep() if before is not None:
                before += step.wait.length
            case ExitStep():
                before = None
            case BranchStep():
                arms = (step.branch.then, step.branch.otherwise)
                ways = [way for arm in arms if (way := _pass(arm, before, found)) is not None]
                before = (
                    Elapsed(min(way.least for way in ways), max(way.most for way in ways))
                    if ways
                    else None
                )
            case _:
                pass
    return before
