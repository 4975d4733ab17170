"""How far figures of few cases may be from what many would show: intervals of 95 %."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

_Z = 1.959963984540054


class Interval(NamedTuple):
    """From ``low`` to ``high``; shares are from 0 to 1, differences from -1 to 1."""

    low: float
    high: float


def wilson(part: float, whole: float, z: float = _Z) -> Interval:
    """Of a share (Wilson's score interval). ``whole`` is above 0; ``z`` as of :func:`z_of`."""
    of, z2 = part / whole, z * z
    middle = (of + z2 / (2 * whole)) / (1 + z2 / whole)
    half = z * sqrt(of * (1 - of) / whole + z2 / (4 * whole * whole)) / (1 + z2 / whole)
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def z_of(rows: int) -> float:
    """How many standard errors the intervals of so many rows have to reach, so that all of them
    together hold with 95 % (Bonferroni)."""
    return NormalDist().inv_cdf(1 - 0.025 / max(1, rows))


def about(mean: float, variance: float, most: float) -> Interval:
    """Of a sum of many independent parts (normal), from 0 to the ``most`` that it can be."""
    half = _Z * sqrt(variance)
    return Interval(max(0.0, mean - half), min(most, mean + half))


def newcombe(
    part: float, whole: float, other_part: float, other_whole: float, z: float = _Z
) -> Interval:
    """Of the difference of two shares, the first less the other (Newcombe's, from Wilson's of
    both). Each ``whole`` is above 0; ``z`` as of :func:`z_of`."""
    one, other = part / whole, other_part / other_whole
    of_one, of_other = wilson(part, whole, z), wilson(other_part, other_whole, z)
    return Interval(
        one - other - sqrt((one - of_one.low) ** 2 + (of_other.high - other) ** 2),
        one - other + sqrt((of_one.high - one) ** 2 + (other - of_other.low) ** 2),
    )


def of_area(area: float, reached: int, others: int) -> Interval:
    """Of an area under the curve, of so many on either side, each at least 1 (Hanley and
    McNeil)."""
    both, one = area / (2 - area), 2 * area * area / (1 + area)
    variance = (
        area * (1 - area)
        + (reached - 1) * (both - area * area)
        + (others - 1) * (one - area * area)
    ) / (reached * others)
    half = _Z * sqrt(max(0.0, variance))
    return Interval(max(0.0, area - half), min(1.0, area + half))
