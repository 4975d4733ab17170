"""What the open opportunities will bring: weighted by the stages that they are in, expected by how
long they have been open, and what such forecasts were worth in the past."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from domain.figures.funnel import FEW, share
from domain.figures.money import apportion, check_rates
from domain.figures.periods import midnight, today_in
from domain.figures.stages import DAY
from domain.figures.win_rates import (
    AGES,
    NONE_CLOSED,
    Closings,
    OpenAtAge,
    expected_wins,
    observed_rates,
)
from domain.money import DatedRates, decimals

OBSERVED_MONTHS = 24
"""Months before a forecast whose closings it goes by."""
TESTED_MONTHS = 36
"""Ends of months for which a forecast is made as it would have been then, at most."""


class ForecastMoment(NamedTuple):
    """When a forecast is made, and until when it looks (UTC); the days are the company's, the
    second after the last that it is of. ``place`` is that of the moment among the bounds."""

    place: int
    at: datetime
    until: datetime
    begins: date
    ends: date


class AgeClosings(NamedTuple):
    """What was closed between two bounds, the first at ``place``, of one of :data:`AGES`."""

    place: int
    age: int
    closings: Closings


class OpenThen(NamedTuple):
    """Opportunities of one age in days that were open at a moment, with what was known then.
    ``won`` ones of them were won until its forecast ends, with ``won_amount``; None without."""

    place: int
    age: int
    currency: str
    number: int
    amount: Decimal | None
    squares: Decimal | None
    without_amount: int
    won_currency: str
    won: int
    won_amount: Decimal | None


class PipelineStageCount(NamedTuple):
    """Opportunities that are open in a stage now, by currency; and of those that had been in it,
    how many were closed and won."""

    stage: str
    open: Mapping[str, tuple[int, Decimal]]
    without_amount: int
    closed: int
    won: int


@dataclass(frozen=True)
class ForecastRow:
    """A forecast. Money is in the company's currency, at the rates of its first day, None where one
    lacks; expectations are None where too few opportunities had closed before. What came is None
    while it is to come."""

    begins: date
    ends: date
    """The day after the last."""
    open: int
    without_amount: int
    """Open ones without an amount: counted, and in no sum."""
    open_value: Decimal | None
    expected_wins: float | None
    wins_low: float | None
    wins_high: float | None
    wins: int | None
    expected_value: Decimal | None
    value_low: Decimal | None
    value_high: Decimal | None
    value: Decimal | None


@dataclass(frozen=True)
class ForecastTest:
    """What forecasts of past months were worth. ``error`` is the sum of all deviations, and
    ``bias`` that of what was expected too much, over what came; None of fewer than 20 wins.
    ``within`` of them what came lay in the interval; the share is None of fewer than 20."""

    months: int
    error: float | None
    bias: float | None
    within: int
    within_share: float | None


@dataclass(frozen=True)
class StageRow:
    """The open opportunities of a stage; ``weighted`` is their value by the share that was won of
    those that had been in it, None of fewer than 20."""

    stage: str
    open: int
    without_amount: int
    value: Decimal
    closed: int
    won: int
    win_rate: float | None
    weighted: Decimal | None


@dataclass(frozen=True)
class ForecastReport:
    """What the open opportunities will bring within ``days``. ``weighted`` is what they may bring
    whenever, without ``unweighted`` of stages with too few closed ones."""

    days: int
    time_zone: str
    currency: str
    now: ForecastRow
    closed: int
    """Opportunities whose closing the forecast goes by, and how many of them were won."""
    won: int
    stages: list[StageRow]
    weighted: Decimal
    unweighted: Decimal
    wins_test: ForecastTest
    value_test: ForecastTest
    months: list[ForecastRow]
    """The forecasts of past months, the oldest first."""


@dataclass(frozen=True)
class ForecastCounts:
    """What the report is made of."""

    closings: Sequence[AgeClosings]
    standing: Sequence[OpenThen]
    stages: Sequence[PipelineStageCount]


def forecast_bounds(now: datetime, time_zone: str) -> list[datetime]:
    """The beginnings of months, and ``now``: between them closings are counted (UTC)."""
    month = today_in(time_zone, now).replace(day=1)
    starts = []
    for _back in range(OBSERVED_MONTHS + TESTED_MONTHS + 1):
        starts.append(midnight(month, time_zone))
        month = (month - timedelta(days=1)).replace(day=1)
    return [*reversed(starts), now]


def forecast_moments(bounds: Sequence[datetime], time_zone: str, days: int) -> list[ForecastMoment]:
    """When forecasts were made that can be judged by now, and now itself."""
    moments = []
    for place, at in enumerate(bounds[OBSERVED_MONTHS:], OBSERVED_MONTHS):
        begins = today_in(time_zone, at)
        ends = begins + timedelta(days=days)
        moments.append(ForecastMoment(place, at, midnight(ends, time_zone), begins, ends))
    over = [one for one in moments[:-1] if one.until <= bounds[-1]]
    return over[-TESTED_MONTHS:] + moments[-1:]


def forecast_report(
    moments: Sequence[ForecastMoment],
    counts: ForecastCounts,
    rates: DatedRates,
    *,
    days: int,
    time_zone: str,
) -> ForecastReport:
    """The forecast of now, the last of ``moments``, and what those of the others were worth.

    Raises:
        Invalid: an open opportunity is in a currency without a rate.
    """
    today = moments[-1].begins
    check_rates([(code, today) for one in counts.stages for code in one.open], rates)
    standing: dict[int, list[OpenThen]] = defaultdict(list)
    for one in counts.standing:
        standing[one.place].append(one)
    # The month that runs is beside the whole ones.
    known = [
        _known(counts.closings, one.place, OBSERVED_MONTHS + (one is moments[-1]))
        for one in moments
    ]
    rows = [
        _row(moment, closings, standing[moment.place], rates, over=moment is not moments[-1])
        for moment, closings in zip(moments, known, strict=True)
    ]
    tested = [one for one in rows[:-1] if one.expected_wins is not None]
    stages, weighted, unweighted = _stages(counts.stages, rates, today)
    return ForecastReport(
        days=days,
        time_zone=time_zone,
        currency=rates.into,
        now=rows[-1],
        closed=int(sum(one.won + one.lost for one in known[-1])),
        won=int(sum(one.won for one in known[-1])),
        stages=stages,
        weighted=weighted,
        unweighted=unweighted,
        wins_test=_test(
            [_Tested(one.wins_low, one.expected_wins, one.wins_high, one.wins) for one in tested],
            tested,
        ),
        value_test=_test(
            [
                _Tested(one.value_low, one.expected_value, one.value_high, one.value)
                for one in tested
            ],
            tested,
        ),
        months=tested,
    )


def _known(closings: Iterable[AgeClosings], place: int, months: int) -> list[Closings]:
    """What was closed in so many months before a moment, by age."""
    ages = [NONE_CLOSED] * len(AGES)
    for one in closings:
        if place - months <= one.place < place:
            ages[one.age] = ages[one.age].plus(one.closings)
    return ages


def _row(
    moment: ForecastMoment,
    known: Sequence[Closings],
    standing: Sequence[OpenThen],
    rates: DatedRates,
    *,
    over: bool,
) -> ForecastRow:
    day, places = moment.begins, decimals(rates.into)
    ages: dict[int, OpenAtAge] = defaultdict(lambda: OpenAtAge(0))
    worth = came = Fraction(0)
    told = True
    for one in standing:
        each, won_each = (
            rates.rate(code, day) if amount is not None else Decimal(0)
            for code, amount in (
                (one.currency, one.amount),
                (one.won_currency, one.won_amount),
            )
        )
        told = told and each is not None and won_each is not None
        value = Fraction(one.amount or 0) * Fraction(each or 0)
        worth += value
        came += Fraction(one.won_amount or 0) * Fraction(won_each or 0)
        squares = float(one.squares or 0) * float(each or 0) ** 2
        ages[one.age] = ages[one.age].plus(OpenAtAge(one.number, float(value), squares))
    found = observed_rates(known)
    wins = value_of = None
    if found:
        lasts = (moment.until - moment.at).total_seconds() / DAY
        wins, value_of = expected_wins(found, ages, lasts)
    if not told:
        value_of = None

    def money(value: Fraction | float) -> Decimal:
        return Decimal(round(value * 10**places)).scaleb(-places)

    return ForecastRow(
        begins=moment.begins,
        ends=moment.ends,
        open=sum(one.number for one in standing),
        without_amount=sum(one.without_amount for one in standing),
        open_value=money(worth) if told else None,
        expected_wins=wins and round(wins.mean, 2),
        wins_low=wins and round(wins.interval.low, 2),
        wins_high=wins and round(wins.interval.high, 2),
        wins=sum(one.won for one in standing) if over else None,
        expected_value=value_of and money(value_of.mean),
        value_low=value_of and money(value_of.interval.low),
        value_high=value_of and money(value_of.interval.high),
        value=money(came) if over and told else None,
    )


class _Tested(NamedTuple):
    low: float | Decimal | None
    expected: float | Decimal | None
    high: float | Decimal | None
    came: float | Decimal | None


def _test(figures: Sequence[_Tested], rows: Sequence[ForecastRow]) -> ForecastTest:
    off = bias = total = 0.0
    months = within = wins = 0
    for one, row in zip(figures, rows, strict=True):
        if None in one:
            continue
        low, expected, high, came = (float(value or 0) for value in one)
        months += 1
        within += low <= came <= high
        wins += row.wins or 0
        off += abs(expected - came)
        bias += expected - came
        total += came
    told = wins >= FEW and total > 0
    return ForecastTest(
        months=months,
        error=round(off / total, 4) if told else None,
        bias=round(bias / total, 4) if told else None,
        within=within,
        within_share=share(within, months),
    )


def _stages(
    counts: Sequence[PipelineStageCount], rates: DatedRates, today: date
) -> tuple[list[StageRow], Decimal, Decimal]:
    """The stages, the sum of what is weighted, and the value of what is not."""
    worth = {
        one.stage: sum(
            (rates.worth(amount, code, today) for code, (_n, amount) in one.open.items()),
            Fraction(0),
        )
        for one in counts
    }
    weight = {
        one.stage: worth[one.stage] * one.won / one.closed for one in counts if one.closed >= FEW
    }
    places = decimals(rates.into)
    zero = Decimal(0).scaleb(-places)
    value, weighted = apportion(worth, places), apportion(weight, places)
    rows = [
        StageRow(
            stage=one.stage,
            open=one.without_amount + sum(number for number, _amount in one.open.values()),
            without_amount=one.without_amount,
            value=value[one.stage],
            closed=one.closed,
            won=one.won,
            win_rate=share(one.won, one.closed),
            weighted=weighted.get(one.stage),
        )
        for one in counts
    ]
    unweighted = sum((one.value for one in rows if one.weighted is None), zero)
    return rows, sum(weighted.values(), zero), unweighted
