"""Units by the month in which they first entered a stage: which share of them reached another one
since (the cohort triangle), and how long that took them. ``docs/figures.md`` says what each is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from domain.contracts.journey import Stage
from domain.figures.funnel import FEW, Kind, Quartiles, days, share
from domain.figures.periods import Period
from domain.figures.stages import FUNNEL
from domain.figures.survival import Departures, censored_median

STEP_DAYS = 30
"""A month since, as a window has it: months of the calendar are not equally long."""
STEPS = 12
MONTHS = 12
"""Months of entering, when nobody names a period."""


@dataclass(frozen=True)
class Between:
    """From first entering the stage at one position to reaching the one at a later position."""

    stage: int
    reached: int


class CohortCount(NamedTuple):
    """Units that entered in the same month, so many whole steps ago (``over``, :data:`STEPS` at
    most), and reached the later stage in the step ``within``; None when not in those."""

    month: int
    kind: Kind
    over: int
    within: int | None
    units: int


class PaceCount(NamedTuple):
    """Units that entered in a month: those that reached the later stage, and those of them that
    took no time or less."""

    month: int
    kind: Kind
    entered: int
    reached: int
    timed: int
    faults: int


class PaceQuartiles(NamedTuple):
    """How long those took that went on; of all months or kinds where these are None."""

    month: int | None
    kind: Kind | None
    took: Quartiles


class PaceDepartures(NamedTuple):
    """Units of a month that went on, or wait, after about the same time."""

    month: int
    kind: Kind
    departures: Departures


@dataclass(frozen=True)
class CohortCell:
    """Of the units that entered at least ``days`` ago (``mature``) those that ``reached`` the later
    stage within so many days. ``immature`` ones entered later and are in neither; no ``share`` of
    few."""

    days: int
    mature: int
    immature: int
    reached: int
    share: float | None


@dataclass(frozen=True)
class Cohort:
    """The units that entered in a month (YYYY-MM; '' for all months); ``cells`` as far as any of
    them is old enough."""

    month: str
    entered: int
    cells: list[CohortCell]


@dataclass(frozen=True)
class CohortTable:
    """All months together, and each."""

    whole: Cohort
    months: list[Cohort]


@dataclass(frozen=True)
class CohortReport:
    """The cohort triangle of all units, and of net-new and recycled ones, which add up to it. Of
    ``behind`` leads the last changes are not counted yet."""

    stage: Stage
    reached: Stage
    begins: str
    ends: str
    time_zone: str
    together: CohortTable
    net_new: CohortTable
    recycled: CohortTable
    behind: int = 0


@dataclass(frozen=True)
class MonthPace:
    """How long the units took that entered in a month (YYYY-MM; '' for all months). ``timed`` are
    those that ``reached`` the later stage in a time that is known and no fault."""

    month: str
    entered: int
    reached: int
    timed: int
    p25_days: float | None
    median_days: float | None
    p75_days: float | None
    p90_days: float | None
    censored_median_days: float | None
    faults: int


@dataclass(frozen=True)
class PaceTable:
    """All months together, and each."""

    whole: MonthPace
    months: list[MonthPace]


@dataclass(frozen=True)
class VelocityReport:
    """How long it took all units, net-new and recycled ones, by the month in which they entered.
    Of ``behind`` leads the last changes are not counted yet."""

    stage: Stage
    reached: Stage
    begins: str
    ends: str
    time_zone: str
    together: PaceTable
    net_new: PaceTable
    recycled: PaceTable
    behind: int = 0


def months_before(ends: date, months: int = MONTHS) -> date:
    """The first day of the month so many months back, that of the day before ``ends`` among
    them."""
    last = ends - timedelta(days=1)
    at = last.year * 12 + last.month - months
    return date(at // 12, at % 12 + 1, 1)


def first_days(period: Period) -> list[date]:
    """The first day of each month that has days of the period."""
    found = [period.begins.replace(day=1)]
    while (following := _next_month(found[-1])) < period.ends:
        found.append(following)
    return found


def month_period(month: str, period: Period) -> Period:
    """The days of a month (YYYY-MM; '' for all) that are in the period."""
    if not month:
        return period
    first = date.fromisoformat(f"{month}-01")
    return Period(max(first, period.begins), min(_next_month(first), period.ends), period.time_zone)


def cohort_report(between: Between, period: Period, counts: Sequence[CohortCount]) -> CohortReport:
    """The triangle."""
    names = _names(period)

    def table(kind: Kind | None) -> CohortTable:
        own = [one for one in counts if kind in (None, one.kind)]
        by_month: dict[int, list[CohortCount]] = defaultdict(list)
        for one in own:
            by_month[one.month].append(one)
        return CohortTable(
            _cohort("", own),
            [_cohort(name, by_month[at]) for at, name in enumerate(names)],
        )

    return CohortReport(
        FUNNEL[between.stage],
        FUNNEL[between.reached],
        period.begins.isoformat(),
        period.ends.isoformat(),
        period.time_zone,
        table(None),
        table(Kind.NET_NEW),
        table(Kind.RECYCLED),
    )


def _cohort(month: str, counts: Iterable[CohortCount]) -> Cohort:
    units: Counter[tuple[int, int | None]] = Counter()
    for one in counts:
        units[one.over, one.within] += one.units
    entered = units.total()
    cells = []
    for step in range(1, STEPS + 1):
        mature = sum(number for (over, _within), number in units.items() if over >= step)
        reached = sum(
            number
            for (over, within), number in units.items()
            if over >= step and within is not None and within <= step
        )
        if mature:
            of = share(reached, mature)
            cells.append(CohortCell(step * STEP_DAYS, mature, entered - mature, reached, of))
    return Cohort(month, entered, cells)


def velocity_report(
    between: Between,
    period: Period,
    counts: Iterable[PaceCount],
    quartiles: Iterable[PaceQuartiles],
    departures: Iterable[PaceDepartures],
) -> VelocityReport:
    """How long it took, by month."""
    names = _names(period)
    numbers: dict[tuple[int | None, Kind | None], Counter[str]] = defaultdict(Counter)
    for count in counts:
        for group in _groups(count.month, count.kind):
            for name in ("entered", "reached", "timed", "faults"):
                numbers[group][name] += getattr(count, name)
    took = {(one.month, one.kind): one.took for one in quartiles}
    gone: dict[tuple[int | None, Kind | None], list[Departures]] = defaultdict(list)
    for one in departures:
        for group in _groups(one.month, one.kind):
            gone[group].append(one.departures)

    def pace(month: int | None, kind: Kind | None) -> MonthPace:
        number, own = numbers[month, kind], gone[month, kind]
        many = sum(one.units for one in own) >= FEW
        times: Sequence[float | None] = took.get((month, kind)) or (None,) * 4
        p25, median, p75, p90 = (days(one) for one in times)
        return MonthPace(
            "" if month is None else names[month],
            number["entered"],
            number["reached"],
            number["timed"],
            p25,
            median,
            p75,
            p90,
            days(censored_median(own)) if many else None,
            number["faults"],
        )

    def table(kind: Kind | None) -> PaceTable:
        return PaceTable(pace(None, kind), [pace(month, kind) for month in range(len(names))])

    return VelocityReport(
        FUNNEL[between.stage],
        FUNNEL[between.reached],
        period.begins.isoformat(),
        period.ends.isoformat(),
        period.time_zone,
        table(None),
        table(Kind.NET_NEW),
        table(Kind.RECYCLED),
    )


def cohort_tables(found: CohortReport) -> Mapping[str, CohortTable]:
    """Those of a triangle, by what they are of."""
    return {"all": found.together, Kind.NET_NEW: found.net_new, Kind.RECYCLED: found.recycled}


def pace_tables(found: VelocityReport) -> Mapping[str, PaceTable]:
    """The tables of velocities, by what they are of."""
    return {"all": found.together, Kind.NET_NEW: found.net_new, Kind.RECYCLED: found.recycled}


def _groups(month: int, kind: Kind) -> tuple[tuple[int | None, Kind | None], ...]:
    return (None, None), (None, kind), (month, None), (month, kind)


def _names(period: Period) -> list[str]:
    return [f"{one:%Y-%m}" for one in first_days(period)]


def _next_month(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)
