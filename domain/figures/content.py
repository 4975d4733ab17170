"""Content: mails and pages that precede moves to the next stage, against a control, and what of the
content for sales sales uses.

What each figure means stands in ``docs/figures.md``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from domain.figures.funnel import FEW, share
from domain.figures.intervals import newcombe, z_of
from domain.figures.periods import Period
from domain.figures.scoring import rounded

WEEK = timedelta(days=7)
"""In so long leads see something, and in so long after it they are to go on."""


class ContentKind(StrEnum):
    """What leads saw: a mail of a cadence that was sent to them, a page of the site."""

    MAIL = "mail"
    PAGE = "page"


class StageWeek(NamedTuple):
    """Leads that stood in the stage at this position for the whole of one week, and of these those
    that went on in the week after."""

    week: int
    stage: int
    leads: int
    went_on: int


class Exposure(NamedTuple):
    """Those of them that saw something in that week."""

    kind: ContentKind
    name: str
    of: StageWeek


class SeenCounts(NamedTuple):
    """What leads saw: all cases, and those that saw each mail and page. ``chosen`` is whether leads
    were chosen by chance among more."""

    standing: Sequence[StageWeek]
    exposures: Sequence[Exposure]
    chosen: bool


@dataclass(frozen=True)
class ContentRow:
    """A mail or a page: leads by week that saw it, and of these those that went on in the week
    after (``share``). ``control_share`` is that of leads in the same stages and weeks that did not
    see it; ``difference`` is that of both, with an interval that holds for all rows together. What
    has no control is in ``leads`` alone."""

    kind: ContentKind
    name: str
    leads: int
    compared: int
    went_on: int
    share: float | None
    control_share: float | None
    difference: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class UsedRow:
    """A piece of content for sales, and how many mails and notes of sales have its address in the
    period."""

    title: str
    url: str
    uses: int


@dataclass(frozen=True)
class ContentReport:
    """What was seen before leads went on; ``chosen`` is whether they were chosen by chance among
    more. ``standing`` are leads by week that stood in a stage, ``went_on`` those that left it for
    one beyond in the week after."""

    begins: str
    ends: str
    time_zone: str
    weeks: int
    standing: int
    went_on: int
    chosen: bool
    rows: list[ContentRow]
    sales: list[UsedRow]
    behind: int = 0
    """Leads whose last changes are not counted yet."""


def weeks_of(period: Period, today: date) -> list[Period]:
    """The whole weeks of a period, from its first day on, after which another one is over."""
    last = min(period.ends, today - WEEK)
    number = max(0, (last - period.begins) // WEEK)
    days = [period.begins + at * WEEK for at in range(number)]
    return [Period(day, day + WEEK, period.time_zone) for day in days]


def content_report(
    period: Period, weeks: int, counts: SeenCounts, sales: Iterable[UsedRow]
) -> ContentReport:
    """The report; ``weeks`` is how many were looked at."""
    standing = counts.standing
    strata = {(one.week, one.stage): one for one in standing}
    found: dict[tuple[ContentKind, str], list[StageWeek]] = defaultdict(list)
    for one in counts.exposures:
        found[one.kind, one.name].append(one.of)
    rows = [
        _row(kind, name, seen, strata, z_of(len(found))) for (kind, name), seen in found.items()
    ]
    return ContentReport(
        begins=period.begins.isoformat(),
        ends=period.ends.isoformat(),
        time_zone=period.time_zone,
        weeks=weeks,
        standing=sum(one.leads for one in standing),
        went_on=sum(one.went_on for one in standing),
        chosen=counts.chosen,
        rows=sorted(rows, key=lambda one: (-(one.low or 0), -one.leads, one.name)),
        sales=sorted(sales, key=lambda one: (one.uses, one.title)),
    )


def _row(
    kind: ContentKind,
    name: str,
    seen: Sequence[StageWeek],
    strata: dict[tuple[int, int], StageWeek],
    z: float,
) -> ContentRow:
    """The control is weighed as those who saw it are spread over weeks and stages."""
    compared = went_on = controls = 0
    expected = variance = 0.0
    for one in seen:
        of_all = strata[one.week, one.stage]
        others = of_all.leads - one.leads
        if not others:
            continue
        usual = (of_all.went_on - one.went_on) / others
        compared += one.leads
        went_on += one.went_on
        controls += others
        expected += one.leads * usual
        variance += one.leads * one.leads * usual * (1 - usual) / others
    leads = sum(one.leads for one in seen)
    if min(compared, controls) < FEW:
        nothing = (None,) * 5
        return ContentRow(kind, name, leads, compared, went_on, *nothing)
    control = expected / compared
    # As many controls, were they one group, would tell as much.
    alike = control * (1 - control) * compared**2 / variance if variance else controls
    low, high = newcombe(went_on, compared, control * alike, alike, z)
    return ContentRow(
        kind,
        name,
        leads,
        compared,
        went_on,
        share(went_on, compared),
        *(rounded(one) for one in (control, went_on / compared - control, low, high)),
    )
