"""Units that went into a stage and out of it in a period, and what stood in it before and after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from domain.contracts.journey import Stage
from domain.figures.stages import STAGES, WON


class StageMoves(NamedTuple):
    """How many units moved between two stages, by position; None is outside of the cycle."""

    from_stage: int | None
    to_stage: int | None
    units: int


@dataclass
class Flow:
    """What went through a stage: ``entered`` units, of them ``implied`` ones that passed over it;
    ``left`` it, of them ``onward`` to a stage beyond."""

    entered: int = 0
    implied: int = 0
    left: int = 0
    onward: int = 0


def flows(moves: Iterable[StageMoves]) -> dict[Stage, Flow]:
    """The flow of each stage. A stage that is passed over is entered and left at once."""
    found = {stage: Flow() for stage in STAGES}
    for one in moves:
        start, end = one.from_stage, one.to_stage
        if start is not None:
            left = found[STAGES[start]]
            left.left += one.units
            if end is not None and start < end <= WON:
                left.onward += one.units
        if end is None:
            continue
        found[STAGES[end]].entered += one.units
        # From outside a unit passes all stages before, from a detour none: it has been there.
        first = 0 if start is None else start + 1
        for passed in range(first, end if end <= WON else 0):
            over = found[STAGES[passed]]
            over.entered += one.units
            over.implied += one.units
            over.left += one.units
            over.onward += one.units
    return found


def balances(moves: Iterable[StageMoves]) -> dict[Stage, int]:
    """How many units stand in each stage after all these moves."""
    return {stage: flow.entered - flow.left for stage, flow in flows(moves).items()}
