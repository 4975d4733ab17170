"""The stages in the order of the funnel, and when a unit first reached each of them.

The unit of all figures is one lead in one cycle (``docs/figures.md``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from domain.contracts.journey import Stage

FUNNEL = (
    Stage.KNOWN,
    Stage.ENGAGED,
    Stage.MQL,
    Stage.SAL,
    Stage.SQL,
    Stage.OPPORTUNITY,
    Stage.CUSTOMER,
)
STAGES = (*FUNNEL, Stage.RECYCLED, Stage.DISQUALIFIED)
"""With the detours. Facts name a stage by its position here, from 0."""
POSITION: Mapping[str, int] = {stage: position for position, stage in enumerate(STAGES)}
WON = POSITION[Stage.CUSTOMER]
DAY = 86_400.0
"""Seconds of a day, as windows and velocities are counted."""


class Entry(NamedTuple):
    """When a stage was first reached (UTC), and whether that was filled in because it was
    skipped."""

    at: datetime
    implied: bool


def first_entries(moves: Iterable[tuple[str, datetime]]) -> dict[Stage, Entry]:
    """When a unit first reached each stage of the funnel; those it never reached are left out.

    Args:
        moves: each stage that was entered, with its time, in the order in which that happened. A
            stage that is passed over counts as reached at the time of the one beyond it.
    """
    entries: dict[Stage, Entry] = {}
    for stage, at in moves:
        position = POSITION[stage]
        if position > WON:
            continue
        for passed in FUNNEL[:position]:
            entries.setdefault(passed, Entry(at, implied=True))
        entries.setdefault(FUNNEL[position], Entry(at, implied=False))
    return entries
