"""Recycle yield: what came of leads that were recycled, against net-new ones.

What each figure means stands in ``docs/figures.md``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from domain.figures.funnel import Dimension, days, share
from domain.figures.money import apportion, check_rates
from domain.figures.periods import Period
from domain.money import DatedRates, decimals

WAITS = (30, 60, 90, 180)
"""Days at which a longer wait begins."""


class RecycledBy(StrEnum):
    """What it can be split by beside the dimensions of the funnel."""

    REASON = "reason"
    WAIT = "wait"


YieldBy = RecycledBy | Dimension
YIELD_BY: tuple[YieldBy, ...] = (*RecycledBy, *Dimension)


class RecycledCount(NamedTuple):
    """Leads with one ``value`` (None: all) that were recycled; what the facts say of them."""

    value: str | None
    recycled: int
    resting: int
    re_entered: int
    immature: int
    requalified: int
    won: int
    wait_seconds: float | None


class NetNewCount(NamedTuple):
    """Leads that entered the funnel for the first time, likewise."""

    entered: int
    immature: int
    qualified: int
    won: int


class WonSum(NamedTuple):
    """Won opportunities of leads with one ``value``; None of net-new ones. ``amount`` is None where
    nobody entered one."""

    value: str | None
    currency: str
    day: date
    amount: Decimal | None
    number: int


@dataclass(frozen=True)
class RecycleRow:
    """What came of leads that were recycled; ``value`` is None for all.

    Of ``recycled`` ones ``resting`` are in the pool, ``re_entered`` ones came back, the others stay
    away. Of those that came back ``immature`` ones did so within the window; ``requalified`` and
    ``won`` are of the others, and their shares too. ``worth`` is in the company's currency,
    None for whoever may not read of money.
    """

    value: str | None
    recycled: int
    resting: int
    re_entered: int
    re_entry: float | None
    median_wait_days: float | None
    immature: int
    requalified: int
    requalification: float | None
    won: int
    win_rate: float | None
    worth: Decimal | None


@dataclass(frozen=True)
class NetNewRow:
    """Leads that entered the funnel for the first time in the period, to compare with."""

    entered: int
    immature: int
    qualified: int
    qualification: float | None
    won: int
    win_rate: float | None
    worth: Decimal | None


@dataclass(frozen=True)
class RecycleReport:
    """All, the parts, which add up to it, and net-new leads. ``wins_without_amount`` are in no
    sum of money. Of ``behind`` leads the last changes are not counted yet."""

    begins: str
    ends: str
    time_zone: str
    window: int | None
    by: YieldBy
    currency: str
    whole: RecycleRow
    parts: list[RecycleRow]
    net_new: NetNewRow
    wins_without_amount: int
    behind: int = 0


def recycle_report(
    period: Period,
    counts: Iterable[RecycledCount],
    net_new: NetNewCount,
    sums: Mapping[str, Sequence[WonSum]] | None,
    rates: DatedRates,
    *,
    by: YieldBy,
    window: int | None,
) -> RecycleReport:
    """The report.

    Args:
        sums: ``recycled`` by value, and ``net_new``; None for whoever may not read of money.

    Raises:
        Invalid: some of it is in a currency without a rate for its day; nothing is summed then.
    """
    told = sums is not None
    recycled, new = (sums["recycled"], sums["net_new"]) if sums is not None else ((), ())
    every = [*recycled, *new]
    check_rates([(one.currency, one.day) for one in every if one.amount is not None], rates)
    places = decimals(rates.into)
    zero = Decimal(0).scaleb(-places)
    worth = apportion(_worth(recycled, rates), places)
    of_new = apportion({"": sum(_worth(new, rates).values(), Fraction(0))}, places)[""]
    found = {one.value: one for one in counts}
    whole = found.pop(None, RecycledCount(None, 0, 0, 0, 0, 0, 0, None))
    parts = [
        _row(one, worth.get(one.value or "", zero) if told else None) for one in found.values()
    ]
    return RecycleReport(
        begins=period.begins.isoformat(),
        ends=period.ends.isoformat(),
        time_zone=period.time_zone,
        window=window,
        by=by,
        currency=rates.into,
        whole=_row(whole, sum(worth.values(), zero) if told else None),
        parts=sorted(parts, key=lambda part: (-part.recycled, part.value or "")),
        net_new=NetNewRow(
            entered=net_new.entered,
            immature=net_new.immature,
            qualified=net_new.qualified,
            qualification=share(net_new.qualified, net_new.entered - net_new.immature),
            won=net_new.won,
            win_rate=share(net_new.won, net_new.entered - net_new.immature),
            worth=of_new if told else None,
        ),
        wins_without_amount=sum(one.number for one in every if one.amount is None),
    )


def _worth(sums: Iterable[WonSum], rates: DatedRates) -> dict[str, Fraction]:
    worth: dict[str, Fraction] = defaultdict(Fraction)
    for one in sums:
        if one.amount is not None:
            worth[one.value or ""] += rates.worth(one.amount, one.currency, one.day)
    return worth


def _row(one: RecycledCount, worth: Decimal | None) -> RecycleRow:
    mature = one.re_entered - one.immature
    return RecycleRow(
        value=one.value,
        recycled=one.recycled,
        resting=one.resting,
        re_entered=one.re_entered,
        re_entry=share(one.re_entered, one.recycled - one.resting),
        median_wait_days=days(one.wait_seconds),
        immature=one.immature,
        requalified=one.requalified,
        requalification=share(one.requalified, mature),
        won=one.won,
        win_rate=share(one.won, mature),
        worth=worth,
    )
