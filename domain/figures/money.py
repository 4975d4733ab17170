"""What leads, MQLs and wins cost and bring by source and campaign. Sums are exact; they are rounded
at the end, so that the parts still add up to the whole."""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple, TypeVar

from domain.figures.funnel import FEW
from domain.figures.money_rows import SpendRow
from domain.money import DatedRates, decimals
from domain.refusals import Invalid
from domain.sentences import sentence

MOST_NAMED = 5
"""Missing rates that a refusal names."""
WIN_PLACES = 2
"""Decimal places of wins that several campaigns share."""
RATIO_PLACES = 4
MOST_ROWS = 500
"""Anybody can write a link with a campaign of their own: the others are one row."""
OTHERS = ("*", "")
"""Source and campaign of that row."""
Key = TypeVar("Key")
Origin = tuple[str, str]
"""Source and campaign; '' for none."""


class MoneyBy(StrEnum):
    """What a row of the report is of."""

    SOURCE = "source"
    CAMPAIGN = "campaign"


class Department(StrEnum):
    """Who found what became a win."""

    MARKETING = "marketing"
    SALES = "sales"
    """The lead's calls began before it had shown interest."""
    CUSTOMER_SUCCESS = "customer_success"
    """The lead was a customer already when the opportunity was opened."""
    UNKNOWN = "unknown"
    """Of imported history, which does not say it."""


class Win(NamedTuple):
    """An opportunity that was won; ``day`` is the company's."""

    day: date
    amount: Decimal | None
    currency: str
    """'' for the company's, of imported history."""
    department: Department
    recycled: bool
    """Whether it was opened in a later cycle than the lead's first."""
    credit: Mapping[Origin, Fraction]
    """Sums to one."""


@dataclass
class MoneyCounts:
    """What the report is made of: counts by origin."""

    leads: Mapping[Origin, int]
    mqls: Mapping[Origin, int]
    mqls_recycled: Mapping[Origin, int]
    spend: Sequence[SpendRow]
    wins: Sequence[Win]


@dataclass(frozen=True)
class MoneyRow:
    """A source, or a campaign of it; money is in the company's currency. What can't be told is
    None: a cost of nothing that was counted, a return without spend or of few wins."""

    source: str
    """'' for what nobody knows a source of, ``*`` for all beyond the :data:`MOST_ROWS` largest."""
    campaign: str
    leads: int
    mqls: int
    mqls_recycled: int
    wins: Decimal
    wins_recycled: Decimal
    spend: Decimal
    cost_per_lead: Decimal | None
    cost_per_mql: Decimal | None
    cost_per_win: Decimal | None
    value: Decimal
    return_on_spend: Decimal | None
    """(value - spend) / spend: 1.5 is 150 %."""


@dataclass(frozen=True)
class DepartmentRow:
    """What a department found; ``share`` is of the value of all wins, None of few wins."""

    department: Department
    wins: int
    wins_recycled: int
    value: Decimal
    share: Decimal | None


@dataclass(frozen=True)
class MoneyReport:
    """The rows, the whole that they add up to, and each department's part of it."""

    begins: date
    ends: date
    currency: str
    by: MoneyBy
    model: str
    rows: list[MoneyRow]
    total: MoneyRow
    departments: list[DepartmentRow]
    wins_without_amount: int
    """Counted as wins; their value is not in any sum."""
    behind: int = 0
    """Leads whose last changes are not counted yet."""


@dataclass
class _Sums:
    leads: int = 0
    mqls: int = 0
    mqls_recycled: int = 0
    wins: Fraction = field(default_factory=Fraction)
    wins_recycled: Fraction = field(default_factory=Fraction)
    spend: Fraction = field(default_factory=Fraction)
    value: Fraction = field(default_factory=Fraction)


def money_report(
    counts: MoneyCounts,
    rates: DatedRates,
    *,
    begins: date,
    ends: date,
    by: MoneyBy,
    model: str,
) -> MoneyReport:
    """The report on the days from ``begins`` until before ``ends``.

    Raises:
        Invalid: some of it is in a currency without a rate for its day; nothing is summed then.
    """
    wins = [one._replace(currency=one.currency or rates.into) for one in counts.wins]
    spent = [(one, part) for one in counts.spend if (part := part_within(one, begins, ends))]
    check_rates(
        [(one.currency, one.day) for one, _ in spent]
        + [(one.currency, one.day) for one in wins if one.amount is not None],
        rates,
    )
    sums: dict[Origin, _Sums] = defaultdict(_Sums)

    def of(origin: Origin) -> _Sums:
        return sums[origin if by == MoneyBy.CAMPAIGN else (origin[0], "")]

    for name in ("leads", "mqls", "mqls_recycled"):
        for origin, number in getattr(counts, name).items():
            setattr(of(origin), name, getattr(of(origin), name) + number)
    for one, part in spent:
        of((one.source, one.campaign)).spend += rates.worth(part, one.currency, one.day)
    departments = {department: _Sums() for department in Department}
    for win in wins:
        worth = rates.worth(win.amount or Decimal(0), win.currency, win.day)
        shares = [(of(origin), share) for origin, share in win.credit.items()]
        for into, share in [*shares, (departments[win.department], Fraction(1))]:
            into.wins += share
            into.wins_recycled += share if win.recycled else 0
            into.value += worth * share
    rows, total = _rounded(_largest(sums), decimals(rates.into))
    return MoneyReport(
        begins=begins,
        ends=ends,
        currency=rates.into,
        by=by,
        model=model,
        rows=rows,
        total=total,
        departments=_departments(departments, total, decimals(rates.into)),
        wins_without_amount=sum(one.amount is None for one in wins),
    )


def part_within(spent: SpendRow, begins: date, ends: date) -> Fraction:
    """How much of what was spent falls into the days from ``begins`` until before ``ends``; each
    day of a month has the same part of it."""
    days = calendar.monthrange(spent.day.year, spent.day.month)[1] if spent.span == "month" else 1
    first, after = max(begins, spent.day), min(ends, spent.day + timedelta(days=days))
    return Fraction(spent.amount) * max(0, (after - first).days) / days


def apportion(parts: Mapping[Key, Fraction], places: int) -> dict[Key, Decimal]:
    """The parts with so many decimal places, so that they sum to their rounded sum: what is missing
    goes to those that lost most by being cut (largest remainder)."""
    unit = 10**places
    whole = round(sum(parts.values(), Fraction(0)) * unit)
    cut = {key: part * unit // 1 for key, part in parts.items()}
    lost = sorted(parts, key=lambda key: cut[key] - parts[key] * unit)
    for key in lost[: whole - sum(cut.values())]:
        cut[key] += 1
    return {key: Decimal(int(number)).scaleb(-places) for key, number in cut.items()}


def missing_rates(wanted: Iterable[tuple[str, date]], rates: DatedRates) -> list[str]:
    """Each currency and day without a rate, such as ``EUR 2026-05-01``."""
    missing = sorted({one for one in wanted if rates.rate(*one) is None})
    return [f"{currency} {day}" for currency, day in missing]


def check_rates(wanted: Sequence[tuple[str, date]], rates: DatedRates) -> None:
    """Whether each currency has a rate for its day.

    Raises:
        Invalid: some have none; it says which.
    """
    missing = missing_rates(wanted, rates)
    if not missing:
        return
    raise Invalid(
        sentence(
            "There is no rate to {into} for {missing} ({number} in all): enter it, and the sum can "
            "be told.",
            into=rates.into,
            missing=missing[:MOST_NAMED],
            number=len(missing),
        ),
        "currency",
    )


def _largest(sums: Mapping[Origin, _Sums]) -> dict[Origin, _Sums]:
    """Those that bring and cost most first, the others as one."""
    found = sorted(sums, key=lambda of: (-sums[of].value, -sums[of].spend, -sums[of].leads, of))
    largest = {of: sums[of] for of in found[:MOST_ROWS]}
    if others := found[MOST_ROWS:]:
        largest[OTHERS] = _together([sums[of] for of in others])
    return largest


def _together(parts: Iterable[_Sums]) -> _Sums:
    whole = _Sums()
    for one in parts:
        for name in vars(whole):
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
    return whole


def _rounded(sums: Mapping[Origin, _Sums], places: int) -> tuple[list[MoneyRow], MoneyRow]:
    spend = apportion({key: one.spend for key, one in sums.items()}, places)
    value = apportion({key: one.value for key, one in sums.items()}, places)
    wins = apportion({key: one.wins for key, one in sums.items()}, WIN_PLACES)
    recycled = apportion({key: one.wins_recycled for key, one in sums.items()}, WIN_PLACES)
    rows = [
        _row(key, one, (spend[key], value[key], wins[key], recycled[key]), places)
        for key, one in sums.items()
    ]
    whole = _together(sums.values())
    sides = (spend, value, wins, recycled)
    total = _row(("", ""), whole, tuple(sum(side.values(), Decimal(0)) for side in sides), places)
    return rows, total


def _row(key: Origin, sums: _Sums, rounded: tuple[Decimal, ...], places: int) -> MoneyRow:
    spend, value, wins, recycled = rounded
    gained = (sums.value - sums.spend) / sums.spend if sums.spend else None
    return MoneyRow(
        source=key[0],
        campaign=key[1],
        leads=sums.leads,
        mqls=sums.mqls,
        mqls_recycled=sums.mqls_recycled,
        wins=wins,
        wins_recycled=recycled,
        spend=spend,
        cost_per_lead=each(sums.spend, Fraction(sums.leads), places),
        cost_per_mql=each(sums.spend, Fraction(sums.mqls + sums.mqls_recycled), places),
        cost_per_win=each(sums.spend, sums.wins, places),
        value=value,
        return_on_spend=None
        if gained is None or sums.wins < FEW
        else _decimal(gained, RATIO_PLACES),
    )


def each(spend: Fraction, number: Fraction, places: int) -> Decimal | None:
    """What each of so many cost, with so many decimal places; None without spend, or of none."""
    return _decimal(spend / number, places) if spend and number else None


def _decimal(value: Fraction, places: int) -> Decimal:
    return Decimal(round(value * 10**places)).scaleb(-places)


def _departments(
    found: Mapping[Department, _Sums], total: MoneyRow, places: int
) -> list[DepartmentRow]:
    value = apportion({key: one.value for key, one in found.items()}, places)
    whole = sum((one.value for one in found.values()), Fraction(0))
    few = total.wins < FEW or not whole
    share = apportion({key: one.value / (whole or 1) for key, one in found.items()}, RATIO_PLACES)
    return [
        DepartmentRow(
            department=key,
            wins=int(one.wins),
            wins_recycled=int(one.wins_recycled),
            value=value[key],
            share=None if few else share[key],
        )
        for key, one in found.items()
    ]
