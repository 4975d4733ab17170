"""Wins and losses: why opportunities end as they do, those that rest after a loss, and what those
that were won have in common.

What each figure means stands in ``docs/figures.md``.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, count, pairwise
from math import log2
from typing import NamedTuple

from domain.figures.funnel import FEW, Kind, days, share
from domain.figures.intervals import wilson
from domain.figures.periods import Period
from domain.figures.scoring import Lift, lift, rounded

AGES = (30, 60, 90, 180)
"""Days at which a higher age of an opportunity begins."""
SINCE = (30, 90, 180, 365)
"""Days at which a longer time since the loss begins."""
MOST_POINTS, POINTS_STEP = 30, 5
_WORD = re.compile("[a-z][a-z0-9_]*")


class WinLossBy(StrEnum):
    """What wins and losses can be split by: the segment or source of the lead, the stage in which
    the opportunity ended, the time since it was opened, and since it came to that stage."""

    SEGMENT = "segment"
    SOURCE = "source"
    STAGE = "stage"
    AGE = "age"
    IN_STAGE = "in_stage"


class ClosedCount(NamedTuple):
    """Opportunities that ended, of one ``value`` and kind (None: of all), and the median seconds
    from opening to the win, or to the loss."""

    value: str | None
    kind: Kind | None
    closed: int
    won: int
    won_seconds: float | None
    lost_seconds: float | None


class LostCount(NamedTuple):
    """Lost opportunities with one reason or competitor; ``split`` says which of the two ``name``
    is."""

    split: str
    name: str
    value: str | None
    kind: Kind | None
    lost: int
    seconds: float | None


class PoolCount(NamedTuple):
    """Leads that rest after a loss, by the time since it; to ``due`` ones we come back already."""

    since: str
    kind: Kind | None
    leads: int
    due: int


class TraitCount(NamedTuple):
    """Opportunities whose lead, or its account, has this value at a path that conditions read."""

    path: str
    key: str
    value: str
    closed: int
    won: int


@dataclass(frozen=True)
class OutcomeRow:
    """Opportunities that ended in the period; lost is what was not won. The interval is that of
    the win rate."""

    value: str | None
    kind: Kind | None
    closed: int
    won: int
    lost: int
    win_rate: float | None
    low: float | None
    high: float | None
    median_days_to_won: float | None
    median_days_to_lost: float | None


@dataclass(frozen=True)
class LostReasonRow:
    """Lost opportunities by ``reason`` or ``competitor`` (which of both is the ``split``; '' for
    none that was named), and their share of all lost ones of that value and kind."""

    split: str
    name: str
    value: str | None
    kind: Kind | None
    lost: int
    of: int
    share: float | None
    median_days: float | None


@dataclass(frozen=True)
class PoolRow:
    """Leads in the recycle pool after a loss, by the days since it (None: all). ``due`` ones were
    to come back already."""

    since: str | None
    kind: Kind | None
    leads: int
    due: int


@dataclass(frozen=True)
class TraitRow(Lift):
    """A trait of leads and accounts: opportunities that have it, and were won. ``condition`` asks
    for it, ``points`` is what it suggests; 0 for nothing, as where the interval, which holds for
    all rows together, has 1 in it. ``asked_already`` is whether a rule of fit asks for the path."""

    condition: str
    closed: int
    won: int
    points: int
    asked_already: bool


@dataclass(frozen=True)
class WinLossReport:
    """Outcomes, reasons and competitors; the pool of lost ones as it is now; and traits of those
    that were won. ``suggested`` are rules of fit in YAML, for a person to look at and to publish,
    '' for none. Traits are of ``traits_of`` opportunities, ``chosen`` whether by chance among
    more."""

    begins: str
    ends: str
    time_zone: str
    by: WinLossBy | None
    outcomes: list[OutcomeRow]
    lost: list[LostReasonRow]
    pool: list[PoolRow]
    traits: list[TraitRow]
    traits_of: int
    chosen: bool
    suggested: str
    behind: int = 0
    """Leads whose last changes are not counted yet."""


class TraitsLookedAt(NamedTuple):
    """Opportunities whose traits were counted; ``chosen`` whether by chance among more."""

    closed: int
    won: int
    chosen: bool
    counts: Sequence[TraitCount]


def bands(edges: Sequence[int]) -> list[str]:
    """The names of the spans of days between these."""
    middle = [f"{begin} to {end - 1}" for begin, end in pairwise(edges)]
    return [f"under {edges[0]}", *middle, f"{edges[-1]} and more"]


class WinLossCounts(NamedTuple):
    """What the facts say."""

    closed: Sequence[ClosedCount]
    lost: Sequence[LostCount]
    pool: Sequence[PoolCount]
    traits: TraitsLookedAt


def win_loss_report(
    period: Period, by: WinLossBy | None, counts: WinLossCounts, read: Collection[str]
) -> WinLossReport:
    """The report; ``read`` are the facts that the rules of fit read already, such as
    ``lead.country`` and ``lead.attributes.employees``."""
    found = {(one.value, one.kind): one for one in counts.closed}
    rows = _traits(counts.traits, read)
    in_time = bands(AGES) if by in (WinLossBy.AGE, WinLossBy.IN_STAGE) else []

    def place(value: str | None) -> tuple[bool, int, str]:
        """All of them first, then ages in the order of time, other values the largest first."""
        of = found.get((value, None))
        at = in_time.index(value) if value in in_time else -(of.closed if of else 0)
        return value is not None, at, value or ""

    return WinLossReport(
        begins=period.begins.isoformat(),
        ends=period.ends.isoformat(),
        time_zone=period.time_zone,
        by=by,
        outcomes=sorted(
            map(_outcome, counts.closed),
            key=lambda one: (*place(one.value), one.kind or ""),
        ),
        lost=sorted(
            # What ended otherwise, or was erased, since it was counted is of none any more.
            (
                _lost(one, found[one.value, one.kind])
                for one in counts.lost
                if (one.value, one.kind) in found
            ),
            key=lambda one: (
                one.split != "reason",
                *place(one.value),
                -one.lost,
                one.name,
                one.kind or "",
            ),
        ),
        pool=_pool(counts.pool),
        traits=rows,
        traits_of=counts.traits.closed,
        chosen=counts.traits.chosen,
        suggested=_yaml(rows),
    )


def _outcome(one: ClosedCount) -> OutcomeRow:
    low, high = wilson(one.won, one.closed) if one.closed >= FEW else (None, None)
    return OutcomeRow(
        value=one.value,
        kind=one.kind,
        closed=one.closed,
        won=one.won,
        lost=one.closed - one.won,
        win_rate=share(one.won, one.closed),
        low=rounded(low),
        high=rounded(high),
        median_days_to_won=days(one.won_seconds),
        median_days_to_lost=days(one.lost_seconds),
    )


def _lost(one: LostCount, closed: ClosedCount) -> LostReasonRow:
    of = closed.closed - closed.won
    return LostReasonRow(
        split=one.split,
        name=one.name,
        value=one.value,
        kind=one.kind,
        lost=one.lost,
        of=of,
        share=share(one.lost, of),
        median_days=days(one.seconds),
    )


def _pool(counts: Iterable[PoolCount]) -> list[PoolRow]:
    sums: dict[tuple[str | None, Kind | None], list[int]] = {(None, None): [0, 0]}
    for one in counts:
        for key in ((None, None), (None, one.kind), (one.since, None), (one.since, one.kind)):
            of = sums.setdefault(key, [0, 0])
            of[0] += one.leads
            of[1] += one.due
    order = [None, *bands(SINCE)]
    rows = [PoolRow(since, kind, *of) for (since, kind), of in sums.items()]
    return sorted(rows, key=lambda one: (order.index(one.since), one.kind or ""))


def _traits(found: TraitsLookedAt, read: Collection[str]) -> list[TraitRow]:
    rows = []
    for one in found.counts:
        path = one.path + (_key(one.key) if one.key else "")
        lifted = lift(one.won, one.closed, found.won, found.closed, len(found.counts))
        rows.append(
            TraitRow(
                **vars(lifted),
                condition=f"{path} == {_quoted(one.value)}",
                closed=one.closed,
                won=one.won,
                points=_points(lifted),
                asked_already=(f"{one.path}.{one.key}" if one.key else one.path) in read,
            )
        )
    return sorted(rows, key=lambda one: (-abs(one.points), -one.closed, one.condition))


def _key(name: str) -> str:
    return f".{name}" if _WORD.fullmatch(name) else f"[{_quoted(name)}]"


def _quoted(value: str) -> str:
    """The text in a condition, without a character that ends lines or commands a terminal."""
    said = json.dumps(value, ensure_ascii=False)
    return "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in said)


def _points(found: Lift) -> int:
    """Ten for each doubling of the lift, by the end of its interval that is nearer to 1, in whole
    fives."""
    if found.lift_low is None or found.lift_high is None:
        return 0
    if found.lift_low <= 1 <= found.lift_high:
        return 0
    surely = found.lift_low if found.lift_low > 1 else found.lift_high
    worth = 10 * log2(surely) if surely else -MOST_POINTS
    steps = max(1, round(abs(worth) / POINTS_STEP))
    return (1 if worth > 0 else -1) * min(MOST_POINTS, steps * POINTS_STEP)


def _yaml(rows: Iterable[TraitRow]) -> str:
    lines: list[str] = []
    names: set[str] = set()
    for one in rows:
        if one.points and not one.asked_already:
            asked = one.condition.replace("'", "''")
            name = _name(one.condition, names)
            names.add(name)
            told = name.replace("'", "''")
            lines += [
                f"  # {one.won} of {one.closed} won: {one.lift:.2f} times as many as of all",
                f"  - rule: '{told}'",
                f"    if: '{asked}'",
                f"    points: {one.points}",
            ]
    return "\n".join(["fit:", *lines, ""]) if lines else ""


def _name(condition: str, taken: Collection[str]) -> str:
    path, _equal, value = condition.partition(" == ")
    told = path.removeprefix("lead.").removeprefix("attributes").lstrip(".").strip('["]')
    printed = "".join(one if one.isprintable() else " " for one in ast.literal_eval(value))
    said = " ".join(f"{told} is {printed}".split())
    numbered = (f"{said[:73].rstrip()} ({number})" for number in count(2))
    return next(one for one in chain([said[:80].rstrip()], numbered) if one not in taken)
