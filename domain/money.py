"""Amounts of money as people and programs write them: exact, with the currency they are in."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from babel.core import Locale, UnknownLocaleError, get_global
from babel.languages import get_official_languages
from babel.numbers import get_currency_precision
from pydantic import BeforeValidator, Field

from domain.refusals import Invalid
from domain.sentences import sentence

MOST_DIGITS = 15
"""Digits before the decimal point that an amount may have."""
_NO_MONEY = frozenset({"XXX", "XTS"})
_GROUPS = re.compile(r"\d{1,3}(?:([,.'’ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}])\d{3})+\Z")
_PLAIN = re.compile(r"\d+\Z")
_PARTS = re.compile(r"(.*\d)([.,])(\d+)\Z", re.S)
_SIGNS = {"€": "EUR", "£": "GBP", "₩": "KRW", "₹": "INR", "₺": "TRY", "₽": "RUB", "₫": "VND"}
"""Signs of one currency only: $ and ¥ are of several."""


@functools.cache
def currencies() -> frozenset[str]:
    """The codes of ISO 4217 that money is counted in, those of former currencies too."""
    return frozenset(get_global("all_currencies")) - _NO_MONEY


def currency_code(written: str) -> str:
    """The ISO 4217 code that is written, in whichever case, or that a sign means; '' for none."""
    code = written.strip().upper()
    code = _SIGNS.get(code, code)
    return code if code in currencies() else ""


def checked_currency(written: str, field: str = "currency") -> str:
    """The ISO 4217 code that is written.

    Raises:
        Invalid: it is none; of this field.
    """
    if code := currency_code(written):
        return code
    raise Invalid(
        sentence(
            "'{written}' is no currency: write its code of ISO 4217, such as EUR, USD or KRW.",
            written=written,
        ),
        field,
    )


def decimals(currency: str) -> int:
    """How many decimal places amounts in a currency have: 2 of EUR, 0 of JPY, 3 of KWD."""
    return get_currency_precision(currency)


def checked_amount(amount: Decimal, currency: str, field: str = "amount") -> Decimal:
    """The amount with the decimal places of its currency.

    Raises:
        Invalid: it is below nothing, too large, or has more decimal places than its currency.
    """
    if not amount.is_finite() or amount < 0:
        raise Invalid(
            sentence("'{written}' can't be an amount of money.", written=str(amount)), field
        )
    if amount >= Decimal(10) ** MOST_DIGITS:
        raise Invalid(
            sentence("An amount has at most {most} digits before its point.", most=MOST_DIGITS),
            field,
        )
    places = decimals(currency)
    fitting = amount.quantize(Decimal(1).scaleb(-places))
    if fitting != amount:
        raise Invalid(
            sentence(
                "{written} has more decimal places than {currency}, which has {places}.",
                written=str(amount),
                currency=currency,
                places=places,
            ),
            field,
        )
    return fitting


@functools.cache
def _marks(currency: str) -> tuple[str, ...]:
    """What may stand beside amounts of a currency: its code, and its signs wherever it is money
    (CLDR), the longest first; of one that is not known yet, signs that several have."""
    if not currency:
        return ("$", "¥", "￥")
    marks = {currency, *(sign for sign, code in _SIGNS.items() if code == currency)}
    locales = ["en"]
    for territory, used in get_global("territory_currencies").items():
        if any(code == currency and until is None for code, _since, until, *_rest in used):
            locales += [
                f"{one}_{territory}" for one in get_official_languages(territory, de_facto=True)
            ]
    for locale in locales:
        try:
            sign = Locale.parse(locale).currency_symbols.get(currency, currency)
            # Of HK$ and R$ people write the last sign alone, too, where no other is meant.
            marks |= {sign, sign[-1]} if sign[-1] in "$¥" else {sign}
        except UnknownLocaleError:
            continue
    return tuple(sorted(marks, key=len, reverse=True))


def currency_beside(written: str) -> str:
    """The currency that stands beside an amount by its code or by a sign that no other has; ''
    where none does."""
    return currency_code(re.sub(r"[\d.,'’()+\s-]", "", written))


def read_amount(written: str, currency: str) -> Decimal | None:
    """The amount that is written in a file, with its thousands apart or not: 12000.5, 12,000.50,
    12.000,50, 12 000 €. None when it is no amount, when it is one of another currency, or when
    only its writer knows which: 1,234 of a currency with three decimal places."""
    text = written.strip()
    if currency:
        text = re.sub(rf"\A{currency}|{currency}\Z", "", text, flags=re.IGNORECASE).strip()
    for mark in _marks(currency):
        text = text.removeprefix(mark).removesuffix(mark).strip()
    if _PLAIN.match(text):
        return Decimal(text)
    if groups := _GROUPS.match(text):
        ambiguous = groups[1] in ".," and decimals(currency) > 2 and text.count(groups[1]) == 1
        if not ambiguous and len(set(re.findall(r"\D", text))) == 1:
            return Decimal(re.sub(r"\D", "", text))
        return None
    if parts := _PARTS.match(text):
        whole, point, rest = parts.groups()
        groups = _GROUPS.match(whole)
        if _PLAIN.match(whole) or (
            groups and groups[1] != point and len(set(re.findall(r"\D", whole))) == 1
        ):
            digits = re.sub(r"\D", "", whole)
            return Decimal(f"{digits}.{rest}")
    return None


def _not_binary(value: object) -> object:
    """0.1 as a binary number is not a tenth."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError('it must be text, such as "1234.50", or a whole number')
    return value


Amount = Annotated[
    Decimal,
    Field(strict=False, max_digits=19, examples=["48000.00"]),
    BeforeValidator(_not_binary),
]
"""An amount in a request: text, or a whole number."""


class DatedRates:
    """What one unit of each currency is worth in the company's: from the day it stands at until
    the next one.

    Args:
        into: the company's currency.
        rates: currency → day → rate.
    """

    def __init__(self, into: str, rates: Mapping[str, Mapping[date, Decimal]]) -> None:
        self.into = into
        self._rates = {code: sorted(by_day.items()) for code, by_day in rates.items()}

    def rate(self, currency: str, day: date) -> Decimal | None:
        """The rate that holds on a day; None when none is known for it."""
        if currency == self.into:
            return Decimal(1)
        known = [rate for since, rate in self._rates.get(currency, ()) if since <= day]
        return known[-1] if known else None

    def worth(self, amount: Decimal | Fraction, currency: str, day: date) -> Fraction:
        """An amount in the company's currency, exactly; nothing without a rate for the day."""
        return Fraction(amount) * Fraction(self.rate(currency, day) or 0)
