"""The fields of a business calendar as people write them: opening hours, days, zones, holidays."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

from domain.authoring.kinds import kind
from domain.authoring.yaml_messages import did_you_mean
from domain.contacts.countries import country_code
from domain.time.time_zones import time_zone_name
from domain.time.window import WEEKDAYS, has_holidays

Opening = tuple[int, int]
"""Minutes after local midnight, from the first up to, not including, the second."""
Week = tuple[tuple[Opening, ...], ...]
"""The openings of Monday to Sunday, each day's sorted and apart."""
NamedDays = tuple[tuple[date, str], ...]
"""Single days, each with its name, sorted."""

_OPENING = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
_DAYS = re.compile(r"([a-z]{3})(?:\s*-\s*([a-z]{3}))?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAY_END = 24 * 60


def _refuse(message: str, **context: Any) -> PydanticCustomError:
    return PydanticCustomError("calendar", message, context)


def _opening(value: Any, path: tuple[str | int, ...]) -> Opening:
    match = _OPENING.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise _refuse(
            "'{value}' is no opening. Write when it begins and ends, such as \"09:00-18:00\"",
            value=str(value),
            path=path,
        )
    hours_from, minutes_from, hours_to, minutes_to = map(int, match.groups())
    start, end = hours_from * 60 + minutes_from, hours_to * 60 + minutes_to
    if max(minutes_from, minutes_to) >= 60 or end > _DAY_END:
        raise _refuse(
            "'{value}' is not within a day. Hours go from 00:00 to 24:00", value=value, path=path
        )
    if start >= end:
        raise _refuse(
            "'{value}' ends before it begins. An opening lies within one day: for a night shift "
            'write "{start}-24:00" here and the rest at the next day',
            value=value,
            start=value.strip()[:5],
            path=path,
        )
    return start, end


def _weekdays(key: Any) -> list[int]:
    """The weekdays (Monday 0) of a key: ``mon`` or ``mon-fri``."""
    match = _DAYS.fullmatch(key.strip()) if isinstance(key, str) else None
    words = [word for word in match.groups() if word] if match else [str(key)]
    for word in words:
        if word not in WEEKDAYS:
            raise _refuse(
                "unknown day '{word}'.{advice}",
                word=word,
                advice=did_you_mean(word, WEEKDAYS),
                path=(str(key),),
            )
    first, last = (WEEKDAYS.index(word) for word in (words[0], words[-1]))
    # From Saturday to Monday is a stretch of days too.
    return [(first + ahead) % 7 for ahead in range((last - first) % 7 + 1)]


def _read_week(value: Any) -> Any:
    if isinstance(value, tuple):
        return value
    if not isinstance(value, dict) or not value:
        raise _refuse('this must be days with openings, such as mon-fri: "09:00-18:00"')
    week: list[list[Opening] | None] = [None] * 7
    for key, written in value.items():
        listed = isinstance(written, (list, tuple))
        openings: list[Opening] = []
        for position, text in enumerate(written if listed else [written]):
            path = (str(key), position) if listed else (str(key),)
            start, end = _opening(text, path)
            if openings and start < openings[-1][1]:
                raise _refuse(
                    "'{value}' begins before the opening before it ends. List the openings of a "
                    "day in order, without overlap",
                    value=text,
                    path=path,
                )
            openings.append((start, end))
        for weekday in _weekdays(key):
            if week[weekday] is not None:
                raise _refuse(
                    "'{day}' is here twice. Give each day its openings once",
                    day=WEEKDAYS[weekday],
                    path=(str(key),),
                )
            week[weekday] = openings
    if not any(week):
        raise _refuse('this team is never open. Write openings, such as mon-fri: "09:00-18:00"')
    return tuple(tuple(openings or ()) for openings in week)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _write_week(week: Week) -> dict[str, list[str]]:
    return {
        day: [f"{_clock(start)}-{_clock(end)}" for start, end in openings]
        for day, openings in zip(WEEKDAYS, week, strict=True)
        if openings
    }


def _day(value: Any, path: tuple[str | int, ...] = ()) -> date:
    if isinstance(value, date):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise _refuse(
        "'{value}' is no day. Write year, month and day, such as 2026-12-24",
        value=str(value),
        path=path,
    )


def _read_named_days(value: Any) -> Any:
    if isinstance(value, tuple):
        return value
    if not isinstance(value, dict):
        raise _refuse("this must be days with their names, such as 2026-05-01: Workers' Day")
    named = []
    for key, name in value.items():
        if not isinstance(name, str) or not name.strip():
            raise _refuse("name this day, such as 2026-05-01: Workers' Day", path=(str(key),))
        named.append((_day(key, (str(key),)), name))
    return tuple(sorted(named))


def _write_named_days(days: NamedDays) -> dict[str, str]:
    return {day.isoformat(): name for day, name in days}


def _checked_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        meant = time_zone_name(value)
        raise _refuse(
            "there is no time zone '{value}'. {advice}",
            value=value,
            advice=f"Write {meant}" if meant else "Write its IANA name, such as Asia/Seoul",
        ) from None
    return value


def _checked_country(value: str) -> str:
    if not value or has_holidays(value):
        return value
    meant = country_code(value)
    raise _refuse(
        "the holidays of '{value}' are not known. {advice}",
        value=value,
        advice=f"Write {meant}"
        if meant and meant != value
        else "Write a country code such as KR, or leave it out and list extra_holidays",
    )


WeekField = Annotated[
    Week,
    BeforeValidator(_read_week),
    PlainSerializer(_write_week, return_type=dict),
    kind(
        "opening hours",
        "Weekdays (`mon` … `sun`), or stretches of them, with one opening or a list of them. Each "
        "lies within a day.",
        {"mon-thu": "09:00-18:00", "fri": ["09:00-12:00", "13:00-15:00"]},
    ),
]
"""The openings of each weekday, minutes after local midnight."""
DayField = Annotated[date, BeforeValidator(_day), kind("day", "Year, month, day.", "2026-12-24")]
NamedDaysField = Annotated[
    NamedDays,
    BeforeValidator(_read_named_days),
    PlainSerializer(_write_named_days, return_type=dict),
    kind("named days", "Days, each with its name.", {"2026-05-01": "Workers' Day"}),
]
ZoneField = Annotated[
    str,
    AfterValidator(_checked_zone),
    kind("time zone", "The IANA name of a time zone.", "Asia/Seoul", "UTC"),
]
CountryField = Annotated[
    str,
    AfterValidator(_checked_country),
    kind(
        "country with holidays",
        "Two capital letters (ISO 3166-1 alpha-2) of a country whose national holidays are known.",
        "KR",
        "DE",
    ),
]
"""The country, or ''."""
