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
from itertools import pairwise
from typing import NamedTuple

from domain.figures.funnel import Dimension, days, share
from domain.figures.money import apportion, check_rates, each, missing_rates, part_within
from domain.figures.money_rows import SpendRow
from domain.figures.periods import Period
from domain.figures.recycle_waits import WAITS_WINDOW, WaitCount, WaitRow, compared_waits
from domain.money import DatedRates, decimals

WAITS = (30, 60, 90, 180)
"""Days at which a longer wait begins."""
WAIT_BANDS = (
    f"under {WAITS[0]}",
    *(f"{begin} to {end - 1}" for begin, end in pairwise(WAITS)),
    f"{WAITS[-1]} and more",
)
"""How long it was until a lead came back, in days."""


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


class TouchCount(NamedTuple):
    """Mails to leads with one ``value`` (None: all), and attempts by people to reach them."""

    value: str | None
    mails: int = 0
    attempts: int = 0


class WonSum(NamedTuple):
    """Won opportunities of leads with one ``value``; None of net-new ones. ``amount`` is None where
    nobody entered one."""

    value: str | None
    currency: str
    day: date
    amount: Decimal | None
    number: int


@dataclass(frozen=True)
class TouchFigures:
    """What it took to get leads so far: mails, and attempts by people. Immature leads are left out;
    what can't be told is None."""

    mails: int
    attempts: int
    touches_per_lead: float | None
    touches_per_mql: float | None
    touches_per_win: float | None


@dataclass(frozen=True)
class SpendFigures:
    """What was spent on the days whose leads are mature, in the company's currency."""

    spend: Decimal
    per_lead: Decimal | None
    per_mql: Decimal | None
    per_win: Decimal | None


@dataclass(frozen=True)
class RecycleRow:
    """What came of leads that were recycled; ``value`` is None for all.

    Of ``recycled`` ones ``resting`` are in the pool, ``re_entered`` ones came back, the others stay
    away. Of those that came back ``immature`` ones did so within the window; ``requalified`` and
    ``won`` are of the others, and their shares too. ``worth`` is in the company's currency,
    None for whoever may not read of money. Recycled leads cost no spend, only ``touches``.
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
    touches: TouchFigures


@dataclass(frozen=True)
class NetNewRow:
    """Leads that entered the funnel for the first time in the period, to compare with. ``spend`` is
    None for whoever may not read of money, and where it can't be told: of a team, for instance."""

    entered: int
    immature: int
    qualified: int
    qualification: float | None
    won: int
    win_rate: float | None
    worth: Decimal | None
    touches: TouchFigures
    spend: SpendFigures | None


@dataclass(frozen=True)
class RecycleReport:
    """All, the parts, which add up to it, net-new leads, and what came of other ``waits`` within
    ``waits_window`` days of coming back. ``wins_without_amount`` are in no sum of money, and there
    is no spend while ``spend_without_rate`` names a currency and day without a rate. Of ``behind``
    leads the last changes are not counted yet."""

    begins: str
    ends: str
    time_zone: str
    window: int | None
    by: YieldBy
    currency: str
    whole: RecycleRow
    parts: list[RecycleRow]
    net_new: NetNewRow
    waits: list[WaitRow]
    waits_window: int
    spend_without_rate: list[str]
    wins_without_amount: int
    behind: int = 0


@dataclass(frozen=True)
class RecycleCounts:
    """What the report is made of. ``sums`` and ``touches`` are of ``recycled`` ones by value, and
    ``net_new``; ``sums`` is None for whoever may not read of money, ``spend`` where it can't be
    told. Its days begin with ``spend_begins`` and end before ``spend_ends``."""

    recycled: Sequence[RecycledCount]
    net_new: NetNewCount
    touches: Mapping[str, Sequence[TouchCount]]
    waits: Sequence[WaitCount]
    sums: Mapping[str, Sequence[WonSum]] | None
    spend: Sequence[SpendRow] | None
    spend_begins: date
    spend_ends: date


def recycle_report(
    period: Period,
    counts: RecycleCounts,
    rates: DatedRates,
    *,
    by: YieldBy,
    window: int | None,
) -> RecycleReport:
    """The report.

    Raises:
        Invalid: a win is in a currency without a rate for its day; nothing is summed then.
    """
    sums, net_new = counts.sums, counts.net_new
    told = sums is not None
    recycled, new = (sums["recycled"], sums["net_new"]) if sums is not None else ((), ())
    every = [*recycled, *new]
    check_rates([(one.currency, one.day) for one in every if one.amount is not None], rates)
    spend, without_rate = _spent(counts, rates)
    touches = {one.value: one for one in counts.touches["recycled"]}
    places = decimals(rates.into)
    zero = Decimal(0).scaleb(-places)
    worth = apportion(_worth(recycled, rates), places)
    of_new = apportion({"": sum(_worth(new, rates).values(), Fraction(0))}, places)[""]
    found = {one.value: one for one in counts.recycled}
    whole = found.pop(None, RecycledCount(None, 0, 0, 0, 0, 0, 0, None))

    def row(one: RecycledCount, worth: Decimal) -> RecycleRow:
        return _row(one, worth if told else None, touches.get(one.value, TouchCount(one.value)))

    parts = [row(one, worth.get(one.value or "", zero)) for one in found.values()]
    new_touches = counts.touches["net_new"][0]
    mature = net_new.entered - net_new.immature
    return RecycleReport(
        begins=period.begins.isoformat(),
        ends=period.ends.isoformat(),
        time_zone=period.time_zone,
        window=window,
        by=by,
        currency=rates.into,
        whole=row(whole, sum(worth.values(), zero)),
        parts=sorted(parts, key=lambda part: (-part.recycled, part.value or "")),
        net_new=NetNewRow(
            entered=net_new.entered,
            immature=net_new.immature,
            qualified=net_new.qualified,
            qualification=share(net_new.qualified, mature),
            won=net_new.won,
            win_rate=share(net_new.won, mature),
            worth=of_new if told else None,
            touches=_touches(new_touches, mature, net_new.qualified, net_new.won),
            spend=None
            if spend is None
            else SpendFigures(
                spend=each(spend, Fraction(1), places) or zero,
                per_lead=each(spend, Fraction(mature), places),
                per_mql=each(spend, Fraction(net_new.qualified), places),
                per_win=each(spend, Fraction(net_new.won), places),
            ),
        ),
        waits=compared_waits(counts.waits, WAIT_BANDS),
        waits_window=window or WAITS_WINDOW,
        spend_without_rate=without_rate,
        wins_without_amount=sum(one.number for one in every if one.amount is None),
    )


def _worth(sums: Iterable[WonSum], rates: DatedRates) -> dict[str, Fraction]:
    worth: dict[str, Fraction] = defaultdict(Fraction)
    for one in sums:
        if one.amount is not None:
            worth[one.value or ""] += rates.worth(one.amount, one.currency, one.day)
    return worth


def _spent(counts: RecycleCounts, rates: DatedRates) -> tuple[Fraction | None, list[str]]:
    """The sum, and without it the rates that it lacks."""
    if counts.sums is None or counts.spend is None:
        return None, []
    begins, ends = counts.spend_begins, counts.spend_ends
    parts = [(one, part_within(one, begins, ends)) for one in counts.spend]
    used = [(one.currency, one.day) for one, part in parts if part]
    if missing := missing_rates(used, rates):
        return None, missing
    worth = (rates.worth(part, one.currency, one.day) for one, part in parts)
    return sum(worth, Fraction(0)), []


def _touches(one: TouchCount, leads: int, mqls: int, won: int) -> TouchFigures:
    def per(number: int) -> float | None:
        return round((one.mails + one.attempts) / number, 2) if number else None

    return TouchFigures(one.mails, one.attempts, per(leads), per(mqls), per(won))


def _row(one: RecycledCount, worth: Decimal | None, touches: TouchCount) -> RecycleRow:
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
        touches=_touches(touches, one.recycled - one.immature, one.requalified, one.won),
    )
