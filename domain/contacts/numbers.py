"""Numbers as spreadsheets and directories write them: ``1,250``, ``250.0``, ``51-200``."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from domain.contacts.texts import plain

_GROUPED = re.compile(r"\d{1,3}(?:([ ,.'’  ٬])\d{3})(?:\1\d{3})*(?:[.,]\d+)?")
_PLAIN = re.compile(r"\d+(?:[.,]\d+)?(?:e[+]?\d{1,2})?", re.IGNORECASE)
_INDIAN = re.compile(r"\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?")
_SIGNS = re.compile(r"(?:USD|EUR|GBP|KRW|JPY|CNY|RMB|US|[$€£¥₩₹₽฿₫元円원])", re.IGNORECASE)
_UNITS = {
    "k": 1e3, "tsd": 1e3, "thousand": 1e3, "m": 1e6, "mm": 1e6, "mio": 1e6, "mn": 1e6,
    "million": 1e6, "millions": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9, "mrd": 1e9,
    "천": 1e3, "만": 1e4, "백만": 1e6, "억": 1e8, "万": 1e4, "萬": 1e4, "亿": 1e8, "億": 1e8,
}  # fmt: skip
_PEOPLE = re.compile(
    r"\s*(?:employees?|people|persons?|staff|fte|mitarbeiter(?:innen)?|employés|salariés|empleados|"
    r"dipendenti|funcionários|medewerkers|pracowników|сотрудников|명|인|人|名|以上|이상)\Z",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(.+?)\s*(?:-|–|—|~|～|\bto\b|\bbis\b|至|から)\s*(.+)")
_AT_LEAST = re.compile(
    r"(?:>=?|≥|over|more than|mehr als|über|plus de|más de|at least)\s*(.+)|(.+?)\s*\+", re.I
)
_AT_MOST = re.compile(
    r"(?:<=?|≤|under|less than|up to|fewer than|unter|bis(?: zu)?|moins de|menos de)\s*(.+)", re.I
)
_LONGEST = 60


@dataclass(frozen=True)
class Span:
    """Between two numbers, both included; ``high`` is None for an open end."""

    low: float
    high: float | None


def read_number(written: str) -> float | None:
    """The number that is written, of a range its lower end: ``51-200`` and ``51+`` are 51.

    ``1.250`` alone may be a thousand or a bit more than one: None, as for whatever is no number.
    """
    span = read_span(written)
    return span.low if span else None


@functools.lru_cache(maxsize=16_384)
def read_span(written: str) -> Span | None:
    """The number or range of numbers that is written; None when it can't be told."""
    text = plain(written)
    if not text or len(text) > _LONGEST or not any(c.isdigit() for c in text):
        return None
    text = _PEOPLE.sub("", _PEOPLE.sub("", text))
    if (one := _number(text)) is not None:
        return Span(one, one)
    if found := _AT_LEAST.fullmatch(text):
        low = _number(found[1] or found[2])
        return None if low is None else Span(low, None)
    if found := _AT_MOST.fullmatch(text):
        high = _number(found[1])
        return None if high is None else Span(0, high)
    if found := _RANGE.fullmatch(text):
        low, high = _number(found[1]), _number(found[2])
        return Span(low, high) if low is not None and high is not None and low <= high else None
    return None


def _number(text: str) -> float | None:
    text = _SIGNS.sub("", text).strip().lstrip("'=")
    negative = text.startswith(("-", "−"))
    text = text[1:].strip() if negative else text
    unit = 1.0
    found = re.fullmatch(r"([\d.,'’\s]+?)\s*([^\W\d]+)\.?", text)
    if found and found[2].casefold() in _UNITS:
        text, unit = found[1].strip(), _UNITS[found[2].casefold()]
    value = _digits(text)
    return None if value is None else -value * unit if negative else value * unit


def _digits(text: str) -> float | None:
    if _INDIAN.fullmatch(text):
        return float(text.replace(",", ""))
    found = _GROUPED.fullmatch(text)
    if found:
        separator = found[1]
        if separator == "." and text.count(".") == 1 and "," not in text:
            return None  # 1.250
        whole = text.replace(separator, "")
        return float(whole.replace(",", "."))
    if _PLAIN.fullmatch(text):
        return float(text.replace(",", "."))
    return None
