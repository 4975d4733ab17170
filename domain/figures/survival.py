"""How many go on in how many days when some have not done so yet (Kaplan and Meier)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple


class Case(NamedTuple):
    """``units`` that went on after ``days``, or that have waited for so long and not gone on."""

    days: float
    went_on: bool
    units: int = 1


class Point(NamedTuple):
    """The share that has gone on after ``days``, and how many were waiting until then."""

    days: float
    share: float
    waiting: int


def curve(cases: Iterable[Case]) -> list[Point]:
    """A point for each time at which somebody went on. Who waits still is counted for as long as
    it has waited, and those who leave at the time of others are counted with them."""
    ordered = sorted(cases)
    waiting = sum(case.units for case in ordered)
    staying = 1.0
    points = []
    for days, group in groupby(ordered, key=lambda case: case.days):
        at_once = list(group)
        gone = sum(case.units for case in at_once if case.went_on)
        if gone:
            staying *= 1 - gone / waiting
            points.append(Point(days, 1 - staying, waiting))
        waiting -= sum(case.units for case in at_once)
    return points


def censored_median(points: Sequence[Point]) -> float | None:
    """After how many days half have gone on, those who wait still included; None when half never
    has so far."""
    # A half that is made of thirds and sixths is a little less than one.
    return next((point.days for point in points if point.share >= 0.5 - 1e-12), None)
