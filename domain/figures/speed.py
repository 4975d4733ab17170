"""Speed to lead, persistence, promises and answers: how sales and marketing treat the leads that
crossed. What each figure means stands in ``docs/figures.md``."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median, quantiles
from typing import NamedTuple

from domain.contracts.tasks import TaskKind
from domain.figures.funnel import FOLDED, days, share
from domain.figures.periods import Period
from domain.time.business_time import BusinessCalendar, CalendarShut
from domain.time.window import zone

SOON, WITHIN_THE_HOUR = 5, 60
"""Minutes by which a lead is to be tried."""
LIMITS = (SOON, WITHIN_THE_HOUR)
FIRST_WEEK = timedelta(days=7)
ATTEMPTED_BY = (TaskKind.CALL, TaskKind.CADENCE)
"""Kinds of task that are done by trying to reach the lead."""


class SpeedBy(StrEnum):
    """What these figures can be split by."""

    OWNER = "owner"
    TEAM = "team"
    MONTH = "month"


class Of(NamedTuple):
    """Whose something is, and the month of the company's zone, as YYYY-MM, that it belongs to."""

    owner: str
    team: str
    month: str


class Crossed(NamedTuple):
    """A lead that crossed at ``at``, and when people tried to reach it from then on, in order;
    UTC."""

    owner: str
    team: str
    at: datetime
    attempts: Sequence[datetime]


class PromiseCount(NamedTuple):
    """Promises that were given: how many were kept, missed, missed and are open, and may still be
    kept."""

    of: Of
    promise: str
    met: int
    due: int
    past_due: int
    waiting: int


class AnswerCount(NamedTuple):
    """What sales answered about leads of a source: ``reason`` of those it returned, '' of those it
    accepted."""

    of: Of
    source: str
    accepted: bool
    reason: str
    leads: int


@dataclass(frozen=True)
class Minutes:
    """From crossing to the first attempt, in minutes. ``p50`` and ``p90`` are of the leads that
    were tried; ``within_5`` of the ``of_5`` that crossed at least five minutes ago, ``within_60``
    likewise."""

    p50: float | None
    p90: float | None
    within_5: int
    of_5: int
    share_5: float | None
    within_60: int
    of_60: int
    share_60: float | None


@dataclass(frozen=True)
class PromiseFigures:
    """A promise of the SLA: ``due`` ones were missed, ``past_due`` ones of them are open still,
    ``waiting`` ones may still be kept. ``met_share`` is of those decided."""

    promise: str
    met: int
    due: int
    past_due: int
    waiting: int
    met_share: float | None


@dataclass(frozen=True)
class AnswerFigures:
    """What sales answered: ``reasons`` (code → leads) of those it returned."""

    accepted: int
    returned: int
    accepted_share: float | None
    returned_share: float | None
    reasons: dict[str, int]


@dataclass(frozen=True)
class SpeedRow:
    """One rep, team or month; ``value`` is None for all.

    Of ``leads`` that crossed, ``tried`` ones had an attempt. ``persistent`` of the ``weeks_over``
    whose first week is over had the wanted number of attempts in it. Gaps are days between two
    attempts at one lead.
    """

    value: str | None
    leads: int
    tried: int
    wall: Minutes
    business: Minutes
    attempts: int
    attempts_per_lead: float | None
    attempts_p50: float | None
    attempts_p90: float | None
    persistent: int
    weeks_over: int
    persistent_share: float | None
    longest_gap_p50_days: float | None
    longest_gap_days: float | None
    answers: AnswerFigures
    promises: list[PromiseFigures]


@dataclass(frozen=True)
class SourceAnswers:
    """What sales answered about the leads of a source."""

    source: str
    answers: AnswerFigures


@dataclass(frozen=True)
class SpeedReport:
    """All, the parts of a split, which add up to it, and the answers by source. ``at_least`` is
    how many attempts are wanted in a first week. Of ``behind`` leads the last changes are not
    counted yet."""

    begins: str
    ends: str
    time_zone: str
    by: SpeedBy | None
    at_least: int
    whole: SpeedRow
    parts: list[SpeedRow]
    sources: list[SourceAnswers]
    behind: int = 0


class _Took(NamedTuple):
    """Minutes to the first attempt, None without one, and which limits are over."""

    minutes: float | None
    over: set[int]


class _Measured(NamedTuple):
    lead: Crossed
    wall: _Took
    business: _Took


@dataclass
class _Group:
    crossed: list[_Measured] = field(default_factory=list)
    promises: list[PromiseCount] = field(default_factory=list)
    answers: list[AnswerCount] = field(default_factory=list)


@dataclass(frozen=True)
class SpeedQuestion:
    """What is asked for; ``now`` is journey time, UTC. Reps with fewer leads than ``named_from``
    are shown as one."""

    period: Period
    now: datetime
    by: SpeedBy | None
    at_least: int
    named_from: int = 0


def month_of(at: datetime, time_zone: str) -> str:
    """The month that it is there at ``at`` (UTC), as YYYY-MM."""
    return f"{at.astimezone(zone(time_zone)):%Y-%m}"


def speed_report(
    asked: SpeedQuestion,
    crossed: Sequence[Crossed],
    promises: Iterable[PromiseCount],
    answers: Sequence[AnswerCount],
    calendar_of: Callable[[str], BusinessCalendar],
) -> SpeedReport:
    """The report.

    Args:
        calendar_of: when the team of a rep works.
    """
    measured = [_measured(one, asked.now, calendar_of(one.owner)) for one in crossed]
    whole = _Group(measured, list(promises), list(answers))
    parts: dict[str, _Group] = defaultdict(_Group)
    name = _names(asked, crossed)
    time_zone = asked.period.time_zone
    if asked.by is not None:
        for one in measured:
            of = Of(one.lead.owner, one.lead.team, month_of(one.lead.at, time_zone))
            parts[name(of)].crossed.append(one)
        for promise in whole.promises:
            parts[name(promise.of)].promises.append(promise)
        for answer in answers:
            parts[name(answer.of)].answers.append(answer)
    rows = [_row(value, group, asked) for value, group in parts.items()]
    sources: dict[str, list[AnswerCount]] = defaultdict(list)
    for answer in answers:
        sources[answer.source].append(answer)
    return SpeedReport(
        begins=asked.period.begins.isoformat(),
        ends=asked.period.ends.isoformat(),
        time_zone=time_zone,
        by=asked.by,
        at_least=asked.at_least,
        whole=_row(None, whole, asked),
        parts=sorted(rows, key=lambda row: row.value or ""),
        sources=[SourceAnswers(one, _answers(sources[one])) for one in sorted(sources)],
    )


def _names(asked: SpeedQuestion, crossed: Iterable[Crossed]) -> Callable[[Of], str]:
    """What a row is called that something belongs to."""
    leads = Counter(one.owner for one in crossed)

    def name(of: Of) -> str:
        if asked.by == SpeedBy.OWNER and of.owner and leads[of.owner] < asked.named_from:
            return FOLDED
        match asked.by:
            case SpeedBy.OWNER:
                return of.owner
            case SpeedBy.TEAM:
                return of.team
            case _:
                return of.month

    return name


def _row(value: str | None, group: _Group, asked: SpeedQuestion) -> SpeedRow:
    attempts = [one.lead.attempts for one in group.crossed]
    counts = [len(one) for one in attempts]
    attempts_p50, attempts_p90 = median_and_p90(counts)
    week = [one.lead for one in group.crossed if one.lead.at + FIRST_WEEK <= asked.now]
    persistent = sum(
        sum(at < one.at + FIRST_WEEK for at in one.attempts) >= asked.at_least for one in week
    )
    gaps = [
        max((later - earlier).total_seconds() for earlier, later in pairwise(one))
        for one in attempts
        if len(one) > 1
    ]
    return SpeedRow(
        value=value,
        leads=len(group.crossed),
        tried=sum(map(bool, counts)),
        wall=_minutes([one.wall for one in group.crossed]),
        business=_minutes([one.business for one in group.crossed]),
        attempts=sum(counts),
        attempts_per_lead=round(sum(counts) / len(counts), 2) if counts else None,
        attempts_p50=attempts_p50,
        attempts_p90=attempts_p90,
        persistent=persistent,
        weeks_over=len(week),
        persistent_share=share(persistent, len(week)),
        longest_gap_p50_days=days(median(gaps)) if gaps else None,
        longest_gap_days=days(max(gaps, default=None)),
        answers=_answers(group.answers),
        promises=_promises(group.promises),
    )


def _measured(one: Crossed, now: datetime, calendar: BusinessCalendar) -> _Measured:
    first = one.attempts[0] if one.attempts else None
    return _Measured(
        one,
        wall=_Took(
            (first - one.at).total_seconds() / 60 if first else None,
            {limit for limit in LIMITS if one.at + timedelta(minutes=limit) <= now},
        ),
        business=_Took(
            calendar.minutes_between(one.at, first) if first else None,
            {limit for limit in LIMITS if _is_over(calendar, one.at, limit, now)},
        ),
    )


def _is_over(calendar: BusinessCalendar, at: datetime, minutes: int, now: datetime) -> bool:
    try:
        return calendar.add(at, minutes) <= now
    except CalendarShut:
        return False


def _minutes(took: Sequence[_Took]) -> Minutes:
    p50, p90 = median_and_p90([one.minutes for one in took if one.minutes is not None])
    within, of = {}, {}
    for limit in LIMITS:
        old_enough = [one.minutes for one in took if limit in one.over]
        of[limit] = len(old_enough)
        within[limit] = sum(one is not None and one <= limit for one in old_enough)
    return Minutes(
        p50=_rounded(p50),
        p90=_rounded(p90),
        within_5=within[SOON],
        of_5=of[SOON],
        share_5=share(within[SOON], of[SOON]),
        within_60=within[WITHIN_THE_HOUR],
        of_60=of[WITHIN_THE_HOUR],
        share_60=share(within[WITHIN_THE_HOUR], of[WITHIN_THE_HOUR]),
    )


def _rounded(minutes: float | None) -> float | None:
    return None if minutes is None else round(minutes, 1)


def median_and_p90(values: Sequence[float]) -> tuple[float | None, float | None]:
    """What half and nine tenths of them do not exceed, between two of them in proportion, as
    ``percentile_cont`` has it; None of nothing."""
    if len(values) < 2:
        return (values[0], values[0]) if values else (None, None)
    tenths = quantiles(values, n=10, method="inclusive")
    return tenths[4], tenths[8]


def _promises(counts: Iterable[PromiseCount]) -> list[PromiseFigures]:
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for one in counts:
        for name in ("met", "due", "past_due", "waiting"):
            sums[one.promise][name] += getattr(one, name)
    return [
        PromiseFigures(
            promise,
            met=one["met"],
            due=one["due"],
            past_due=one["past_due"],
            waiting=one["waiting"],
            met_share=share(one["met"], one["met"] + one["due"]),
        )
        for promise, one in sorted(sums.items())
    ]


def _answers(counts: Iterable[AnswerCount]) -> AnswerFigures:
    accepted = 0
    reasons: Counter[str] = Counter()
    for one in counts:
        if one.accepted:
            accepted += one.leads
        else:
            reasons[one.reason] += one.leads
    returned = reasons.total()
    return AnswerFigures(
        accepted,
        returned,
        accepted_share=share(accepted, accepted + returned),
        returned_share=share(returned, accepted + returned),
        reasons=dict(sorted(reasons.items(), key=lambda one: (-one[1], one[0]))),
    )
