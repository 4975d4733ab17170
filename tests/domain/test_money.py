"""Amounts of money as files and people write them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from domain.money import (
    DatedRates,
    checked_amount,
    checked_currency,
    currency_beside,
    currency_code,
    read_amount,
)
from domain.refusals import Invalid


@pytest.mark.parametrize(
    ("written", "currency", "amount"),
    [
        ("48000", "EUR", "48000"),
        ("48,000.50", "USD", "48000.50"),
        ("48.000,50", "EUR", "48000.50"),
        ("48 000,5", "EUR", "48000.5"),
        ("48,000", "USD", "48000"),
        ("1,234,567", "USD", "1234567"),
        ("€ 12.50", "EUR", "12.50"),
        ("250000 eur", "EUR", "250000"),
        ("Usd 1,200.50", "USD", "1200.50"),
        ("₩1,500,000", "KRW", "1500000"),
        ("USD 7", "USD", "7"),
        ("1234.567", "KWD", "1234.567"),
        ("$500", "SGD", "500"),
        ("$12,000", "MXN", "12000"),
        ("$500", "HKD", "500"),
        ("R$ 1.200,50", "BRL", "1200.50"),
        ("12 000,50 kr", "SEK", "12000.50"),
        ("￥1,200", "JPY", "1200"),
        ("¥1,200", "CNY", "1200"),
        ("$1,200", "", "1200"),
    ],
)
def test_an_amount_is_read_as_its_country_writes_it(
    written: str, currency: str, amount: str
) -> None:
    """48.000 euros would be 48, and nobody looks at each row of a file."""
    assert read_amount(written, currency) == Decimal(amount)


@pytest.mark.parametrize(
    ("written", "currency"),
    [
        *(("1,234", "KWD"), ("1,23,456.0", "USD"), ("12.34.56", "EUR"), ("-5", "EUR")),
        *(("a lot", "EUR"), ("$500", "EUR"), ("500 USD", "EUR"), ("€5", "USD"), ("£5", "")),
    ],
)
def test_what_only_its_writer_knows_is_no_amount(written: str, currency: str) -> None:
    """1,234 dinars are 1234 or 1.234 of them: a guess is wrong by a thousand."""
    assert read_amount(written, currency) is None


def test_an_amount_may_name_its_currency() -> None:
    """12 dollars of an American company in the file of a European one are not 12 euros."""
    written = ["€ 12.000,50", "12 usd", "₩5,000", "$5", "1,200.50", "(5)", "R$ 7"]
    assert [currency_beside(one) for one in written] == ["EUR", "USD", "KRW", "", "", "", ""]


def test_currencies_are_those_of_iso_4217() -> None:
    """A sum in a currency that was mistyped has no rate for ever."""
    assert [currency_code(one) for one in (" eur ", "KRW", "€", "XXX", "ZZZ", "")] == [
        *("EUR", "KRW", "EUR", "", "", "")
    ]
    with pytest.raises(Invalid, match="'EURO' is no currency"):
        checked_currency("EURO")


def test_an_amount_has_the_decimal_places_of_its_currency() -> None:
    """Half a yen can't be paid; and 12 and 12.00 euros are one amount."""
    assert str(checked_amount(Decimal(12), "EUR")) == "12.00"
    assert str(checked_amount(Decimal("12.5"), "KWD")) == "12.500"
    for amount, currency in (("0.5", "JPY"), ("-1", "EUR"), ("NaN", "EUR"), ("1e15", "EUR")):
        with pytest.raises(Invalid):
            checked_amount(Decimal(amount), currency)


def test_a_rate_holds_from_its_day_until_the_next_one_and_never_before() -> None:
    """A sum with a rate of another time is a wrong sum that looks right."""
    rates = DatedRates(
        "USD", {"EUR": {date(2026, 5, 1): Decimal("1.10"), date(2026, 6, 1): Decimal("1.20")}}
    )
    days = [date(2026, 4, 30), date(2026, 5, 1), date(2026, 5, 31), date(2026, 6, 1)]

    assert [rates.rate("EUR", day) for day in days] == [
        None,
        Decimal("1.10"),
        Decimal("1.10"),
        Decimal("1.20"),
    ]
    assert rates.rate("USD", days[0]) == 1
    assert rates.rate("KRW", days[3]) is None
