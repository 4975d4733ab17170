"""How soon opportunities are won or lost, by how long they have been open: rates that are observed,
and what they let expect of those that are open now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import exp, inf
from typing import NamedTuple

from domain.figures.funnel import FEW
from domain.figures.intervals import Interval, about

AGES = (0, 30, 60, 90, 180, 365)
"""Days open at which another rate begins to hold."""
_STEP = 1e-3


class Closings(NamedTuple):
    """Opportunities of an age: the days for which they were open at it, all together, and how many
    were won and lost."""

    days: float
    won: float
    lost: float

    def plus(self, more: Closings) -> Closings:
        """Both together."""
        return Closings(self.days + more.days, self.won + more.won, self.lost + more.lost)


NONE_CLOSED = Closings(0, 0, 0)
Rates = Sequence[tuple[float, Closings]]
"""From which age on, in days, what was observed; each until the next begins."""


class OpenAtAge(NamedTuple):
    """Open opportunities of one age: how many, what they are worth together, and the sum of the
    squares of that."""

    number: int
    worth: float = 0.0
    squares: float = 0.0

    def plus(self, more: OpenAtAge) -> OpenAtAge:
        """Both together."""
        return OpenAtAge(
            self.number + more.number, self.worth + more.worth, self.squares + more.squares
        )


class Expected(NamedTuple):
    """What is expected, and the interval of 95 % that it lies in."""

    mean: float
    interval: Interval


def observed_rates(closings: Sequence[Closings]) -> Rates:
    """The rates by age, those of neighbouring ages together where fewer than :data:`FEW` closed,
    unless at the rate before as many would have closed: that few did is the rate then. None where
    fewer closed at any age.

    Args:
        closings: of each of :data:`AGES`.
    """
    rates: list[tuple[float, Closings]] = []
    begins, found = 0.0, NONE_CLOSED
    for age, one in zip(AGES, closings, strict=True):
        if found == NONE_CLOSED:
            begins = age if rates else 0.0
        found = found.plus(one)
        usual = rates[-1][1] if rates else NONE_CLOSED
        expected = found.days * (usual.won + usual.lost) / usual.days if rates else 0
        if max(found.won + found.lost, expected) >= FEW and found.days > 0:
            rates.append((begins, found))
            found = NONE_CLOSED
    if rates and found != NONE_CLOSED:
        begins, last = rates[-1]
        rates[-1] = (begins, last.plus(found))
    return rates


def chance(rates: Rates, age: float, days: float) -> float:
    """How probably an opportunity that has been open for ``age`` days is won within so many more:
    it may be lost before."""
    won, stays = 0.0, 1.0
    for (begins, one), (ends, _next) in pairwise([*rates, (inf, NONE_CLOSED)]):
        lasts = min(ends, age + days) - max(begins, age)
        closed = one.won + one.lost
        if lasts <= 0 or not closed:
            continue
        left = stays * exp(-closed / one.days * lasts)
        won += one.won / closed * (stays - left)
        stays = left
    return won


def expected_wins(
    rates: Rates, standing: Mapping[int, OpenAtAge], days: float
) -> tuple[Expected, Expected]:
    """How many of the open opportunities are won within so many days, and what these are worth.

    The intervals hold what chance does to each opportunity, and how far the rates may be from what
    more closings would show (Poisson, by the delta method).

    Args:
        standing: by how many days they have been open.
    """
    usual = {age: chance(rates, age, days) for age in standing}
    number = sum(usual[age] * one.number for age, one in standing.items())
    worth = sum(usual[age] * one.worth for age, one in standing.items())
    of_number = sum(usual[age] * (1 - usual[age]) * one.number for age, one in standing.items())
    of_worth = sum(usual[age] * (1 - usual[age]) * one.squares for age, one in standing.items())
    for place, (begins, known) in enumerate(rates):
        ends = rates[place + 1][0] if place + 1 < len(rates) else inf
        held = {age: one for age, one in standing.items() if age < ends and age + days > begins}
        for more, count in (
            (Closings(0, _STEP, 0), known.won),
            (Closings(0, 0, _STEP), known.lost),
        ):
            other = [*rates]
            other[place] = (begins, known.plus(more))
            slope = {age: (chance(other, age, days) - usual[age]) / _STEP for age in held}
            # What was never seen may come once.
            variance = max(count, 1)
            of_number += variance * sum(slope[age] * one.number for age, one in held.items()) ** 2
            of_worth += variance * sum(slope[age] * one.worth for age, one in held.items()) ** 2
    every = sum(one.number for one in standing.values())
    total = sum(one.worth for one in standing.values())
    return (
        Expected(number, about(number, of_number, every)),
        Expected(worth, about(worth, of_worth, total)),
    )
