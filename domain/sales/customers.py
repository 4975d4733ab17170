"""After the opportunity (``cadences/customer.yaml``): who looks after a customer, and when."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from domain.authoring.kinds import kind
from domain.rules.policy import Policy, PolicyFile, first_double, mistake
from domain.time.span import Span, SpanField
from domain.time.spans import ClockSpan, ClockSpanField

DateKind = Literal["renewal", "upsell"]
_MONTHS = re.compile(r"(\d{1,3}) months?")
_LONGEST_MONTHS = 120


@dataclass(frozen=True)
class Months:
    """A span of calendar months."""

    count: int

    def __str__(self) -> str:
        return f"{self.count} month{'' if self.count == 1 else 's'}"

    def after(self, day: date) -> date:
        """The same day of the month so many months later, or that month's last."""
        months = day.year * 12 + day.month - 1 + self.count
        year, month = divmod(months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return date(year, month + 1, min(day.day, last))


def _parse_months(value: Any) -> Any:
    if isinstance(value, Months):
        return value
    match = _MONTHS.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or not 0 < int(match[1]) <= _LONGEST_MONTHS:
        raise mistake(
            f"'{value}' is no number of months. Write one from 1 to 120, such as 12 months"
        )
    return Months(int(match[1]))


MonthsField = Annotated[
    Months,
    BeforeValidator(_parse_months),
    PlainSerializer(str, return_type=str),
    kind("months", "A whole number of calendar months, from 1 to 120.", "6 months"),
]


class HandOverTask(Policy):
    """Work that a new customer brings to its owner."""

    task: str
    """Its title."""
    id: str = ""
    """What tells it from the others; made of the title's words when nothing is said."""
    instructions: str = ""
    """What is to be done."""
    due: ClockSpanField
    """How soon after the opportunity. Business time is that of the owner's team."""


class CustomerDate(Policy):
    """A date on which a customer is to be talked to."""

    after: MonthsField
    """Counted from the opportunity."""
    every: MonthsField | None = None
    """Counted from the date itself, for those that come again."""
    remind: SpanField
    """How long before the date its task opens."""
    instructions: str = ""
    """What is to be done."""


class CustomerPolicy(PolicyFile):
    """What happens to a lead that bought."""

    policy: Literal["customer"]
    owner: str = ""
    """Code of the rep or team that looks after customers; '' leaves them with who sold."""
    hand_over: tuple[HandOverTask, ...] = ()
    """The tasks that an opportunity brings, all at once."""
    cadence: str = ""
    """The mails that go beside; '' for none."""
    question_due: ClockSpanField = ClockSpan(Span(1, "business day"), business=True)
    """How soon a customer that writes gets its answer."""
    dates: dict[DateKind, CustomerDate] = Field(default_factory=dict)
    """When the customer is talked to again, about what."""

    @model_validator(mode="after")
    def _tasks_are_told_apart(self) -> CustomerPolicy:
        if double := first_double(self.task_ids()):
            position, name = double
            raise mistake(
                f"'{name}' is already an earlier task. Give this one an id of its own",
                ("hand_over", position, "id"),
            )
        return self

    def task(self, name: str) -> HandOverTask | None:
        """The hand-over task with this id."""
        return next((task for task in self.hand_over if task_id(task) == name), None)

    def task_ids(self) -> list[str]:
        """Ids of the hand-over tasks, in the order of the file."""
        return [task_id(task) for task in self.hand_over]

    def first_dates(self, sold: date) -> Iterator[tuple[DateKind, date]]:
        """The dates that follow from an opportunity on this day."""
        for name, one in self.dates.items():
            yield name, one.after.after(sold)


def task_id(task: HandOverTask) -> str:
    """Its ``id``, or one made of the words of its title."""
    return task.id or "-".join(re.findall(r"[a-z0-9]+", task.task.lower()))[:40]
