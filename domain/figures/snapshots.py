"""The figures of each day, as they are kept: what they are made of, and how they are restated.

What each figure means stands in ``docs/figures.md``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from domain.figures.flows import StageMoves, flows
from domain.figures.funnel import Kind
from domain.figures.stages import FUNNEL, STAGES


class Subject(StrEnum):
    """What a figure of a day is about."""

    STAGE = "stage"
    SOURCE = "source"
    MONEY = "money"
    INTAKE = "intake"
    DAY = "day"
    """That the day was counted at all."""


class Intake(StrEnum):
    """A way by which news come in from other programs."""

    MAIL_EVENTS = "mail_events"
    RECEIVED_MAIL = "received_mail"
    TRACKING = "tracking"
    BOOKINGS = "bookings"


class FigureKey(NamedTuple):
    """Which figure: of a stage or source ``kind`` is net_new or recycled, of money its currency."""

    day: date
    subject: Subject
    name: str
    kind: str
    measure: str


class DayMoves(NamedTuple):
    """Moves of a day between two stages, of units of one kind."""

    day: date
    kind: Kind
    moves: StageMoves


@dataclass(frozen=True)
class SnapshotRow:
    """A figure as it is stated now, since ``stated_at`` (journey time, UTC)."""

    day: date
    subject: str
    name: str
    kind: str
    measure: str
    value: Decimal
    stated_at: datetime


@dataclass(frozen=True)
class RestatedFigure:
    """A figure that was ``was`` when it was stated, and ``now`` since it was restated ``at``
    (journey time, UTC)."""

    day: date
    subject: str
    name: str
    kind: str
    measure: str
    was: Decimal
    now: Decimal
    at: datetime


MEASURES: Mapping[Subject, tuple[str, ...]] = {
    Subject.STAGE: ("entered", "implied", "left", "onward", "balance"),
    Subject.SOURCE: tuple(str(stage) for stage in FUNNEL),
    Subject.MONEY: ("wins", "amount", "spend"),
    Subject.INTAKE: ("events",),
}
"""What is kept of each subject, in the order of the columns of its file."""


def stage_figures(moves: Iterable[DayMoves], first: date, end: date) -> dict[FigureKey, int]:
    """The flows of each day from ``first`` to before ``end``, and what stood in each stage at the
    end of it; those that are zero are left out.

    Args:
        moves: all there ever were until ``end``.
    """
    by_day: dict[tuple[date, Kind], list[StageMoves]] = defaultdict(list)
    for one in moves:
        by_day[one.day, one.kind].append(one.moves)
    found: dict[FigureKey, int] = {}
    for kind in Kind:
        balance = dict.fromkeys(STAGES, 0)
        for day in _days(first, end):
            through = flows(by_day.get((day, kind), ()))
            for stage in STAGES:
                flow = through[stage]
                balance[stage] += flow.entered - flow.left
                for measure, value in (
                    ("entered", flow.entered),
                    ("implied", flow.implied),
                    ("left", flow.left),
                    ("onward", flow.onward),
                    ("balance", balance[stage]),
                ):
                    if value:
                        found[FigureKey(day, Subject.STAGE, stage, kind, measure)] = value
    return found


def _days(first: date, end: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((end - first).days))
