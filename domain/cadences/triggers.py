"""What has leads enter a cadence by themselves (``enter_when:``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from domain.authoring.yaml_messages import did_you_mean
from domain.contacts.dates import read_day
from domain.rules.conditions import checked_condition
from domain.rules.event_facts import EVENT_FACTS
from domain.time.window import zone

EVENTS = ("open", "click", "reply", "form", "booking", "page", "screen", "track", "resubscribe")
"""The kinds of event by which a lead may enter: what it does itself."""
OLDEST_EVENT = timedelta(days=3)
"""An event that is told of later than this has nobody enter."""
LATEST_DATE = timedelta(days=2)
"""How late a lead enters by a date at most, when no worker ran on that day."""
MOST_DAYS = 3650


class Way(StrEnum):
    """How a lead comes to enter a cadence."""

    HAND = "hand"
    SEGMENT = "segment"
    EVENT = "event"
    FORM = "form"
    DATE = "date"
    CONFIRMED = "confirmed"
    """It has confirmed its address, and where it came from said which cadence it begins."""


class _Trigger(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_serializer(mode="wrap")
    def _without_what_is_not_said(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        kept: dict[str, Any] = dump(self)
        return {key: value for key, value in kept.items() if value not in (None, False)}


class SegmentTrigger(_Trigger):
    """Who joins a segment enters."""

    segment: str = Field(min_length=1, max_length=60)
    """Its name in ``segments.yaml``."""
    those_in_it: bool = False
    """Whether those enter too who are in the segment when this is published, or who are found when
    all leads are judged by a new condition of it."""


class EventTrigger(_Trigger):
    """Who does something enters. What a machine did, and what is told of more than three days
    late, has nobody enter."""

    event: str
    """What kind of event: ``open``, ``click``, ``reply``, ``form``, ``booking``, ``page``,
    ``screen``, ``track`` or ``resubscribe``."""
    where: Annotated[str, checked_condition(EVENT_FACTS)] | None = None
    """A condition over ``event.*``, as rules of interest have it; every event of the kind when
    nothing is said."""

    @model_validator(mode="before")
    @classmethod
    def _known(cls, value: Any) -> Any:
        said = value.get("event") if isinstance(value, dict) else None
        if isinstance(said, str) and said not in EVENTS:
            raise PydanticCustomError(
                "event",
                "no lead enters by an event '{event}'.{advice}",
                {"event": said[:60], "advice": did_you_mean(said, EVENTS), "path": ("event",)},
            )
        return value


class FormTrigger(_Trigger):
    """Who sends a hosted form enters; a new address once it is confirmed."""

    form: str = Field(min_length=1, max_length=60)
    """Its name in ``forms.yaml``."""


class DateTrigger(_Trigger):
    """A lead enters on a day that it has as an attribute, or so many days before or after it, by
    the calendar where the lead is. Each date has it enter once."""

    date: str = Field(min_length=1, max_length=100)
    """The attribute, such as ``trial_end``."""
    days_before: int | None = Field(default=None, ge=1, le=MOST_DAYS)
    """How many days before that day."""
    days_after: int | None = Field(default=None, ge=1, le=MOST_DAYS)
    """How many days after it."""

    @model_validator(mode="after")
    def _before_or_after(self) -> DateTrigger:
        if self.days_before and self.days_after:
            raise PydanticCustomError(
                "days",
                "this is before and after the day at once. Delete one of days_before and "
                "days_after",
                {"path": ("days_after",)},
            )
        return self

    @property
    def days(self) -> int:
        """Days from the date to the entry; negative before it."""
        return (self.days_after or 0) - (self.days_before or 0)


TRIGGER_KINDS = ("segment", "event", "form", "date")


def _kind(value: Any) -> str | None:
    if isinstance(value, dict):
        return next((kind for kind in TRIGGER_KINDS if kind in value), None)
    return next((kind for kind in TRIGGER_KINDS if hasattr(value, kind)), None)


def _checked(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value
    kinds = [kind for kind in TRIGGER_KINDS if kind in value] if isinstance(value, dict) else []
    if len(kinds) != 1:
        raise PydanticCustomError(
            "trigger",
            "this is not one way to enter. Write one of segment, event, form or date with a value, "
            "such as '- segment: looked-at-prices'",
            {},
        )
    return value


Trigger = Annotated[
    Annotated[SegmentTrigger, Tag("segment")]
    | Annotated[EventTrigger, Tag("event")]
    | Annotated[FormTrigger, Tag("form")]
    | Annotated[DateTrigger, Tag("date")],
    Discriminator(_kind),
    BeforeValidator(_checked),
]
"""One of the ways to enter a cadence."""


@dataclass(frozen=True)
class TriggerParts:
    """A trigger as it is kept: ``what`` is the name of the segment, the kind of event, the form or
    the attribute."""

    way: Way
    what: str
    condition: str = ""
    days: int = 0
    those_in_it: bool = False


def parts_of(trigger: Trigger) -> TriggerParts:
    """What is kept of a trigger."""
    match trigger:
        case SegmentTrigger():
            return TriggerParts(Way.SEGMENT, trigger.segment, those_in_it=trigger.those_in_it)
        case EventTrigger():
            return TriggerParts(Way.EVENT, trigger.event, condition=trigger.where or "")
        case FormTrigger():
            return TriggerParts(Way.FORM, trigger.form)
        case DateTrigger():
            return TriggerParts(Way.DATE, trigger.date, days=trigger.days)


def days_to_read(values: Sequence[str], days: int, now: datetime) -> Mapping[str, date]:
    """Those written dates for which it may be the day to enter somewhere in the world → that day.

    Args:
        days: from the date to the entry.
        now: journey time, UTC.
    """
    around = timedelta(days=1)
    first, last = now.date() - LATEST_DATE - around, now.date() + around
    found = {}
    for written in values:
        day = read_day(written)
        if day is not None and first <= (enters := _moved(day, days)) <= last:
            found[written] = enters
    return found


def _moved(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.min


def enters_on(day: date, time_zone: str, since: datetime, now: datetime) -> bool:
    """Whether a lead whose day to enter this is enters now.

    Args:
        time_zone: of the lead, IANA name.
        since: from when on the trigger holds, journey time, UTC. What was due on an earlier day
            has nobody enter.
        now: journey time, UTC.
    """
    here = zone(time_zone)
    today = now.astimezone(here).date()
    return max(today - LATEST_DATE, since.astimezone(here).date()) <= day <= today
