"""What has stopped: counts of days that are too small for chance, against the same weekdays before.

What each figure means stands in ``docs/figures.md``.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Generic, TypeVar

WINDOWS = (1, 2, 3, 5, 7, 14, 28)
"""Days that are looked at together, the last of them the latest: what comes rarely is missed
late."""
WEEKS = 24
"""Weeks before that are compared with."""
LEAST_SPANS = 4
"""Equal spans before, without which nothing is said."""
COLLAPSED = 0.5
"""Only what is at most half of what was usual: less than that is business."""
TELLING = 8
"""Where so many are usual, none or few of them tell something."""
FALSE_ALARMS = 0.1
"""What chance alone may bring in a month, of all series together."""
MONTH = 30.4
"""Days."""
MEDIAN_ERROR = math.pi / 2
"""The variance of a median of n is that of their mean, so many times."""

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class StoppedSeries(Generic[Key]):
    """A series of which, in the last ``days``, only ``seen`` came where about ``expected`` were
    usual; ``chance`` is how likely that is by chance."""

    series: Key
    days: int
    seen: int
    expected: float
    chance: float


@dataclass(frozen=True)
class _Span:
    days: int
    seen: int
    expected: float
    chance: float


def stopped_series(counts: Mapping[Key, Sequence[int]]) -> list[StoppedSeries[Key]]:
    """The series that have stopped or collapsed, the surest first.

    Each is judged by its own last days, in spans of several lengths, against the spans of the same
    weekdays in the weeks before: by their median, and by the tail of a negative binomial
    distribution that is as wide as its days vary. The more series and spans are judged, the rarer
    must be what counts.

    Args:
        counts: of each series one number for each day, without gaps, ending with the same day.
    """
    judged = {key: list(_spans(days)) for key, days in counts.items()}
    tests = sum(map(len, judged.values()))
    if not tests:
        return []
    level = FALSE_ALARMS / MONTH / tests
    found = []
    for key, spans in judged.items():
        one = min(spans, key=lambda span: span.chance, default=None)
        if one is not None and one.chance < level and not _goes_on(spans):
            found.append(StoppedSeries(key, one.days, one.seen, round(one.expected, 1), one.chance))
    return sorted(found, key=lambda one: one.chance)


def _spans(days: Sequence[int]) -> list[_Span]:
    """The spans that can be judged: those of which enough was usual that nothing would be rare."""
    spans = []
    for length in WINDOWS:
        before = _same_spans(days, length)
        if len(before) < LEAST_SPANS:
            break
        expected = median(before)
        if not expected:
            continue
        seen = sum(days[-length:])
        chance = 1.0
        if seen <= COLLAPSED * expected:
            wide = expected * dispersion(days[:-length]) * (1 + MEDIAN_ERROR / len(before))
            chance = at_most(seen, expected, wide)
        spans.append(_Span(length, seen, expected, chance))
    return spans


def _goes_on(spans: Sequence[_Span]) -> bool:
    """Whether the latest days, as few as tell something, are as usual again."""
    latest = next((one for one in spans if one.expected >= TELLING), None)
    return latest is None or latest.seen > COLLAPSED * latest.expected


def _same_spans(days: Sequence[int], length: int) -> list[int]:
    """The sums of the equal spans before that end on the same weekday and don't overlap."""
    step = 7 * -(-length // 7)
    ends = range(len(days) - step, max(length, len(days) - 7 * WEEKS) - 1, -step)
    return [sum(days[end - length : end]) for end in ends]


def dispersion(days: Sequence[int]) -> float:
    """How many times wider than those of chance alone (Poisson) the counts of days vary about their
    weekday's mean, and those of weeks about theirs: the greater of the two, at least 1."""
    past = days[-7 * WEEKS :]
    weekdays = [past[place::7] for place in range(7)]
    weeks = [sum(past[end - 7 : end]) for end in range(len(past), 6, -7)]
    return max(1.0, _index([one for one in weekdays if len(one) > 1]), _index([weeks]))


def _index(groups: Sequence[Sequence[int]]) -> float:
    """The variance within groups over the mean, pooled."""
    squares = freedom = 0.0
    for group in groups:
        mean = fmean(group) if group else 0.0
        if mean and len(group) > 1:
            squares += sum((one - mean) ** 2 for one in group) / mean
            freedom += len(group) - 1
    return squares / freedom if freedom else 1.0


def at_most(seen: int, mean: float, variance: float) -> float:
    """How likely a count of at most ``seen`` is, of a negative binomial distribution.

    Args:
        variance: greater than the mean.
    """
    size = mean * mean / (variance - mean)
    share = mean / (size + mean)
    term = math.exp(
        math.lgamma(seen + size)
        - math.lgamma(size)
        - math.lgamma(seen + 1)
        + size * math.log1p(-share)
        + seen * math.log(share)
    )
    total = term
    # Below the mean each count is rarer than the one above it.
    for count in range(seen, 0, -1):
        term *= count / ((count - 1 + size) * share)
        total += term
        if term < total * 1e-12:
            break
    return min(1.0, total)
