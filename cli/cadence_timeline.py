"""A cadence as the timeline a marketer reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from domain.cadences.cadence import (
    BranchStep,
    Cadence,
    EmailStep,
    ExitStep,
    Step,
    TaskStep,
    WaitStep,
)
from domain.cadences.window import WEEKDAYS, SendWindow

_DAY = timedelta(days=1)
_NO_TIME = timedelta()


@dataclass(frozen=True)
class Line:
    """One line: when it happens, how deep inside branches, what happens, the step's id."""

    when: str
    depth: int
    what: str
    step: str = ""


@dataclass(frozen=True)
class _Elapsed:
    """The least and the most time that has passed, whichever way a lead came."""

    least: timedelta
    most: timedelta

    def __add__(self, span: timedelta) -> _Elapsed:
        return _Elapsed(self.least + span, self.most + span)

    def __str__(self) -> str:
        first, last = self.least // _DAY, self.most // _DAY
        return f"day {first}" if first == last else f"day {first}-{last}"


def length_text(span: timedelta) -> str:
    """A length rounded to what matters: ``23 days``, ``5 hours``, ``30 minutes``."""
    for unit, size in (("day", _DAY), ("hour", timedelta(hours=1))):
        if span >= size:
            count = round(span / size)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{span // timedelta(minutes=1)} minutes"


def window_text(window: SendWindow) -> str:
    """``on mon-fri from 09:00 to 17:00 in the lead's time zone, not on holidays``."""
    days = sorted(window.weekday_numbers)
    names = [WEEKDAYS[day].capitalize() for day in days]
    in_a_row = len(days) > 2 and days[-1] - days[0] == len(days) - 1
    shown = f"{names[0]}-{names[-1]}" if in_a_row else ", ".join(names)
    hours = window.model_dump(mode="json")
    holidays = ", not on holidays" if window.skip_holidays else ""
    return f"{shown} from {hours['from']} to {hours['to']} in the lead's time zone{holidays}"


def timeline(cadence: Cadence, templates: Mapping[str, Mapping[str, Any]]) -> list[Line]:
    """The cadence line by line. ``templates`` maps template name → language → anything."""
    return list(_Timeline(cadence, templates).lines())


class _Timeline:
    def __init__(self, cadence: Cadence, templates: Mapping[str, Mapping[str, Any]]) -> None:
        self._cadence = cadence
        self._templates = templates
        self._elapsed: _Elapsed | None = _Elapsed(_NO_TIME, _NO_TIME)
        """None behind an exit."""

    def lines(self) -> Iterator[Line]:
        yield from self._steps(self._cadence.steps, 0)
        if self._elapsed is not None:
            yield Line(str(self._elapsed), 0, "End of the cadence: exhausted")

    def _steps(self, steps: tuple[Step, ...], depth: int) -> Iterator[Line]:
        for step in steps:
            when = str(self._elapsed or "")
            match step:
                case EmailStep():
                    languages = ", ".join(sorted(self._templates.get(step.email, {})))
                    number = self._cadence.touch_number(step.id)
                    yield Line(when, depth, f"{number}. E-mail {step.email} ({languages})", step.id)
                case TaskStep():
                    task = step.task
                    number = self._cadence.touch_number(step.id)
                    what = f"{number}. Task ({task.kind}): {task.title}, due within {task.due}"
                    yield Line(when, depth, what, step.id)
                case WaitStep():
                    yield Line("", depth, f"wait {step.wait}", step.id)
                    if self._elapsed is not None:
                        self._elapsed += step.wait.length
                case ExitStep():
                    yield Line(when, depth, f"End of the cadence: {step.exit}", step.id)
                    self._elapsed = None
                case BranchStep():
                    yield from self._branch(step, when, depth)

    def _branch(self, step: BranchStep, when: str, depth: int) -> Iterator[Line]:
        before = self._elapsed
        yield Line(when, depth, f"If {' '.join(step.branch.condition.split())}", step.id)
        yield from self._steps(step.branch.then, depth + 1)
        after_then, self._elapsed = self._elapsed, before
        if step.branch.otherwise:
            yield Line("", depth, "else")
            yield from self._steps(step.branch.otherwise, depth + 1)
        ways = [way for way in (after_then, self._elapsed) if way is not None]
        self._elapsed = (
            _Elapsed(min(way.least for way in ways), max(way.most for way in ways))
            if ways
            else None
        )
