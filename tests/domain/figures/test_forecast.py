"""The forecast, and what past ones were worth, without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.figures.forecast import (
    OBSERVED_MONTHS,
    TESTED_MONTHS,
    AgeClosings,
    ForecastCounts,
    ForecastReport,
    OpenThen,
    PipelineStageCount,
    forecast_bounds,
    forecast_moments,
    forecast_report,
)
from domain.figures.win_rates import Closings
from domain.money import DatedRates
from domain.refusals import Invalid

NOW = datetime(2026, 6, 10, 9, tzinfo=UTC)
SEOUL = "Asia/Seoul"
RATES = DatedRates("USD", {"EUR": {date(2026, 4, 1): Decimal(2)}})
BOUNDS = forecast_bounds(NOW, SEOUL)
PLACES = len(BOUNDS) - 1


def opened(place: int, number: int, amount: str | None, won: int = 0, **given: str) -> OpenThen:
    """Opportunities that had been open for ten days, worth as much together."""
    worth = None if amount is None else Decimal(amount)
    return OpenThen(
        place=place,
        age=10,
        currency=given.get("currency", "USD") if worth is not None else "",
        number=number,
        amount=worth,
        squares=worth * worth / number if worth is not None else None,
        without_amount=number if worth is None else 0,
        won_currency=given.get("currency", "USD") if won else "",
        won=won,
        won_amount=worth if won else None,
    )


def told(
    *standing: OpenThen, closings: int = 40, stages: tuple[PipelineStageCount, ...] = ()
) -> ForecastReport:
    """A forecast of 30 days, where so many were closed in each month, half of them won: one in
    twenty days of each opportunity."""
    known = [
        AgeClosings(place, 0, Closings(20 * closings, closings / 2, closings / 2))
        for place in range(PLACES)
    ]
    moments = forecast_moments(BOUNDS, SEOUL, 30)
    counts = ForecastCounts(known, standing, stages)
    return forecast_report(moments, counts, RATES, days=30, time_zone=SEOUL)


def test_months_begin_where_the_company_is_and_only_those_that_are_over_are_judged() -> None:
    """A month that runs still would look like one in which nothing came."""
    moments = forecast_moments(BOUNDS, SEOUL, 30)

    assert len(BOUNDS) == OBSERVED_MONTHS + TESTED_MONTHS + 2
    assert BOUNDS[-2] == datetime(2026, 5, 31, 15, tzinfo=UTC)
    assert [str(one.begins) for one in moments[-2:]] == ["2026-05-01", "2026-06-10"]
    assert moments[-1].at == NOW
    assert str(moments[-1].ends) == "2026-07-10"
    assert len(moments) == TESTED_MONTHS + 1


def test_the_months_are_as_many_as_are_said() -> None:
    """Of short forecasts one more would be judged than of others."""
    short = forecast_moments(BOUNDS, SEOUL, 1)

    assert len(short) == TESTED_MONTHS + 1


def test_a_forecast_reckoned_by_hand() -> None:
    """Half of what is closed is won, and 1 - exp(-30/20) is closed: 38.8 % are won. What has no
    amount is a win, and in no sum."""
    report = told(opened(PLACES, 100, "5000"), opened(PLACES, 10, None))
    now = report.now

    # From nine in the morning there until midnight, thirty days later.
    part = 0.5 * (1 - 2.718281828 ** (-(30 - 18 / 24) / 20))
    assert now.expected_wins == pytest.approx(110 * part, abs=0.01)
    assert (now.open, now.without_amount, now.open_value) == (110, 10, Decimal("5000.00"))
    assert float(now.expected_value or 0) == pytest.approx(5000 * part, abs=0.01)
    assert now.wins_low is not None
    assert now.wins_high is not None
    assert 0 < now.wins_low < 110 * part < now.wins_high < 110
    assert (now.wins, now.value) == (None, None)
    # The month that runs is beside the whole ones.
    months = OBSERVED_MONTHS + 1
    assert (report.closed, report.won) == (40 * months, 20 * months)


def test_what_past_forecasts_were_worth() -> None:
    """An error that nobody prints is believed to be none; months without a rate are in none of
    money, and are in that of wins."""
    report = told(
        opened(PLACES - 2, 100, "100"),
        opened(PLACES - 2, 30, "30", won=30),
        opened(PLACES - 3, 100, "100", currency="EUR"),
        opened(PLACES - 3, 60, "60", won=60, currency="EUR"),
        opened(PLACES - 5, 10, "10", currency="EUR"),
    )
    dated = {str(one.begins): one for one in report.months if one.open}

    assert list(dated) == ["2026-02-01", "2026-04-01", "2026-05-01"]
    april = dated["2026-04-01"]
    assert (april.wins, april.value, april.open_value) == (60, Decimal("120.00"), Decimal("320.00"))
    assert (dated["2026-02-01"].value, dated["2026-02-01"].expected_value) == (None, None)
    wins = [(one.expected_wins or 0, one.wins or 0) for one in report.months]
    assert report.wins_test.months == TESTED_MONTHS
    assert report.wins_test.error == pytest.approx(
        sum(abs(expected - came) for expected, came in wins) / sum(came for _e, came in wins),
        abs=1e-3,
    )
    assert report.wins_test.bias == pytest.approx(
        sum(expected - came for expected, came in wins) / sum(came for _e, came in wins), abs=1e-3
    )
    assert report.value_test.months == TESTED_MONTHS - 1
    assert report.wins_test.within_share == round(report.wins_test.within / TESTED_MONTHS, 4)


def test_of_few_there_is_no_forecast_and_no_error() -> None:
    """Nineteen that were closed tell nothing; and nothing that came is no error of a hundred."""
    few = told(opened(PLACES, 3, "30"), closings=0)
    untested = told(opened(PLACES, 3, "30"))

    assert (few.now.expected_wins, few.now.expected_value, few.months) == (None, None, [])
    assert few.now.open_value == Decimal("30.00")
    assert (untested.wins_test.error, untested.value_test.error) == (None, None)


def test_stages_are_weighted_by_what_came_of_those_that_had_been_in_them() -> None:
    """The parts add up, and a stage with too few weighs nothing: it is said how much that is."""
    report = told(
        stages=(
            PipelineStageCount(
                "discovery", {"USD": (3, Decimal("100.01")), "EUR": (1, Decimal(7))}, 1, 30, 10
            ),
            PipelineStageCount("proposal", {"USD": (2, Decimal(10))}, 0, 20, 15),
            PipelineStageCount("verbal", {"USD": (1, Decimal(4))}, 0, 19, 19),
        )
    )

    assert [(one.open, one.value, one.win_rate, one.weighted) for one in report.stages] == [
        (5, Decimal("114.01"), 0.3333, Decimal("38.00")),
        (2, Decimal("10.00"), 0.75, Decimal("7.50")),
        (1, Decimal("4.00"), None, None),
    ]
    assert (report.weighted, report.unweighted) == (Decimal("45.50"), Decimal("4.00"))


def test_without_a_rate_there_is_no_sum() -> None:
    """What is left out of a sum is not seen in it."""
    with pytest.raises(Invalid, match="KRW 2026-06-10"):
        told(stages=(PipelineStageCount("proposal", {"KRW": (1, Decimal(9))}, 0, 0, 0),))
