"""What recipients did while the database was away, as it waits on disk."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path

from domain.sentences import sentence
from health.checks import Check, State

SET_ASIDE = "set-aside"
"""Name of the folder of those that can't be recorded."""
LOST = "lost"
"""Name of a file with a byte for each that found no room."""


@dataclass(frozen=True)
class SpoolCounts:
    """Visits that wait for the database, those that it refuses for good, and those that found no
    room and are lost."""

    waiting: int
    set_aside: int
    lost: int


def counts_of(folder: Path) -> SpoolCounts:
    """What is in ``folder``, that of ``Settings.visit_spool()``; it may not exist."""
    lost = folder / LOST
    return SpoolCounts(
        files_in(folder), files_in(folder / SET_ASIDE), lost.stat().st_size if lost.exists() else 0
    )


def files_in(folder: Path) -> int:
    """How many visits there are."""
    try:
        with os.scandir(folder) as entries:
            return sum(entry.name.endswith(".json") for entry in entries)
    except FileNotFoundError:
        return 0


def visits(folder: Path) -> Check:
    """Whether clicks, opens and unsubscriptions wait or are in danger."""
    counts = counts_of(folder)
    said = sentence(
        "{waiting} wait on disk, {aside} set aside, {lost} lost",
        waiting=counts.waiting,
        aside=counts.set_aside,
        lost=counts.lost,
    )
    state, advice = State.OK, ""
    if counts.waiting:
        state = State.WARN
        advice = sentence(
            "Web apps record what recipients did within seconds once the database takes it: if "
            "this does not shrink, no web app runs on this folder."
        )
    if counts.set_aside or counts.lost:
        state = State.WARN
        advice = sentence(
            "Some of what recipients did could not be recorded: see {folder}.", folder=str(folder)
        )
    title = sentence("Clicks and unsubscriptions")
    return Check("visits", title, state, said, advice, asdict(counts))
