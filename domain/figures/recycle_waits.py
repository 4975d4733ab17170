"""What a shorter or a longer wait would have changed, by what came of leads that waited so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from domain.figures.funnel import FEW, share
from domain.figures.intervals import newcombe

WAITS_WINDOW = 90
"""Days after coming back that count where no window is asked for: whoever waited less has been back
for longer, and would be ahead without."""


class WaitCount(NamedTuple):
    """Leads that were recycled for a reason and came back after such a wait, long enough ago."""

    reason: str
    wait: str
    leads: int
    requalified: int
    won: int


class WaitIs(StrEnum):
    """How a wait compares with the one that most leads of that reason waited."""

    SHORTER = "shorter"
    USUAL = "usual"
    LONGER = "longer"


@dataclass(frozen=True)
class Difference:
    """A share of leads that waited so, less that of those that waited as usual: from -1 to 1, with
    its interval of 95 %."""

    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class WaitRow:
    """What came of leads of one reason that waited so. The differences are those to the usual wait;
    None of it, and of fewer than 20 leads on either side."""

    reason: str
    wait: str
    compared: WaitIs
    leads: int
    requalified: int
    requalification: float | None
    requalified_more: Difference | None
    won: int
    win_rate: float | None
    won_more: Difference | None


def compared_waits(counts: Iterable[WaitCount], order: Sequence[str]) -> list[WaitRow]:
    """Of each reason, the most frequent first, its waits from the shortest to the longest.

    Args:
        order: all waits, the shortest first.
    """
    reasons: dict[str, list[WaitCount]] = defaultdict(list)
    for one in counts:
        reasons[one.reason].append(one)
    rows: list[WaitRow] = []
    for _reason, found in sorted(
        reasons.items(), key=lambda item: (-sum(one.leads for one in item[1]), item[0])
    ):
        found.sort(key=lambda one: order.index(one.wait))
        usual = max(found, key=lambda one: one.leads)
        rows += [_row(one, usual, order) for one in found]
    return rows


def _row(one: WaitCount, usual: WaitCount, order: Sequence[str]) -> WaitRow:
    longer = order.index(one.wait) - order.index(usual.wait)
    return WaitRow(
        reason=one.reason,
        wait=one.wait,
        compared=WaitIs.LONGER if longer > 0 else WaitIs.SHORTER if longer else WaitIs.USUAL,
        leads=one.leads,
        requalified=one.requalified,
        requalification=share(one.requalified, one.leads),
        requalified_more=_more(one, usual, one.requalified, usual.requalified),
        won=one.won,
        win_rate=share(one.won, one.leads),
        won_more=_more(one, usual, one.won, usual.won),
    )


def _more(one: WaitCount, usual: WaitCount, part: int, usual_part: int) -> Difference | None:
    if one is usual or min(one.leads, usual.leads) < FEW:
        return None
    between = newcombe(part, one.leads, usual_part, usual.leads)
    difference = part / one.leads - usual_part / usual.leads
    return Difference(round(difference, 4), round(between.low, 4), round(between.high, 4))
