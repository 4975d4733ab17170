"""Send windows: when mail may reach a lead, in the lead's own time zone.

All instants are timezone-aware; results are UTC. A time zone that is not known counts as UTC, a
country that is not known has no holidays and rests on Saturday and Sunday. Holidays are the
national ones of the ``holidays`` package; regional ones are not considered. Weekends are those of
CLDR (https://cldr.unicode.org).
"""

from __future__ import annotations

import functools
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import holidays
from babel import Locale, UnknownLocaleError
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from domain.authoring.kinds import kind

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WindowDay = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "business"]
"""A weekday, or ``business`` for the days on which the lead's country works."""
_DAY = timedelta(days=1)
_COUNTRY = re.compile("[A-Z]{2}")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
# A country in which every day of the window is a holiday for a year must not stop a journey.
_LONGEST_SEARCH_DAYS = 370


def _minute_of_day(value: Any) -> int:
    """Minutes after midnight of a clock time like ``09:00``; ``24:00`` is the day's end."""
    match = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if match:
        hours, minutes = int(match[1]), int(match[2])
        if (hours < 24 and minutes < 60) or (hours, minutes) == (24, 0):
            return hours * 60 + minutes
    raise PydanticCustomError(
        "clock",
        "'{value}' is not a time of day. Write hours and minutes, such as \"09:00\"",
        {"value": str(value)},
    )


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


MinuteOfDay = Annotated[
    int,
    BeforeValidator(_minute_of_day),
    PlainSerializer(_clock, return_type=str),
    kind(
        "time of day",
        "Hours and minutes of a clock that counts to 24, in quotation marks. `24:00` ends the day.",
        "09:00",
        "24:00",
    ),
]


class SendWindow(BaseModel):
    """The hours of the lead's own days in which mail may go, or a call be made."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_by_name=True, serialize_by_alias=True
    )

    days: tuple[WindowDay, ...] = ("business",)
    """Weekdays, or ``business`` for the days on which the lead's country works."""
    start: MinuteOfDay = Field(default=9 * 60, alias="from")
    """When it opens, by the lead's clock."""
    end: MinuteOfDay = Field(default=17 * 60, alias="to")
    """When it closes, on the same day; that minute is shut."""
    skip_holidays: bool = True
    """Whether it stays shut on national holidays of the lead's country."""

    @model_validator(mode="after")
    def _can_open(self) -> SendWindow:
        if not self.days:
            raise PydanticCustomError(
                "window",
                "this window can never open: it has no days. Write days: [business]",
                {"path": ("days",)},
            )
        if self.start == self.end:
            raise PydanticCustomError(
                "window",
                "this window can never open: it closes at {end}, the minute it opens. "
                "Write a later time after 'to:'",
                {"path": ("to",), "end": _clock(self.end)},
            )
        if self.start > self.end:
            raise PydanticCustomError(
                "window",
                "this window can never open: it closes at {end}, before it opens at {start}. "
                'A window lies within one day and can\'t cross midnight: write from: "{end}" and '
                'to: "{start}", or to: "24:00" to end with the day',
                {"path": ("to",), "start": _clock(self.start), "end": _clock(self.end)},
            )
        return self

    @functools.cached_property
    def weekday_numbers(self) -> frozenset[int]:
        """The weekdays it names, as :meth:`datetime.date.weekday` numbers them, Monday 0."""
        return frozenset(WEEKDAYS.index(day) for day in self.days if day != "business")

    def opens_on(self, day: date, country: str) -> bool:
        """Whether it opens on this local date in a country."""
        return (
            day.weekday() in self.weekday_numbers
            or ("business" in self.days and day.weekday() not in weekend_of(country))
        ) and not (self.skip_holidays and is_holiday(day, country))

    @property
    def is_a_stretch(self) -> bool:
        """Whether the weekdays it names, three or more, follow each other: then the first and the
        last tell all."""
        days = self.weekday_numbers
        return len(days) > 2 and max(days) - min(days) == len(days) - 1


@functools.lru_cache(maxsize=1024)
def zone(time_zone: str) -> ZoneInfo:
    """The IANA time zone named, or UTC when there is none of that name."""
    try:
        return ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


@functools.lru_cache(maxsize=2048)
def holidays_of(country: str, year: int) -> frozenset[date]:
    """National holidays in one year of a country (ISO 3166-1 alpha-2); none if not known."""
    if not has_holidays(country):
        return frozenset()
    return frozenset(holidays.country_holidays(country, years=year))


def has_holidays(country: str) -> bool:
    """Whether the national holidays of a country (ISO 3166-1 alpha-2) are known."""
    known = holidays.list_supported_countries(include_aliases=False)
    return _COUNTRY.fullmatch(country) is not None and country in known


def is_holiday(day: date, country: str) -> bool:
    """Whether the local date is a national holiday of the country."""
    return day in holidays_of(country, day.year)


@functools.lru_cache(maxsize=300)
def weekend_of(country: str) -> frozenset[int]:
    """The weekdays on which a country (ISO 3166-1 alpha-2) rests, Monday 0; Saturday and Sunday if
    not known."""
    try:
        week = Locale.parse(f"und_{country}" if _COUNTRY.fullmatch(country) else "en_001")
    except (UnknownLocaleError, ValueError):
        return frozenset({5, 6})
    length = (week.weekend_end - week.weekend_start) % 7 + 1
    return frozenset((week.weekend_start + day) % 7 for day in range(length))


def is_business_day(day: date, country: str) -> bool:
    """Whether people of the country work on the local date."""
    return day.weekday() not in weekend_of(country) and not is_holiday(day, country)


def _open_at(window: SendWindow, at: datetime, local_zone: ZoneInfo, country: str) -> bool:
    local = at.astimezone(local_zone)
    return window.start <= local.hour * 60 + local.minute < window.end and window.opens_on(
        local.date(), country
    )


def is_open(window: SendWindow, at: datetime, time_zone: str, country: str) -> bool:
    """Whether mail may go at the instant ``at`` to a lead in this time zone and country."""
    return _open_at(window, at, zone(time_zone), country)


def begins(day: date, time_zone: str) -> datetime:
    """The first instant (UTC) of a day in a time zone."""
    return datetime.combine(day, time(), zone(time_zone)).astimezone(UTC)


def next_opening(window: SendWindow, at: datetime, time_zone: str, country: str) -> datetime:
    """The first instant (UTC) not before ``at`` at which the window is open.

    A clock change that skips the start opens the window at the change; one that repeats it opens
    the window at both passes. Should holidays keep the window shut for a year, they are ignored.
    """
    at = at.astimezone(UTC)
    local_zone = zone(time_zone)
    if _open_at(window, at, local_zone, country):
        return at
    for days_ahead in range(_LONGEST_SEARCH_DAYS):
        opening = _opening_within_a_day(window, at + days_ahead * _DAY, local_zone, country)
        if opening is not None:
            return opening
    return next_opening(window.model_copy(update={"skip_holidays": False}), at, time_zone, country)


def _opening_within_a_day(
    window: SendWindow, begin: datetime, local_zone: ZoneInfo, country: str
) -> datetime | None:
    """The earliest opening in the 24 hours from ``begin``, at which the window is shut.

    A window opens where the wall clock shows its start or where a clock change lands inside it,
    so only those instants are looked at.
    """
    end = begin + _DAY
    local_begin, local_end = begin.astimezone(local_zone), end.astimezone(local_zone)
    candidates = []
    # A clock set back over midnight shows the day before once more.
    day = local_begin.date() - _DAY
    while day <= local_end.date():
        if window.opens_on(day, country):
            wall = datetime.combine(day, time(window.start // 60, window.start % 60))
            candidates += [
                wall.replace(tzinfo=local_zone, fold=fold).astimezone(UTC) for fold in (0, 1)
            ]
        day += _DAY
    if local_begin.utcoffset() != local_end.utcoffset():
        candidates.append(clock_change(begin, end, local_zone))
    return min(
        (
            instant
            for instant in candidates
            if begin <= instant < end and _open_at(window, instant, local_zone, country)
        ),
        default=None,
    )


def clock_change(begin: datetime, end: datetime, local_zone: ZoneInfo) -> datetime:
    """The second (UTC) at which the zone's offset changes between two instants that differ."""
    low, high = int(begin.timestamp()), int(end.timestamp())
    before = begin.astimezone(local_zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, local_zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def add_business_days(at: datetime, days: int, time_zone: str, country: str) -> datetime:
    """The instant (UTC) with the same local time of day, ``days`` (>= 1) business days later.

    Business days are those of the country's week without its national holidays.
    """
    local_zone = zone(time_zone)
    local = at.astimezone(local_zone)
    day = local.date()
    while days > 0:
        day += _DAY
        if is_business_day(day, country):
            days -= 1
    wall = datetime.combine(day, local.time())
    return wall.replace(tzinfo=local_zone, fold=local.fold).astimezone(UTC)
