"""Days and times as people read them: CLDR's formats (Babel) in a language of
``domain.translations``. Times are aware, and shown as their own clock shows them."""

from __future__ import annotations

import functools
from datetime import date, datetime
from typing import Literal

from babel import Locale
from babel.dates import (
    format_date,
    format_datetime,
    format_skeleton,
    format_timedelta,
    get_date_format,
    get_datetime_format,
    get_time_format,
    get_timezone_gmt,
    get_timezone_location,
    get_timezone_name,
)

_LOCALES = {"en": "en_001"}
"""English as most of the world writes it: the day before the month."""


def full_day(day: date, language: str) -> str:
    """With the day of the week: Monday, 4 May 2026; 2026년 5월 4일 월요일."""
    return format_date(day, "full", locale=_locale(language))


def full_moment(at: datetime, language: str) -> str:
    """Day and time of day: Monday, 4 May 2026, 10:30."""
    locale = _locale(language)
    joined = str(get_datetime_format("medium", locale=locale)).replace("{0}", "HH:mm")
    pattern = joined.replace("{1}", get_date_format("full", locale=locale).pattern)
    return format_datetime(at, pattern, locale=locale)


def short_moment(at: datetime, language: str) -> str:
    """Day of the week, day and time of day in little room: Mon, 4 May 10:30."""
    locale = _locale(language)
    return f"{format_skeleton('MMMEd', at, locale=locale)} {clock(at, language)}"


def how_long_ago(at: datetime, now: datetime, language: str) -> str:
    """How far away a time is: 3 days ago, in 2 hours."""
    return format_timedelta(at - now, add_direction=True, locale=_locale(language))


def in_english(at: date, pattern: str = "EEE dd MMM y HH:mm") -> str:
    """A day, or a time with its zone, where only English is spoken: at the command line, in the
    Temporal UI and in the demo. Mon 04 May 2026 10:30 KST.

    Args:
        pattern: CLDR's (https://unicode.org/reports/tr35/tr35-dates.html#Date_Format_Patterns).
    """
    if isinstance(at, datetime):
        return f"{format_datetime(at, pattern, locale='en')} {at:%Z}"
    return format_date(at, pattern, locale="en")


def zone_name(at: datetime, language: str) -> str:
    """What the time zone of a time is called, summer and winter: Korean Time, 대한민국 시간; of one
    that is no country's, such as UTC, its distance from Greenwich."""
    locale = _locale(language)
    if str(at.tzinfo).startswith(("Etc/", "UTC")):
        return get_timezone_gmt(at, locale=locale)
    return get_timezone_name(at, "long", zone_variant="generic", locale=locale)


def short_zone_name(at: datetime, language: str) -> str:
    """A city whose clocks show this time: Berlin, 서울; of a zone that is no city's, such as UTC,
    its distance from Greenwich."""
    locale = _locale(language)
    if str(at.tzinfo).startswith(("Etc/", "UTC")):
        return get_timezone_gmt(at, locale=locale)
    return get_timezone_location(at, locale=locale, return_city=True)


def clock(at: datetime, language: str, width: Literal["short", "medium"] = "short") -> str:
    """A time of day: 4:30 PM, 오후 4:30, 16:30; of width medium with its seconds."""
    pattern = get_time_format(width, locale=_locale(language)).pattern
    # CLDR's short word for a half of the day is the English one in Korean, too.
    return format_datetime(at, pattern.replace("a", "aaaa"), locale=_locale(language))


@functools.cache
def _locale(language: str) -> Locale:
    return Locale.parse(_LOCALES.get(language, language))
