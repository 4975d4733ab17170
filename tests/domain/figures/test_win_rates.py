"""What observed rates let expect of open opportunities."""

from __future__ import annotations

import random
from math import exp

import pytest

from domain.figures.win_rates import (
    AGES,
    NONE_CLOSED,
    Closings,
    OpenAtAge,
    chance,
    expected_wins,
    observed_rates,
)

RATES = [
    (0.0, Closings(3000, 30, 60)),
    (60.0, Closings(8000, 40, 20)),
    (180.0, Closings(100, 0, 3)),
]


def by_small_steps(age: float, days: float, step: float = 0.01) -> float:
    """The same chance, an hour or so at a time."""
    won, stays = 0.0, 1.0
    for number in range(round(days / step)):
        at = age + number * step
        one = [known for begins, known in RATES if begins <= at + 1e-9][-1]
        won += stays * one.won / one.days * step
        stays *= 1 - (one.won + one.lost) / one.days * step
    return won


@pytest.mark.parametrize(("age", "days"), [(0, 30), (10, 100), (59, 1), (100, 200), (400, 50)])
def test_the_chance_is_what_small_steps_come_to(age: int, days: int) -> None:
    """A wrong integral would be off by as much as rates differ between ages."""
    assert chance(RATES, age, days) == pytest.approx(by_small_steps(age, days), abs=2e-4)


def test_one_rate_reckoned_by_hand() -> None:
    """2 % a day are closed, a quarter of them won."""
    rates = [(0.0, Closings(5000, 25, 75))]

    assert chance(rates, 7, 50) == pytest.approx(0.25 * (1 - exp(-1)))
    number, worth = expected_wins(rates, {7: OpenAtAge(200, 1000.0, 5000.0)}, 50)
    assert number.mean == pytest.approx(50 * (1 - exp(-1)))
    assert worth.mean == pytest.approx(250 * (1 - exp(-1)))


def test_ages_at_which_few_were_closed_count_together() -> None:
    """Three wins of a year-old opportunity are no rate."""
    closings = [Closings(100, 10, 5), Closings(90, 4, 1), Closings(50, 30, 9), *[NONE_CLOSED] * 2]

    rates = observed_rates([*closings, Closings(20, 1, 2)])

    assert rates == [(0.0, Closings(190, 14, 6)), (60, Closings(70, 31, 11))]
    assert observed_rates([Closings(100, 9, 10), *[NONE_CLOSED] * 5]) == []


def test_few_closings_of_many_that_were_open_for_long_are_a_rate() -> None:
    """A thousand opportunities that nobody has touched for a year would be won as soon as new
    ones, and the forecast would be ten times what comes."""
    young, old = Closings(2000, 20, 20), Closings(100_000, 2, 3)

    rates = observed_rates([young, *[NONE_CLOSED] * 4, old])

    assert rates == [(0.0, young), (365, old)]
    number, _worth = expected_wins(rates, {400: OpenAtAge(1000)}, 90)
    assert number.mean == pytest.approx(1000 * 90 * 2 / 100_000, rel=0.01)
    assert number.interval.low < number.mean < number.interval.high
    never = observed_rates([young, *[NONE_CLOSED] * 4, Closings(100_000, 0, 0)])
    assert expected_wins(never, {400: OpenAtAge(1000)}, 90)[0].mean == 0


def test_the_interval_holds_nineteen_times_of_twenty() -> None:
    """A manager who promises the lower end would break the promise too often. The rates are those
    of other opportunities than the ones that are foretold, as they are in life."""
    chances = random.Random(4)
    won_rate, lost_rate, horizon = 0.006, 0.01, 60.0

    def life() -> tuple[float, bool]:
        lasts = chances.expovariate(won_rate + lost_rate)
        return lasts, chances.random() < won_rate / (won_rate + lost_rate)

    within = within_worth = 0
    for _trial in range(400):
        known = [NONE_CLOSED] * len(AGES)
        for lasts, won in (life() for _ in range(150)):
            for place, begins in enumerate(AGES):
                ends = [*AGES, 10**9][place + 1]
                days = max(0.0, min(lasts, ends) - begins)
                here = begins <= lasts < ends
                known[place] = known[place].plus(Closings(days, here and won, here and not won))
        rates = observed_rates(known)
        came, came_worth = 0, 0.0
        standing: dict[int, OpenAtAge] = {}
        for number in range(60):
            age, amount = number * 3, chances.uniform(1, 50)
            lasts, won = life()
            came += won and lasts < horizon
            came_worth += amount if won and lasts < horizon else 0
            one = OpenAtAge(1, amount, amount**2)
            standing[age] = standing.get(age, OpenAtAge(0)).plus(one)
        wins, worth = expected_wins(rates, standing, horizon)
        within += wins.interval.low <= came <= wins.interval.high
        within_worth += worth.interval.low <= came_worth <= worth.interval.high

    assert 0.92 <= within / 400 <= 0.98
    assert 0.92 <= within_worth / 400 <= 0.98
