"""Intervals as the literature has them, and what a report of leaks says of few cases."""

from __future__ import annotations

from datetime import date

import pytest

from domain.figures.intervals import newcombe, wilson
from domain.figures.leaks import (
    BookedAhead,
    DecidedCount,
    FirstResponse,
    LeakBy,
    LeakCounts,
    LeaksReport,
    ResponseCount,
    RestCount,
    SettingCount,
    StageBaseline,
    StandingCount,
    baseline_period,
    leaks_report,
)
from domain.figures.periods import Period
from domain.figures.stages import DAY

QUARTER = Period(date(2026, 3, 1), date(2026, 6, 1), "UTC")


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17, 857-872: table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_a_share_has_the_interval_of_wilson(part: int, whole: int, low: float, high: float) -> None:
    """A manager would be told that a rate is certain which is not."""
    assert wilson(part, whole) == pytest.approx((low, high), abs=5e-5)


def test_the_interval_of_a_difference_is_newcombes() -> None:
    """Newcombe 1998, Statistics in Medicine 17, 873-890: table II, method 10."""
    assert newcombe(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert newcombe(9, 10, 3, 10) == pytest.approx((0.1705, 0.8090), abs=5e-5)


def report(
    *,
    standing: list[StandingCount] | None = None,
    decided: list[DecidedCount] | None = None,
    responses: list[ResponseCount] | None = None,
    settings: list[SettingCount] | None = None,
    rests: list[RestCount] | None = None,
    baseline: dict[int, StageBaseline] | None = None,
    by: LeakBy | None = None,
) -> LeaksReport:
    counts = LeakCounts(standing or [], decided or [], responses or [], settings or [], rests or [])
    return leaks_report(QUARTER, by, counts, baseline or {})


def test_the_cost_of_late_answers_is_the_difference_times_the_late_ones() -> None:
    """A team would hurry, or not, for a number that does not follow from what is shown."""
    found = report(
        responses=[
            ResponseCount(None, FirstResponse.IN_TIME, 90, 10, 70, 56),
            ResponseCount(None, FirstResponse.LATE, 100, 20, 80, 48),
            ResponseCount(None, FirstResponse.UNTRIED, 7, 3, 7, 0),
        ]
    ).response[0]

    assert (found.leads, found.untried, found.untried_open) == (197, 7, 3)
    assert (found.in_time_share, found.late_share, found.difference) == (0.8, 0.6, 0.2)
    assert (found.difference_low, found.difference_high) == (0.0524, 0.3339)
    assert (found.cost, found.cost_low, found.cost_high) == (16.0, 4.2, 26.7)


def test_of_few_cases_there_are_counts_and_no_shares() -> None:
    """One lead more would turn the figure."""
    found = report(
        standing=[
            StandingCount(None, 2, 19, 4, DAY, 2 * DAY),
            StandingCount(None, 3, 30, 3, DAY, DAY),
        ],
        decided=[DecidedCount(None, 2, 10, 9)],
        responses=[
            ResponseCount(None, FirstResponse.IN_TIME, 90, 0, 70, 56),
            ResponseCount(None, FirstResponse.LATE, 19, 0, 19, 1),
        ],
        settings=[SettingCount("web", BookedAhead.SAME_DAY, True, 19, 5, 2, 1)],
        baseline={2: StageBaseline(20, DAY, 3 * DAY), 3: StageBaseline(19, DAY, 3 * DAY)},
    )  # fmt: skip

    mql, sal = found.waiting
    assert (mql.overdue, mql.overdue_share, mql.baseline_p90_days) == (4, None, 3)
    # Nineteen that went on are no baseline: who is late is not known.
    assert (sal.overdue, sal.overdue_share, sal.baseline_cases, sal.baseline_p90_days) == (
        *(None, None),
        *(19, None),
    )
    assert (found.lost[0].lost, found.lost[0].lost_share) == (10, None)
    late = found.response[0]
    assert (late.late_share, late.difference, late.cost) == (None, None, None)
    missed = found.no_shows[0]
    assert (missed.no_shows, missed.no_show_share, missed.low) == (5, None, None)


def test_no_shows_are_counted_by_source_days_ahead_and_reminder() -> None:
    """The parts of each split add up to the whole, or one of them is wrong."""
    found = report(
        settings=[
            SettingCount("web", BookedAhead.SAME_DAY, True, 20, 2, 1, 1),
            SettingCount("web", BookedAhead.LONGER, False, 10, 5, 2, 0),
            SettingCount("fair", BookedAhead.LONGER, True, 10, 1, 0, 0),
        ]
    ).no_shows

    assert [(one.split, one.value, one.meetings, one.no_shows) for one in found] == [
        ("", None, 40, 8),
        ("source", "web", 30, 7),
        ("source", "fair", 10, 1),
        ("ahead", "same_day", 20, 2),
        ("ahead", "8_days_and_more", 20, 6),
        ("reminder", "reminded", 30, 3),
        ("reminder", "not_reminded", 10, 5),
    ]
    assert (found[0].no_show_share, found[0].rebooked, found[0].recovered) == (0.2, 3, 1)


def test_the_baseline_is_of_the_twelve_months_before() -> None:
    """The last of February has no year before."""
    before = baseline_period(Period(date(2028, 2, 29), date(2028, 3, 1), "Asia/Seoul"))

    assert (before.begins, before.ends) == (date(2027, 2, 28), date(2028, 2, 29))
