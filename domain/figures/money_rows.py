"""What was spent, and what currencies are worth: rows as files and programs bring them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Literal, NamedTuple

from domain.contacts.dates import ORDERS, Order, read_day
from domain.contacts.texts import key
from domain.money import checked_amount, checked_currency, read_amount
from domain.refusals import Invalid
from domain.sentences import sentence

Span = Literal["day", "month"]
LONGEST = 300
"""Characters of a source or a campaign."""
MOST_PLACES = 12
"""Decimal places of a rate."""
_MONTH = re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})\Z|(\d{1,2})[/.](\d{4})\Z")

SPEND_COLUMNS: Mapping[str, str] = {
    "source": "source|utm source|channel|platform|유입 경로|소스|来源|渠道",
    "campaign": "campaign|utm campaign|campaign name|캠페인|广告系列|活动|推广活动",
    "day": "day|date|month|period|날짜|일자|월|日期|月份",
    "amount": "amount|spend|cost|costs|amount spent|금액|비용|지출|金额|花费|费用",
    "currency": "currency|currency code|통화|币种|货币",
}
"""What columns of a file of spend are called."""
RATE_COLUMNS: Mapping[str, str] = {
    "currency": SPEND_COLUMNS["currency"] + "|base",
    "day": "day|date|from day|valid from|since|from|날짜|일자|日期",
    "rate": "rate|exchange rate|value|환율|汇率",
}
"""What columns of a file of exchange rates are called."""


class SpendRow(NamedTuple):
    """What was spent on a source and a campaign in one day or month."""

    source: str
    campaign: str
    span: Span
    day: date
    """Of a month its first."""
    amount: Decimal
    currency: str

    @property
    def of(self) -> tuple[str, str, Span, date]:
        """What it is the figure of."""
        return self[:4]


class RateRow(NamedTuple):
    """What one unit of a currency is worth in the company's, from a day on."""

    currency: str
    day: date
    rate: Decimal


def name_of(written: str) -> str:
    """A source, a medium or a campaign as it is compared: in lower case, spaces as one."""
    return " ".join(written.split()).casefold()


def recognise_columns(
    header: Sequence[str], known: Mapping[str, str], said: Mapping[str, str], optional: set[str]
) -> dict[str, int]:
    """Field → the index of its column.

    Args:
        known: field → its spellings, separated by ``|``.
        said: column → field, as a person says.
        optional: fields that may be missing.

    Raises:
        Invalid: a column or a field that there is not, or a field without a column.
    """
    found: dict[str, int] = {}
    for column, field in said.items():
        if field not in known:
            raise Invalid(
                sentence(
                    "There is no field '{field}': fields are {fields}.",
                    field=field,
                    fields=list(known),
                ),
                "map",
            )
        places = [place for place, name in enumerate(header) if key(name) == key(column)]
        if not places:
            raise Invalid(
                sentence(
                    "The file has no column '{column}': its columns are {columns}.",
                    column=column,
                    columns=list(header),
                ),
                "map",
            )
        found[field] = places[0]
    for field, spellings in known.items():
        names = [key(one) for one in spellings.split("|")]
        places = [place for place, name in enumerate(header) if key(name) in names]
        if field not in found and places:
            found[field] = min(places, key=lambda place: names.index(key(header[place])))
        if field not in found and field not in optional:
            raise Invalid(
                sentence(
                    "The file has no column for '{field}': its columns are {columns}. Say which "
                    "it is.",
                    field=field,
                    columns=list(header),
                ),
                "map",
            )
    return found


class MoneyReader:
    """Reads the rows of one file.

    Args:
        columns: field → index, as :func:`recognise_columns` found them.
        currency: of rows that name none.
        today: the company's day.
        order: of days such as 5/6/2026; None where the file shows it.
    """

    def __init__(
        self, columns: Mapping[str, int], currency: str, today: date, order: Order | None = None
    ) -> None:
        self._columns, self._currency, self._today, self._order = columns, currency, today, order

    def spend(self, values: Sequence[str]) -> SpendRow:
        """A row of a file of spend.

        Raises:
            Invalid: of the field that is wrong.
        """
        span, day = self._period(self._cell(values, "day"))
        currency = self._cell(values, "currency") or self._currency
        return checked_spend(
            source=self._cell(values, "source"),
            campaign=self._cell(values, "campaign"),
            span=span,
            day=day,
            amount=self._amount(self._cell(values, "amount"), checked_currency(currency)),
            currency=currency,
            today=self._today,
        )

    def rate(self, values: Sequence[str]) -> RateRow:
        """A row of a file of exchange rates.

        Raises:
            Invalid: of the field that is wrong.
        """
        written = self._cell(values, "rate")
        try:
            rate = Decimal(written.replace(",", ".") if "." not in written else written)
        except InvalidOperation:
            rate = Decimal("NaN")
        day = self._day(self._cell(values, "day"))
        return checked_rate(self._cell(values, "currency"), day, rate, self._currency)

    def _cell(self, values: Sequence[str], field: str) -> str:
        place = self._columns.get(field, len(values))
        return values[place].strip() if place < len(values) else ""

    def _amount(self, written: str, currency: str) -> Decimal:
        amount = read_amount(written, currency)
        if amount is None:
            raise Invalid(
                sentence("'{written}' can't be an amount of money.", written=written), "amount"
            )
        return amount

    def _period(self, written: str) -> tuple[Span, date]:
        if month := _MONTH.match(written):
            year, number = month["year"] or month[4], month["month"] or month[3]
            if 1 <= int(number) <= 12 and int(year) >= 1:
                return "month", date(int(year), int(number), 1)
        return "day", self._day(written)

    def _day(self, written: str) -> date:
        day = read_day(written, self._order) if written else None
        if day is None:
            raise Invalid(
                sentence(
                    "'{written}' is no day or month: write 2026-05-04 or 2026-05, or say in which "
                    "order days are written ({orders}).",
                    written=written,
                    orders=list(ORDERS),
                ),
                "day",
            )
        return day


def checked_spend(
    *,
    source: str,
    campaign: str,
    span: Span,
    day: date,
    amount: Decimal,
    currency: str,
    today: date,
) -> SpendRow:
    """A figure of spend that can be one.

    Args:
        today: the company's day.

    Raises:
        Invalid: of the field that is wrong.
    """
    named = name_of(source)
    if not named:
        raise Invalid(sentence("Say the source: what was the money spent on?"), "source")
    for field, value in (("source", named), ("campaign", name_of(campaign))):
        if len(value) > LONGEST:
            raise Invalid(sentence("It has more than {most} characters.", most=LONGEST), field)
    begins = day.replace(day=1) if span == "month" else day
    if begins > today:
        raise Invalid(
            sentence("{day} lies in the future: nothing was spent yet.", day=begins), "day"
        )
    code = checked_currency(currency)
    return SpendRow(named, name_of(campaign), span, begins, checked_amount(amount, code), code)


def checked_rate(currency: str, day: date, rate: Decimal, into: str) -> RateRow:
    """An exchange rate that can be one.

    Args:
        into: the company's currency.

    Raises:
        Invalid: of the field that is wrong.
    """
    code = checked_currency(currency)
    if code == into:
        raise Invalid(
            sentence("{currency} is the company's own currency: it needs no rate.", currency=code),
            "currency",
        )
    exponent = rate.as_tuple().exponent
    if not (rate.is_finite() and 0 < rate < Decimal(10) ** MOST_PLACES) or (
        isinstance(exponent, int) and -exponent > MOST_PLACES
    ):
        raise Invalid(
            sentence(
                "'{written}' can't be a rate: write what 1 {currency} is worth in {into}, such as "
                "1.0825.",
                written=str(rate),
                currency=code,
                into=into,
            ),
            "rate",
        )
    return RateRow(code, day, rate)


def doubles(keys: Sequence[object]) -> dict[int, str]:
    """Of rows that are figures of the same thing, told by their keys, the first one counts: the
    places of the others, each with the reason."""
    first: dict[object, int] = {}
    return {
        place: sentence("An earlier row is a figure of the same: only that one was taken.")
        for place, one in enumerate(keys)
        if first.setdefault(one, place) != place
    }
