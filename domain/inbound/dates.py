"""Days that people name: when they are back, when they want to hear from us again.

Names of months and weekdays are CLDR's (Babel), in the languages of :data:`LANGUAGES`. A day that
can be read in two ways is none: ``3/4`` without a name, a month that is not near.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from datetime import date, timedelta

from babel.dates import get_day_names, get_month_names

from domain.inbound.wording import asks_for_later, sentences_of
from domain.inbound.words.base import fold

LANGUAGES = (
    *("en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "uk", "tr", "vi", "id", "sv", "da"),
    *("nb", "fi", "cs", "hu", "ro", "el", "ko", "zh", "ja"),
)
LONGEST_ABSENCE = timedelta(days=366)
LATEST = timedelta(days=550)
"""How far ahead somebody may ask to hear from us again."""

_ISO = re.compile(r"(?<!\d)(20\d\d)[-./](\d{1,2})[-./](\d{1,2})(?!\d)")
_EAST = re.compile(r"(?:(20\d\d)\s?[年년]\s?)?(?<!\d)(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일号號]")
_EAST_MONTH = re.compile(r"(?:(20\d\d|明|来|내)\s?[年년]\s?)?(?<!\d)(\d{1,2})\s?[月월](?!\s?\d)")
_DOTTED = re.compile(r"(?<![\d.])(\d{1,2})\.\s?(\d{1,2})\.(?:\s?(20\d\d|\d\d)(?!\d))?")
_SLASHED = re.compile(r"(?<![\d/])(\d{1,2})[/-](\d{1,2})(?:[/-](20\d\d|\d\d))?(?![\d/])")
_VIETNAMESE = re.compile(r"(?:(?<!\d)(\d{1,2})[ /-](?:thang ))(\d{1,2})(?:[ /-](?:nam )?(20\d\d))?")
_VIETNAMESE_MONTH = re.compile(r"(?<!\d )(?<!\w)thang (\d{1,2})(?!\d)")
_NO_MONTHS = frozenset({"out", "set", "ago", "sie"})
"""Short names of months that are words of their own next to a number."""
_WORDS_TOO = frozenset({"may", "march", "mar"})
"""Names of months that are English words, unless one of these stands before them."""
_BEFORE_MONTH = re.compile(
    r"(?:in|until|till|by|from|early|late|mid|before|after|around|end of|of|next|this|and|or|since)"
    r"[ -]$"
)
_YEAR = re.compile(r"[,\s]*(?:de |del )?(20\d\d)(?!\d)")
_QUARTER = re.compile(r"(?<!\w)q([1-4])(?:[ /'-]*(20\d\d|\d\d))?(?!\w)")
_NEXT_YEAR = re.compile(
    r"(?<!\w)(?:next year|nachstes jahr|im neuen jahr|new year|annee prochaine|proximo ano"
    r"|ano que viene|ano que vem|anno prossimo|volgend jaar|przyszlym roku|следующем году"
    r"|gelecek yil|onumuzdeki yil|nam sau|tahun depan)|내년|明年|来年"
)
_NEXT_MONTH = re.compile(
    r"(?<!\w)(?:next month|nachsten? monat|mois prochain|proximo mes|mes que viene|mese prossimo"
    r"|volgende maand|przyszlym miesiacu|следующем месяце|gelecek ay|thang sau|bulan depan)"
    r"|다음\s?달|下个月|下個月|来月"
)


@functools.cache
def _months() -> tuple[re.Pattern[str], dict[str, int]]:
    """What matches the name of a month in any language, and which month it is; names that mean
    two months, or are too short to mean one, are left out."""
    names: dict[str, set[int]] = {}
    for language in LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, language).items():
                    names.setdefault(fold(name).strip(". "), set()).add(number)
    known = {
        name: next(iter(numbers))
        for name, numbers in names.items()
        if len(numbers) == 1
        and len(name) >= 3
        and not any(map(str.isdigit, name))
        and name not in _NO_MONTHS
    }
    return _any_of(known), known


@functools.cache
def _weekdays() -> tuple[re.Pattern[str], dict[str, int]]:
    """What matches the name of a weekday, and which it is (Monday is 0)."""
    names: dict[str, set[int]] = {}
    for language in LANGUAGES:
        for context in ("format", "stand-alone"):
            for number, name in get_day_names("wide", context, language).items():
                names.setdefault(fold(name), set()).add(number)
    known = {name: next(iter(days)) for name, days in names.items() if len(days) == 1}
    return _any_of(known), known


def _any_of(known: dict[str, int]) -> re.Pattern[str]:
    longest_first = sorted(map(re.escape, known), key=len, reverse=True)
    return re.compile(rf"(?<![^\W\d_])({'|'.join(longest_first)})(?![^\W\d_])")


def back_on(text: str, received: date) -> date | None:
    """The day on which somebody who is away is back, as far as they say: the last that they name
    within a year, else the next weekday that they name."""
    folded = " ".join(fold(text).split())
    days = [day for day in _days(folded, received) if received < day <= received + LONGEST_ABSENCE]
    if days:
        return max(days)
    pattern, numbers = _weekdays()
    named = [numbers[found] for found in pattern.findall(folded)]
    if not named:
        return None
    return received + timedelta(days=(named[-1] - received.weekday() - 1) % 7 + 1)


def later_day(own: str, received: date) -> date | None:
    """The day from which somebody wants to hear from us again; of a month, a quarter or a year its
    first. None when no sentence asks for one that is ahead."""
    for sentence in sentences_of(own):
        if not asks_for_later(sentence):
            continue
        days = list(_days(sentence, received)) or list(_periods(sentence, received))
        ahead = [day for day in days if received < day <= received + LATEST]
        if ahead:
            return min(ahead)
    return None


def _days(folded: str, received: date) -> Iterator[date]:
    for match in _ISO.finditer(folded):
        yield from _day(int(match[3]), int(match[2]), match[1], received)
    for match in _EAST.finditer(folded):
        yield from _day(int(match[3]), int(match[2]), match[1], received)
    for match in _VIETNAMESE.finditer(folded):
        yield from _day(int(match[1]), int(match[2]), match[3], received)
    for match in _DOTTED.finditer(folded):
        yield from _day(int(match[1]), int(match[2]), match[3], received)
    for match in _SLASHED.finditer(folded):
        first, second = int(match[1]), int(match[2])
        if first > 12 or second > 12 or first == second:
            yield from _day(max(first, second), min(first, second), match[3], received)
    pattern, numbers = _months()
    for match in pattern.finditer(folded):
        before = re.search(r"(?<!\d)(\d{1,2})(?:\.|st|nd|rd|th|er|º|o|a)?(?: de| of)? ?$",
                           folded[: match.start()])  # fmt: skip
        after = re.match(r"\.? ?(\d{1,2})(?:st|nd|rd|th)?(?![\d:])", folded[match.end() :])
        day = before or after
        if day is None:
            continue
        rest = folded[match.end() + (after.end() if after and not before else 0) :]
        year = _YEAR.match(rest.lstrip("."))
        yield from _day(int(day[1]), numbers[match[1]], year and year[1], received)


def _periods(folded: str, received: date) -> Iterator[date]:
    pattern, numbers = _months()
    for match in pattern.finditer(folded):
        if match[1] in _WORDS_TOO and not _BEFORE_MONTH.search(folded[: match.start()]):
            continue
        year = _YEAR.match(folded[match.end() :])
        yield from _day(1, numbers[match[1]], year and year[1], received)
    for match in _VIETNAMESE_MONTH.finditer(folded):
        yield from _day(1, int(match[1]), None, received)
    for match in _EAST_MONTH.finditer(folded):
        named = match[1] if match[1] and match[1].isdigit() else None
        yield from _day(1, int(match[2]), named, received)
    for match in _QUARTER.finditer(folded):
        yield from _day(1, 3 * int(match[1]) - 2, match[2], received)
    if _NEXT_YEAR.search(folded):
        yield date(received.year + 1, 1, 1)
    if _NEXT_MONTH.search(folded):
        yield (received.replace(day=28) + timedelta(days=4)).replace(day=1)


def _day(day: int, month: int, year: str | None, received: date) -> Iterator[date]:
    """That day; without a year the next time it comes, if that is not last month's."""
    number = int(year) if year else received.year
    if number < 100:
        number += 2000
    try:
        found = date(number, month, day)
        if year is None and found < received - timedelta(days=60):
            found = date(number + 1, month, day)
    except ValueError:
        return
    yield found
