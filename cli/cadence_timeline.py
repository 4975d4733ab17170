"""A cadence as the timeline a marketer reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from domain.cadences.cadence import (
    END,
    BranchStep,
    Cadence,
    EmailStep,
    ExitStep,
    Step,
    TaskStep,
    WaitStep,
)
from domain.cadences.timeline import elapsed
from domain.time.window import WEEKDAYS, SendWindow

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class TimelineLine:
    """One line: when it happens, how deep inside branches, what happens, the step's id."""

    when: str
    depth: int
    what: str
    step: str = ""


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
    if "business" in window.days:
        names.insert(0, "on business days")
    shown = f"{names[0]}-{names[-1]}" if window.is_a_stretch else ", ".join(names)
    hours = window.model_dump(mode="json")
    holidays = ", not on holidays" if window.skip_holidays else ""
    return f"{shown} from {hours['from']} to {hours['to']} in the lead's time zone{holidays}"


def timeline(cadence: Cadence, templates: Mapping[str, Mapping[str, Any]]) -> list[TimelineLine]:
    """The cadence line by line. ``templates`` maps template name → language → anything."""
    return list(_Timeline(cadence, templates).lines())


class _Timeline:
    def __init__(self, cadence: Cadence, templates: Mapping[str, Mapping[str, Any]]) -> None:
        self._cadence = cadence
        self._templates = templates
        self._elapsed = elapsed(cadence)

    def lines(self) -> Iterator[TimelineLine]:
        yield from self._steps(self._cadence.steps, 0)
        if self._elapsed[END] is not None:
            yield TimelineLine(self._when(END), 0, "End of the cadence: exhausted")

    def _when(self, step_id: str) -> str:
        passed = self._elapsed[step_id]
        if passed is None:
            return ""
        first, last = passed.days
        return f"day {first}" if first == last else f"day {first}-{last}"

    def _steps(self, steps: tuple[Step, ...], depth: int) -> Iterator[TimelineLine]:
        for step in steps:
            when = self._when(step.id)
            match step:
                case EmailStep():
                    languages = ", ".join(sorted(self._templates.get(step.email, {})))
                    number = self._cadence.touch_number(step.id)
                    yield TimelineLine(
                        when, depth, f"{number}. E-mail {step.email} ({languages})", step.id
                    )
                case TaskStep():
                    task = step.task
                    number = self._cadence.touch_number(step.id)
                    what = f"{number}. Task ({task.kind}): {task.title}, due within {task.due}"
                    yield TimelineLine(when, depth, what, step.id)
                case WaitStep():
                    yield TimelineLine("", depth, f"wait {step.wait}", step.id)
                case ExitStep():
                    yield TimelineLine(when, depth, f"End of the cadence: {step.exit}", step.id)
                case BranchStep():
                    yield TimelineLine(
                        when, depth, f"If {' '.join(step.branch.condition.split())}", step.id
                    )
                    yield from self._steps(step.branch.then, depth + 1)
                    if step.branch.otherwise:
                        yield TimelineLine("", depth, "else")
                        yield from self._steps(step.branch.otherwise, depth + 1)
