"""Attributes: what is known of leads and companies beyond their fields. One name whichever door
they came through, and values as people and spreadsheets write them, read where they are used.

Why they are kept as they were written: ``docs/decisions/types-of-attributes.md``.
"""

from __future__ import annotations

import functools
import re
import unicodedata

from domain.contacts.answers import says_yes

_HUMP = re.compile(
    # numberOf|Employees, crm|ID; CRM|Number, but URLs is one word.
    r"(?<=[a-z0-9à-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])|(?<=[A-ZÀ-ÖØ-Þ])(?=[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ])(?![A-Z]s\b)"
)
_CUSTOM_FIELD = re.compile(r"__[cC]$")  # Salesforce's mark of a field that a customer made.


@functools.lru_cache(maxsize=4096)
def attribute_key(name: str) -> str:
    """The key of a column, trait or property among attributes: lower snake case, letters of any
    script kept. ``Number of Employees``, ``NumberOfEmployees``, ``numberOfEmployees`` and
    ``number_of_employees`` are one; '' for a name without a letter or digit."""
    whole = _CUSTOM_FIELD.sub("", unicodedata.normalize("NFKC", name).strip())
    folded = _HUMP.sub(" ", whole).casefold()
    return "_".join("".join(c if c.isalnum() else " " for c in folded).split())


_TIMES = {
    word: times
    for times, words in {
        1e3: "k thousand tsd 천 千",
        1e4: "만 万 萬",
        1e6: "m mio million",
        1e8: "억 亿 億",
        1e9: "b bn billion",
    }.items()
    for word in words.split()
}
_DIGITS = r"[+-]?\d[\d.,'\s]*(?:[eE][+-]?\d+)?"
_NUMBER = re.compile(
    rf"(?P<sign>[<>≥≤~≈]=?)?\s*(?P<low>{_DIGITS})\s*(?P<low_times>(?!(?:or|to|bis|through)\b)[^\W\d_]*)\s*"
    rf"(?:(?:-|to|bis|à|~|through)\s*(?P<high>{_DIGITS})\s*(?P<high_times>[^\W\d_]*)\s*)?"
    r"(?P<more>\+|or more|이상|以上)?\s*(?P<unit>[^\W\d_]*)"
)
_GROUPED = re.compile(r"[+-]?(?:\d{1,3}(?:([.,'\s])\d{3})(?:\1\d{3})*|\d{1,2}(?:,\d{2})+,\d{3})")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−～", "-") | {"’": "'"})

LONGEST_VALUE = 60
"""Characters of a text that may be a number, or a yes or no."""


def number_in(text: str) -> float | None:
    """The number that a text says, of a range its lower end: ``1,250``, ``250.0``, ``1 250``,
    ``1.25E+3``, ``1000+``, ``51-200 employees``, ``€ 5k``. None where it says none, or where it
    could be two: ``1.250`` is a thousand in Berlin and one in London."""
    if len(text) > LONGEST_VALUE:
        return None
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES).casefold().rstrip("% ")
    plain = " ".join("".join(c for c in plain if unicodedata.category(c) != "Sc").split())
    found = _NUMBER.fullmatch(plain)
    if found is None:
        return None
    words = [found["low_times"], found["high_times"] or "", found["unit"]]
    times = [_times(word) for word in words]
    if sum(bool(word) and not by for word, by in zip(words, times, strict=True)) > 1:
        return None  # An address, a sentence.
    # 1.250 alone could be either; as an end of a range it is a thousand.
    surely = bool(found["high"] or found["more"])
    low = _plain_number(found["low"], grouped=surely)
    if low is None or (found["high"] and _plain_number(found["high"], grouped=True) is None):
        return None
    if found["sign"] in ("<", "≤", "<="):
        return 0.0 if low >= 0 else None
    # 10-50k: both ends are thousands.
    return low * (times[0] or times[1] or 1.0)


def _times(word: str) -> float:
    """What a word after a number multiplies it by, 0 for one that only says of what it is."""
    return _TIMES.get(word) or (_TIMES.get(word[:1], 0.0) if word and word[0] > "\u2fff" else 0.0)


def _plain_number(digits: str, *, grouped: bool) -> float | None:
    digits = digits.strip()
    if re.fullmatch(r"[+-]?\d+(?:\.\d+)?e[+-]?\d+", digits):
        return float(digits)
    unsigned = digits.lstrip("+-")
    if found := _GROUPED.fullmatch(digits):
        once = len(re.findall(r"\D", unsigned)) == 1
        if found[1] == "." and once and not unsigned.startswith("0") and not grouped:
            return None
        if not (found[1] in (".", ",") and once and unsigned.startswith("0")):
            return float(re.sub(r"[.,'\s]", "", digits))
    whole, mark, rest = _split_at_last_mark(digits)
    if mark:
        others = set(re.findall(r"[.,'\s]", whole)) - {"'", " "}
        if not rest.isdigit() or mark in others or (others and not _GROUPED.fullmatch(whole)):
            return None
    elif re.search(r"[.,'\s]", digits):
        return None
    return float(re.sub(r"[.,'\s]", "", whole) + (f".{rest}" if mark else ""))


def _split_at_last_mark(digits: str) -> tuple[str, str, str]:
    at = max(digits.rfind("."), digits.rfind(","))
    return (digits, "", "") if at < 0 else (digits[:at], digits[at], digits[at + 1 :])


def yes_in(text: str) -> bool | None:
    """Whether a text says yes or no (1 and 0 too), in the languages of our leads; None for
    neither."""
    said = text.strip()
    return says_yes(said) if len(said) <= LONGEST_VALUE else None
