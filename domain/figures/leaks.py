"""Leaks: where leads wait, are lost, are answered late or not at all, do not come, or rest on.

What each figure means stands in ``docs/figures.md``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from domain.contracts.journey import Stage
from domain.figures.funnel import FEW, Dimension, days, share
from domain.figures.intervals import newcombe, wilson
from domain.figures.periods import Period
from domain.figures.stages import FUNNEL, WON

LEAK_DAYS = 90
"""The period of leaks when nobody names one."""
ANSWER_WITHIN = timedelta(hours=1)
"""How soon a lead is to be tried where no SLA promises anything."""
GOES_ON_WITHIN = timedelta(days=30)
"""Within which a lead that was handed over is to have an appointment."""


class LeakBy(StrEnum):
    """What leaks can be split by."""

    OWNER = "owner"
    TEAM = "team"
    SOURCE = "source"
    SEGMENT = "segment"


LEAK_FILTERS = (
    Dimension.OWNER,
    Dimension.TEAM,
    Dimension.SOURCE,
    Dimension.SEGMENT,
    Dimension.COUNTRY,
    Dimension.CAMPAIGN,
)
"""What leads may have in common of which leaks are told."""


class FirstResponse(StrEnum):
    """What became of a lead that was handed over: a person tried it within the limit, or later; it
    went on before anybody tried; nobody tried it, though the limit is over, or the limit is to
    come."""

    IN_TIME = "in_time"
    LATE = "late"
    BY_ITSELF = "by_itself"
    UNTRIED = "untried"
    NOT_DUE = "not_due"


class BookedAhead(StrEnum):
    """How many days of the company's calendar lie between booking and appointment."""

    SAME_DAY = "same_day"
    NEXT_DAYS = "1_to_2_days"
    WEEK = "3_to_7_days"
    LONGER = "8_days_and_more"


class Reminding(StrEnum):
    """Whether a reminder of an appointment went out."""

    REMINDED = "reminded"
    NOT_REMINDED = "not_reminded"


class StageBaseline(NamedTuple):
    """How long ``units`` stood in a stage that went on from it, in seconds."""

    units: int
    median: float
    p90: float


class StandingCount(NamedTuple):
    """Open units with one ``value`` (None: of all) in the stage at this position; those that stand
    there for longer than ``overdue`` says are among them. Seconds."""

    value: str | None
    stage: int
    waiting: int
    overdue: int
    median: float
    longest: float


class DecidedCount(NamedTuple):
    """Units that were lost at the stage at this position in the period, or went on from it."""

    value: str | None
    stage: int
    lost: int
    went_on: int


class ResponseCount(NamedTuple):
    """Leads that were handed over: those that are ``open`` still, and of those handed over at least
    :data:`GOES_ON_WITHIN` ago (``mature``) those that went on within it."""

    value: str | None
    response: FirstResponse
    leads: int
    open: int
    mature: int
    went_on: int


class SettingCount(NamedTuple):
    """Appointments that were kept or missed, as they were set: how far ahead, and whether a
    reminder went out. Of ``missed`` ones some were rebooked, and of these some were kept."""

    value: str | None
    ahead: BookedAhead
    reminded: bool
    settings: int
    missed: int
    rebooked: int
    recovered: int


class RestCount(NamedTuple):
    """Recycled leads whose day has passed, and the seconds since that of the first."""

    value: str | None
    leads: int
    longest: float


@dataclass(frozen=True)
class WaitingRow:
    """Units that stand in a stage now; ``value`` is None for all. ``overdue`` ones stand there for
    longer than nine tenths of the ``baseline_cases`` that went on did; None without a baseline."""

    value: str | None
    stage: Stage
    waiting: int
    overdue: int | None
    overdue_share: float | None
    median_days: float | None
    longest_days: float | None
    baseline_cases: int
    baseline_median_days: float | None
    baseline_p90_days: float | None


@dataclass(frozen=True)
class LostRow:
    """Units that were lost in the period, by the furthest stage that they reached; the share is of
    them and those that ``went_on`` from it."""

    value: str | None
    stage: Stage
    lost: int
    went_on: int
    lost_share: float | None


@dataclass(frozen=True)
class ResponseRow:
    """Leads that were handed over in the period, by their first response, which add up to
    ``leads``; ``untried_open`` are those nobody tried that are in sales' hands still.

    Of ``in_time_of`` (``late_of``) leads with the time to go on, ``in_time_went_on``
    (``late_went_on``) did. ``difference`` is that of the two shares, with its interval, and
    ``cost`` what it comes to: so many more of the late ones would have gone on with the share of
    the others. None of too few.
    """

    value: str | None
    leads: int
    in_time: int
    late: int
    by_itself: int
    not_due: int
    untried: int
    untried_open: int
    in_time_of: int
    in_time_went_on: int
    in_time_share: float | None
    late_of: int
    late_went_on: int
    late_share: float | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    cost: float | None
    cost_low: float | None
    cost_high: float | None


@dataclass(frozen=True)
class NoShowRow:
    """Appointments that were kept or missed; ``split`` is what ``value`` is of: '' for all, what
    the report is split by, ``ahead`` (:class:`BookedAhead`), ``reminder`` (:class:`Reminding`). The
    interval is that of the share of no-shows."""

    split: str
    value: str | None
    meetings: int
    no_shows: int
    no_show_share: float | None
    low: float | None
    high: float | None
    rebooked: int
    recovered: int
    recovered_share: float | None


@dataclass(frozen=True)
class RestingRow:
    """Recycled leads whose day has passed."""

    value: str | None
    leads: int
    longest_days: float | None


@dataclass(frozen=True)
class LeaksReport:
    """All leaks: of each first those of all, then the parts of a split, which add up to them. The
    baseline is of the days from ``baseline_begins`` to before ``baseline_ends``."""

    begins: str
    ends: str
    time_zone: str
    by: LeakBy | None
    baseline_begins: str
    baseline_ends: str
    waiting: list[WaitingRow]
    lost: list[LostRow]
    response: list[ResponseRow]
    no_shows: list[NoShowRow]
    resting: list[RestingRow]
    behind: int = 0
    """Leads whose last changes are not counted yet."""


class LeakCounts(NamedTuple):
    """What the facts say of each leak."""

    standing: Sequence[StandingCount]
    decided: Sequence[DecidedCount]
    responses: Sequence[ResponseCount]
    settings: Sequence[SettingCount]
    rests: Sequence[RestCount]


def baseline_period(period: Period) -> Period:
    """The twelve months before a period begins."""
    begins = period.begins
    day = 28 if (begins.month, begins.day) == (2, 29) else begins.day
    return Period(begins.replace(year=begins.year - 1, day=day), begins, period.time_zone)


def leaks_report(
    period: Period, by: LeakBy | None, counts: LeakCounts, baseline: Mapping[int, StageBaseline]
) -> LeaksReport:
    """The report.

    Args:
        counts: by value, without those of all but for ``standing``.
        baseline: by the position of the stage.
    """
    before = baseline_period(period)
    return LeaksReport(
        begins=period.begins.isoformat(),
        ends=period.ends.isoformat(),
        time_zone=period.time_zone,
        by=by,
        baseline_begins=before.begins.isoformat(),
        baseline_ends=before.ends.isoformat(),
        waiting=_waiting(counts.standing, baseline),
        lost=_lost(counts.decided),
        response=_responses(counts.responses),
        no_shows=_no_shows(counts.settings, by),
        resting=_resting(counts.rests, by),
    )


def is_baseline(found: StageBaseline | None) -> bool:
    """Whether enough went on to compare with."""
    return found is not None and found.units >= FEW


def _waiting(
    counts: Iterable[StandingCount], baseline: Mapping[int, StageBaseline]
) -> list[WaitingRow]:
    rows = []
    for one in counts:
        usual = baseline.get(one.stage)
        known = usual if is_baseline(usual) else None
        overdue = one.overdue if known else None
        rows.append(
            WaitingRow(
                value=one.value,
                stage=FUNNEL[one.stage],
                waiting=one.waiting,
                overdue=overdue,
                overdue_share=None if overdue is None else share(overdue, one.waiting),
                median_days=days(one.median),
                longest_days=days(one.longest),
                baseline_cases=usual.units if usual else 0,
                baseline_median_days=days(known.median) if known else None,
                baseline_p90_days=days(known.p90) if known else None,
            )
        )
    # Those of all in the order of the funnel, of the parts the worst first.
    return sorted(
        rows,
        key=lambda one: (
            (0, FUNNEL.index(one.stage), 0, "")
            if one.value is None
            else (1, -(one.overdue or 0), -one.waiting, f"{one.value} {one.stage}")
        ),
    )


def _lost(counts: Iterable[DecidedCount]) -> list[LostRow]:
    sums: dict[tuple[str | None, int], Counter[str]] = defaultdict(Counter)
    for one in counts:
        for value in {None, one.value}:
            sums[value, one.stage].update(lost=one.lost, went_on=one.went_on)
    rows = [
        LostRow(
            value,
            FUNNEL[stage],
            of["lost"],
            of["went_on"],
            share(of["lost"], of["lost"] + of["went_on"]),
        )
        for (value, stage), of in sums.items()
        if stage < WON
    ]
    return sorted(
        rows,
        key=lambda one: (
            (0, FUNNEL.index(one.stage), "")
            if one.value is None
            else (1, -one.lost, f"{one.value} {one.stage}")
        ),
    )


def _responses(counts: Iterable[ResponseCount]) -> list[ResponseRow]:
    sums: dict[str | None, dict[FirstResponse, Counter[str]]] = {None: defaultdict(Counter)}
    for one in counts:
        for value in {None, one.value}:
            sums.setdefault(value, defaultdict(Counter))[one.response].update(
                leads=one.leads, open=one.open, mature=one.mature, went_on=one.went_on
            )
    rows = [_response(value, of) for value, of in sums.items()]
    return sorted(
        rows,
        key=lambda one: (one.value is not None, -(one.late + one.untried), one.value or ""),
    )


def _response(value: str | None, of: Mapping[FirstResponse, Counter[str]]) -> ResponseRow:
    in_time, late = of[FirstResponse.IN_TIME], of[FirstResponse.LATE]
    told = in_time["mature"] >= FEW and late["mature"] >= FEW
    difference = low = high = None
    if told:
        difference = in_time["went_on"] / in_time["mature"] - late["went_on"] / late["mature"]
        low, high = newcombe(in_time["went_on"], in_time["mature"], late["went_on"], late["mature"])

    def cost(points: float | None) -> float | None:
        return None if points is None else round(points * late["mature"], 1)

    return ResponseRow(
        value=value,
        leads=sum(one["leads"] for one in of.values()),
        in_time=in_time["leads"],
        late=late["leads"],
        by_itself=of[FirstResponse.BY_ITSELF]["leads"],
        not_due=of[FirstResponse.NOT_DUE]["leads"],
        untried=of[FirstResponse.UNTRIED]["leads"],
        untried_open=of[FirstResponse.UNTRIED]["open"],
        in_time_of=in_time["mature"],
        in_time_went_on=in_time["went_on"],
        in_time_share=share(in_time["went_on"], in_time["mature"]),
        late_of=late["mature"],
        late_went_on=late["went_on"],
        late_share=share(late["went_on"], late["mature"]),
        difference=_rounded(difference),
        difference_low=_rounded(low),
        difference_high=_rounded(high),
        cost=cost(difference),
        cost_low=cost(low),
        cost_high=cost(high),
    )


def _rounded(points: float | None) -> float | None:
    return None if points is None else round(points, 4)


def _no_shows(counts: Iterable[SettingCount], by: LeakBy | None) -> list[NoShowRow]:
    sums: dict[tuple[str, str | None], Counter[str]] = {("", None): Counter()}
    for one in counts:
        reminding = Reminding.REMINDED if one.reminded else Reminding.NOT_REMINDED
        groups: list[tuple[str, str | None]] = [
            ("", None),
            (by or LeakBy.SOURCE, one.value),
            ("ahead", one.ahead),
            ("reminder", reminding),
        ]
        for group in groups:
            sums.setdefault(group, Counter()).update(
                settings=one.settings,
                missed=one.missed,
                rebooked=one.rebooked,
                recovered=one.recovered,
            )
    order = ["", by or LeakBy.SOURCE, "ahead", "reminder"]
    fixed = [*BookedAhead, *Reminding]
    return sorted(
        (_no_show(split, value, of) for (split, value), of in sums.items()),
        key=lambda one: (
            order.index(one.split),
            fixed.index(one.value) if one.value in fixed else -one.no_shows,
            one.value or "",
        ),
    )


def _no_show(split: str, value: str | None, of: Mapping[str, int]) -> NoShowRow:
    meetings, missed = of["settings"], of["missed"]
    low, high = wilson(missed, meetings) if meetings >= FEW else (None, None)
    return NoShowRow(
        split=split,
        value=value,
        meetings=meetings,
        no_shows=missed,
        no_show_share=share(missed, meetings),
        low=_rounded(low),
        high=_rounded(high),
        rebooked=of["rebooked"],
        recovered=of["recovered"],
        recovered_share=share(of["recovered"], missed),
    )


def _resting(counts: Iterable[RestCount], by: LeakBy | None) -> list[RestingRow]:
    found = list(counts)
    longest = max((one.longest for one in found), default=None)
    rows = [RestingRow(None, sum(one.leads for one in found), days(longest))]
    if by:
        parts = [RestingRow(one.value, one.leads, days(one.longest)) for one in found]
        rows += sorted(parts, key=lambda one: (-one.leads, one.value or ""))
    return rows
