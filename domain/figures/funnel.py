"""The funnel: how many units reached each stage, went on, and how long that took them.

What each figure means stands in ``docs/figures.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from domain.contracts.journey import Stage
from domain.figures.flows import Flow, StageMoves, flows
from domain.figures.periods import Period
from domain.figures.stages import DAY, FUNNEL

FEW = 20
"""Of fewer cases no share is told, only how many they are."""
MOST_BEHIND = 100_000
"""Changes that are looked through for leads that are not counted yet: one more leads are more
changes than that."""
FOLDED = "(few)"
"""The value of those whose own is not shown, because they are too few."""


class Mode(StrEnum):
    """Which conversion is meant: of those who came in the period, or of the moves in it."""

    COHORT = "cohort"
    ACTIVITY = "activity"


class Dimension(StrEnum):
    """What figures can be split by."""

    SOURCE = "source"
    CAMPAIGN = "campaign"
    CADENCE = "cadence"
    SEGMENT = "segment"
    OWNER = "owner"
    TEAM = "team"
    COUNTRY = "country"
    CYCLE = "cycle"


class Kind(StrEnum):
    """Net-new units (cycle 1) and recycled ones stand apart."""

    NET_NEW = "net_new"
    RECYCLED = "recycled"


@dataclass(frozen=True)
class Question:
    """What a funnel is asked for.

    ``window`` is in days, None for as long as it took; ``only`` holds the values that units have,
    ``imported`` whether of imported history (None: of both), ``now`` journey time, UTC.
    """

    period: Period
    now: datetime
    by: Dimension | None = None
    window: int | None = None
    mode: Mode = Mode.COHORT
    only: Mapping[Dimension, str] = field(default_factory=dict)
    imported: bool | None = None


class Quartiles(NamedTuple):
    """Seconds: the quarter, the half, three quarters and nine tenths took no longer."""

    p25: float
    median: float
    p75: float
    p90: float


class PassageCount(NamedTuple):
    """What the facts say of one stage, of the units with one ``value`` and of one ``kind`` (None:
    of all). Of a cohort, ``converted`` and ``won`` are those old enough for the window."""

    value: str | None
    kind: Kind | None
    stage: int
    entered: int = 0
    implied: int = 0
    immature: int = 0
    converted: int = 0
    won: int = 0
    faults: int = 0
    quartiles: Quartiles | None = None
    median_to_won: float | None = None
    censored_median: float | None = None
    """Seconds."""

    def plus(self, counts: Sequence[int]) -> PassageCount:
        """The same with more units: ``counts`` are ``entered`` to ``faults``."""
        entered, implied, immature, converted, won, faults = counts
        return self._replace(
            entered=self.entered + entered,
            implied=self.implied + implied,
            immature=self.immature + immature,
            converted=self.converted + converted,
            won=self.won + won,
            faults=self.faults + faults,
        )


class MoveCount(NamedTuple):
    """Units that moved between two stages in the period."""

    value: str | None
    kind: Kind | None
    moves: StageMoves


@dataclass(frozen=True)
class StageFigures:
    """One stage. Of a cohort: the units that entered it first in the period, of them those that
    were ``implied``, that ``converted`` within the window, and that are younger than it
    (``immature``). Of activity: ``entered`` and ``left`` in the period, ``converted`` those that
    left for a stage beyond. Without a ``conversion`` there were too few. ``faults`` are durations
    of zero or less, which no velocity counts. ``censored_median_days`` is of a cohort and of those
    who have not gone on, too; None while too few have, of few units, and of the parts of a split.
    """

    stage: Stage
    entered: int
    implied: int
    converted: int
    immature: int
    left: int | None
    conversion: float | None
    median_days: float | None
    p25_days: float | None
    p75_days: float | None
    p90_days: float | None
    censored_median_days: float | None
    faults: int


@dataclass(frozen=True)
class Funnel:
    """The stages of one group of units, and how many won."""

    stages: list[StageFigures]
    won: int
    overall_conversion: float | None
    median_days_to_won: float | None


@dataclass(frozen=True)
class FunnelPart:
    """The funnel of the units with one value, of one kind."""

    value: str
    kind: Kind
    funnel: Funnel


@dataclass(frozen=True)
class FunnelReport(Funnel):
    """All units, net-new and recycled ones apart, and the parts of a split, which add up to it.
    Of ``behind`` leads the last changes are not counted yet."""

    mode: Mode
    begins: str
    ends: str
    time_zone: str
    window: int | None
    by: Dimension | None
    net_new: Funnel
    recycled: Funnel
    parts: list[FunnelPart]
    behind: int = 0


def share(part: int, whole: int) -> float | None:
    """A share as a number from 0 to 1; None of fewer than :data:`FEW`."""
    return round(part / whole, 4) if whole >= FEW else None


def days(seconds: float | None) -> float | None:
    """Seconds as days with two decimals."""
    return None if seconds is None else round(seconds / DAY, 2)


def report(
    question: Question, counts: Iterable[PassageCount], moves: Iterable[MoveCount] = ()
) -> FunnelReport:
    """The report that was asked for, of what was counted: for a cohort ``counts`` have everything,
    for activity they have the durations and ``moves`` the rest."""
    groups: dict[tuple[str | None, Kind | None], dict[int, PassageCount]] = {}
    for one in counts:
        groups.setdefault((one.value, one.kind), {})[one.stage] = one
    moved: dict[tuple[str | None, Kind | None], list[StageMoves]] = {}
    for move in moves:
        moved.setdefault((move.value, move.kind), []).append(move.moves)

    def funnel(value: str | None, kind: Kind | None) -> Funnel:
        counted = groups.get((value, kind), {})
        if question.mode == Mode.ACTIVITY:
            return _activity(counted, flows(moved.get((value, kind), ())))
        return _cohort(counted)

    parts = [
        FunnelPart(value, kind, funnel(value, kind))
        for value, kind in {*groups, *moved}
        if value is not None and kind is not None
    ]
    whole = funnel(None, None)
    return FunnelReport(
        whole.stages,
        whole.won,
        whole.overall_conversion,
        whole.median_days_to_won,
        question.mode,
        question.period.begins.isoformat(),
        question.period.ends.isoformat(),
        question.period.time_zone,
        question.window,
        question.by,
        funnel(None, Kind.NET_NEW),
        funnel(None, Kind.RECYCLED),
        sorted(parts, key=lambda part: (-part.funnel.stages[0].entered, part.value, part.kind)),
    )


def _cohort(counted: Mapping[int, PassageCount]) -> Funnel:
    stages = []
    for position, stage in enumerate(FUNNEL):
        one = counted.get(position, PassageCount(None, None, position))
        last = position + 1 == len(FUNNEL)
        stages.append(
            _stage(
                stage,
                one,
                entered=one.entered,
                implied=one.implied,
                converted=one.converted,
                conversion=None if last else share(one.converted, one.entered - one.immature),
                left=None,
            )
        )
    first = counted.get(0, PassageCount(None, None, 0))
    return Funnel(
        stages,
        first.won,
        share(first.won, first.entered - first.immature),
        days(first.median_to_won),
    )


def _activity(counted: Mapping[int, PassageCount], flow: Mapping[Stage, Flow]) -> Funnel:
    stages = []
    for position, stage in enumerate(FUNNEL):
        through = flow[stage]
        last = position + 1 == len(FUNNEL)
        stages.append(
            _stage(
                stage,
                counted.get(position, PassageCount(None, None, position)),
                entered=through.entered,
                implied=through.implied,
                converted=through.onward,
                conversion=None if last else share(through.onward, through.left),
                left=through.left,
            )
        )
    won = flow[Stage.CUSTOMER].entered
    first = counted.get(0, PassageCount(None, None, 0))
    return Funnel(stages, won, share(won, flow[FUNNEL[0]].left), days(first.median_to_won))


def _stage(
    stage: Stage,
    counted: PassageCount,
    *,
    entered: int,
    implied: int,
    converted: int,
    conversion: float | None,
    left: int | None,
) -> StageFigures:
    took: Sequence[float | None] = counted.quartiles or (None,) * 4
    p25, median, p75, p90 = (days(one) for one in took)
    return StageFigures(
        stage,
        entered,
        implied,
        converted,
        counted.immature,
        left,
        conversion,
        median,
        p25,
        p75,
        p90,
        days(counted.censored_median),
        counted.faults,
    )
