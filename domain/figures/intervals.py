"""How far shares of few cases may be from what many would show: intervals of 95 %."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

_Z = 1.959963984540054


class Interval(NamedTuple):
    """From ``low`` to ``high``; shares are from 0 to 1, differences from -1 to 1."""

    low: float
    high: float


def wilson(part: int, whole: int) -> Interval:
    """Of a share (Wilson's score interval). ``whole`` is at least 1."""
    of, z2 = part / whole, _Z * _Z
    middle = (of + z2 / (2 * whole)) / (1 + z2 / whole)
    half = _Z * sqrt(of * (1 - of) / whole + z2 / (4 * whole * whole)) / (1 + z2 / whole)
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def newcombe(part: int, whole: int, other_part: int, other_whole: int) -> Interval:
    """Of the difference of two shares, the first less the other (Newcombe's, from Wilson's of
    both). Each ``whole`` is at least 1."""
    one, other = part / whole, other_part / other_whole
    of_one, of_other = wilson(part, whole), wilson(other_part, other_whole)
    return Interval(
        one - other - sqrt((one - of_one.low) ** 2 + (of_other.high - other) ** 2),
        one - other + sqrt((of_one.high - one) ** 2 + (other - of_other.low) ** 2),
    )
