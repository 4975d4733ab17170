"""Days as people and programs write them. Whether 5/6/2027 is in May or June only the writer knows:
without an order such a day is not understood."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Literal, get_args

from domain.contacts.cldr import lookup
from domain.contacts.texts import plain

Order = Literal["dmy", "mdy", "ymd"]
ORDERS: tuple[Order, ...] = get_args(Order)
_ANY: frozenset[Order] = frozenset(ORDERS)

_TIME = (
    r"(?:[T,]?\s*(?:at|um|à|a las|às|alle|om|о|ob|kl\.?)?\s*(?:오전|오후|上午|下午|午前|午後)?\s*"
    r"\d{1,2}(?:[:.h시時时点]\s*\d{0,2}(?:[:.분分]\s*\d{0,2}(?:[.,]\d+)?[초秒]?)?[분分]?)?\s*"
    r"(?:[ap]\.?\s?m\.?|uhr)?\s*(?:Z|UTC|GMT|[A-Z]{3,4}|[+-]\d{2}:?\d{2})?(?:\s*\([^)]*\))?)?"
)
_WEEKDAY = r"(?:[^\W\d]{2,12}\.?,?\s+)?"
_ISO = re.compile(
    rf"(\d{{4}})(?:-(\d{{1,2}})-|\.\s?(\d{{1,2}})\.\s?|/(\d{{1,2}})/)(\d{{1,2}})\.?{_TIME}", re.I
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?\d{6}Z?)?\Z")
_CJK = re.compile(
    rf"(令和|平成|昭和|민국)?\s?(\d{{1,4}}|元)\s?[年년]\s?(\d{{1,2}})\s?[月월]\s?(\d{{1,2}})\s?[日일号號]?\s?"
    rf"(?:\([^)]*\))?{_TIME}"
)
_FIGURES = re.compile(
    rf"{_WEEKDAY}(\d{{1,2}})(?:\s?/\s?(\d{{1,2}})\s?/\s?|-(\d{{1,2}})-)(\d{{4}}|\d{{2}}){_TIME}",
    re.I,
)
_DOTTED = re.compile(
    rf"{_WEEKDAY}(\d{{1,2}})\.\s?(\d{{1,2}})\.\s?(\d{{4}}|\d{{2}})(?:\s?г\.?)?{_TIME}", re.I
)
_DAY_MONTH = re.compile(
    rf"{_WEEKDAY}(\d{{1,2}})(?:st|nd|rd|th|er|º|ª|\.)?[\s/-]*(?:de |d')?([^\W\d]+)\.?,?[\s/-]*"
    rf"(?:de |del |năm )?(\d{{4}}|'?\d{{2}})(?:\s?(?:г|р)\.?)?{_TIME}",
    re.I,
)
_MONTH_DAY = re.compile(
    rf"{_WEEKDAY}([^\W\d]+)\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}}){_TIME}", re.I
)
_VIETNAMESE = re.compile(r"ngày\s+(\d{1,2})\s+tháng\s+(\d{1,2})\s+năm\s+(\d{4})", re.I)
_EPOCH = re.compile(r"(\d{10})(?:\.0+)?\Z|(\d{13})(?:\.0+)?\Z")
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}
_LEADING_FIGURES = re.compile(r"\d{1,4}([./-])\s?\d{1,2}\1\s?\d{1,4}\.?")
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_LONGEST = 60


def read_day(written: str, order: Order | None = None) -> date | None:
    """The day that is written, whatever time stands behind it.

    Reads ISO 8601 days, 20270630, 2027.06.30, 2027년 6월 30일, 30 Jun 2027 in CLDR's languages, and
    seconds or milliseconds since 1970 (UTC). In 30.06.2027, with dots, the day stands first.

    Args:
        order: of days with slashes, such as 6/5/2027; None when nobody said.

    Returns:
        None for no day, and for one that depends on an order nobody said.
    """
    text = plain(written)
    days = _numeric(text)
    if not days:
        return _read(text)
    if order and order in days:
        return days[order]
    # The 5th of May is the same in either order.
    return next(iter(days.values())) if order in (None, "ymd") and _one(days) else None


def in_iso(written: str, order: Order | None = None) -> str:
    """The day as ``YYYY-MM-DD``, with the time behind it as it is written; '' when it is not read.

    Args:
        order: as for :func:`read_day`.
    """
    text = plain(written)
    day = read_day(text, order)
    if day is None:
        return ""
    figures = _LEADING_FIGURES.match(text)
    if figures:
        return f"{day.isoformat()} {text[figures.end() :].strip(' T,')}".strip()
    return day.isoformat() if ":" not in text else text


def possible_orders(written: str) -> frozenset[Order]:
    """In which orders a text is a day: all when it tells by itself, none when it is no day."""
    text = plain(written)
    days = _numeric(text)
    if days:
        return frozenset(days)
    return _ANY if _read(text) else frozenset()


def _one(days: Mapping[Order, date]) -> bool:
    return len(set(days.values())) == 1


def is_moment(written: str) -> bool:
    """Whether a text is a day or a time of a day, in whatever order."""
    return bool(possible_orders(written))


@functools.lru_cache(maxsize=16_384)
def _read(text: str) -> date | None:
    if not text or len(text) > _LONGEST or not any(c.isdigit() for c in text):
        return None
    if found := _ISO.fullmatch(text):
        return _day(found[1], found[2] or found[3] or found[4], found[5])
    if found := _COMPACT.fullmatch(text):
        return _day(*found.groups())
    if found := _CJK.fullmatch(text):
        year = 1 if found[2] == "元" else int(found[2])
        if not found[1] and len(found[2]) == 3:
            return None
        year += _ERAS.get(found[1] or "", 2000 if year < 100 and not found[1] else 0)
        return _day(year, found[3], found[4])
    if found := _DOTTED.fullmatch(text):
        return _day(found[3], found[2], found[1])
    if found := _VIETNAMESE.fullmatch(text):
        return _day(found[3], found[2], found[1])
    if found := _DAY_MONTH.fullmatch(text):
        return _day(found[3].lstrip("'"), lookup("months", found[2]), found[1])
    if found := _MONTH_DAY.fullmatch(text):
        return _day(found[3], lookup("months", found[1]), found[2])
    if found := _EPOCH.fullmatch(text):
        seconds = int(found[1]) if found[1] else int(found[2]) // 1000
        moment = datetime.fromtimestamp(seconds, UTC)
        return moment.date() if 2000 <= moment.year < 2100 else None
    return None


@functools.lru_cache(maxsize=16_384)
def _numeric(text: str) -> Mapping[Order, date]:
    """The days that figures with slashes or hyphens may mean."""
    found = _FIGURES.fullmatch(text) if len(text) <= _LONGEST else None
    if not found:
        return {}
    first, second, third = found[1], found[2] or found[3], found[4]
    days = {"dmy": _day(third, second, first), "mdy": _day(third, first, second)}
    if len(third) == 2:
        days["ymd"] = _day(first, second, third)
    return {order: day for order in ORDERS if (day := days.get(order))}


def _day(year: str | int, month: str, day: str) -> date | None:
    number = int(year)
    if isinstance(year, str) and len(year) == 2:
        number += 2000
    try:
        found = date(number, int(month or 0), int(day))
    except ValueError:
        return None
    return found if _FIRST_YEAR <= found.year <= _LAST_YEAR else None
