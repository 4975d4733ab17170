"""What leads and wins cost and bring, reckoned without a database."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.figures.money import (
    Department,
    MoneyBy,
    MoneyCounts,
    MoneyReport,
    Win,
    apportion,
    money_report,
    part_within,
)
from domain.figures.money_rows import SpendRow
from domain.money import DatedRates
from domain.refusals import Invalid

MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)
RATES = DatedRates("USD", {"EUR": {MAY: Decimal("1.10"), JUNE: Decimal("1.25")}})
AD, FAIR = ("ad", "spring"), ("fair", "")


def spent(source: str, campaign: str, day: date, amount: str, currency: str = "USD") -> SpendRow:
    """A month of spend."""
    return SpendRow(source, campaign, "month", day, Decimal(amount), currency)


def won(credit: dict[tuple[str, str], Fraction], amount: str | None, currency: str = "USD") -> Win:
    """A win of the tenth of May."""
    value = None if amount is None else Decimal(amount)
    return Win(date(2026, 5, 10), value, currency, Department.MARKETING, False, credit)


def report(counts: MoneyCounts, ends: date = JUNE, by: MoneyBy = MoneyBy.SOURCE) -> MoneyReport:
    """The report on May, or longer."""
    return money_report(counts, RATES, begins=MAY, ends=ends, by=by, model="w")


def counts(*wins: Win, spend: tuple[SpendRow, ...] = ()) -> MoneyCounts:
    """Ten leads of an advertisement and two of a fair, four MQLs, and these wins."""
    return MoneyCounts({AD: 10, FAIR: 2}, {AD: 3}, {FAIR: 1}, spend, wins)


def test_two_currencies_reckoned_by_hand() -> None:
    """A euro that counts as a dollar makes the wrong campaign the best one."""
    half = {AD: Fraction(1, 2), FAIR: Fraction(1, 2)}
    told = report(
        counts(
            won(half, "1000", "EUR"),
            won({AD: Fraction(1)}, "50.05"),
            won({FAIR: Fraction(1)}, None),
            spend=(
                spent("ad", "spring", MAY, "200", "EUR"),
                spent("ad", "spring", JUNE, "1000", "EUR"),
                spent("fair", "", MAY, "80"),
            ),
        )
    )

    assert [
        (one.source, one.leads, one.wins, one.spend, one.cost_per_lead, one.value)
        for one in told.rows
    ] == [
        ("ad", 10, Decimal("1.50"), Decimal("220.00"), Decimal("22.00"), Decimal("600.05")),
        ("fair", 2, Decimal("1.50"), Decimal("80.00"), Decimal("40.00"), Decimal("550.00")),
    ]
    assert (told.total.wins, told.total.spend, told.total.value) == (
        *(Decimal("3.00"), Decimal("300.00"), Decimal("1150.05")),
    )
    assert (told.total.cost_per_mql, told.total.cost_per_win) == (Decimal("75.00"), Decimal(100))
    assert told.wins_without_amount == 1


def test_of_few_wins_nothing_is_told_in_per_cent() -> None:
    """One lucky win is no return of 900 %."""
    few = report(counts(*[won({AD: Fraction(1)}, "10")] * 19, spend=(spent(*AD, MAY, "40"),)))
    enough = report(counts(*[won({AD: Fraction(1)}, "10")] * 20, spend=(spent(*AD, MAY, "40"),)))

    assert few.total.return_on_spend is None
    assert [one.share for one in few.departments] == [None] * 4
    assert enough.total.return_on_spend == 4
    assert [one.share for one in enough.departments] == [1, 0, 0, 0]


def test_without_a_rate_there_is_no_sum_and_it_is_said_which_is_missing() -> None:
    """A sum that leaves something out looks like any other."""
    early = SpendRow("ad", "", "day", date(2026, 4, 30), Decimal(1), "EUR")
    with pytest.raises(Invalid, match=r"no rate to USD for KRW 2026-05-10 \(1 in all\)"):
        report(counts(won({AD: Fraction(1)}, "1000", "KRW")))
    with pytest.raises(Invalid, match="EUR 2026-04-30"):
        money_report(
            counts(spend=(early,)),
            RATES,
            begins=date(2026, 4, 1),
            ends=MAY,
            by=MoneyBy.SOURCE,
            model="w",
        )
    assert report(counts(spend=(early,))).total.spend == 0


def test_parts_of_a_month_add_up_to_it() -> None:
    """Two half reports would tell more or less than the whole one."""
    month = spent("ad", "", MAY, "100")
    days = [date(2026, 5, day) for day in (1, 8, 20, 31)] + [JUNE]

    parts = [part_within(month, *span) for span in itertools.pairwise(days)]

    assert sum(parts) == part_within(month, MAY, JULY) == 100
    assert part_within(month, JUNE, JULY) == 0


@given(st.lists(st.fractions(0, 1000, max_denominator=997), max_size=9), st.integers(0, 3))
def test_rounded_parts_sum_to_the_rounded_whole(parts: list[Fraction], places: int) -> None:
    """A table whose rows don't sum to its last line is believed by nobody."""
    rounded = apportion(dict(enumerate(parts)), places)

    unit = Decimal(1).scaleb(-places)
    assert sum(rounded.values(), Decimal(0)) == Decimal(
        round(sum(parts, Fraction(0)) * 10**places)
    ).scaleb(-places)
    assert all(
        abs(Fraction(value) - parts[place]) < Fraction(unit) for place, value in rounded.items()
    )
