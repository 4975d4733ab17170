"""How long people waited after a server had come back."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from settings import Clock
from tests.faults.campaign.faults import Fault
from tests.support.deployment import Deployment

CALM_SECONDS = 10.0
"""A fault that was over so long ago has no part in what happens now."""

# Times are journey time but for the relay's; a lead that was paused waits for that.
_CROSSINGS = """
    SELECT crossing.at AS begun, (
        SELECT min(opened_at) FROM task WHERE task.lead_id = crossing.lead_id
            AND kind = 'qualify' AND opened_at >= moved.at) AS under_way
    FROM crossing JOIN stage_transition AS moved USING (lead_id, cycle)
    WHERE moved.phase = 'FollowUp' AND crossing.lead_id <> ALL('{{{paused}}}')
"""
_DISPOSITIONS = """
    SELECT completed_at AS begun, delivered_at AS under_way
    FROM task JOIN relay_message ON relay_message.key = 'task:' || task.id
    WHERE task.state = 'done' AND outcome = 'delivered'
"""


@dataclass(frozen=True)
class Wait:
    """Something that people wait for; real times in seconds since 1970."""

    begun: float
    under_way: float


def read_waits(here: Deployment, clock: Clock, paused: Collection[str]) -> dict[str, list[Wait]]:
    """What people waited for in a campaign, by kind."""

    def real(journey: datetime) -> float:
        return (clock.epoch + (journey - clock.epoch) / clock.factor).timestamp()

    crossings = here.rows(_CROSSINGS.format(paused=",".join(paused)))
    dispositions = here.rows(_DISPOSITIONS)
    return {
        "crossing → task": [
            Wait(real(one.begun), real(one.under_way)) for one in crossings if one.under_way
        ],
        "disposition → journey": [
            Wait(real(one.begun), one.under_way.timestamp()) for one in dispositions
        ],
    }


def recoveries(
    server: str, faults: Sequence[Fault], waits: Sequence[Wait]
) -> tuple[list[float], list[float]]:
    """After each return of ``server``, the seconds until the next thing is under way.

    They count from the return, or from when that thing began, if that was later.

    Returns:
        All of them, and those during which nothing else was wrong.
    """
    every, calm = [], []
    for fault in faults:
        if fault.what != server:
            continue
        after = [wait for wait in waits if wait.under_way > fault.ended]
        if not after:
            continue
        first = min(after, key=lambda wait: wait.under_way)
        seconds = first.under_way - max(fault.ended, first.begun)
        every.append(seconds)
        others = (one for one in faults if one is not fault)
        if not any(
            one.begun < first.under_way and one.ended > fault.ended - CALM_SECONDS for one in others
        ):
            calm.append(seconds)
    return every, calm


def summary(seconds: Iterable[float]) -> dict[str, float]:
    """How many, their median and the worst."""
    known = sorted(seconds)
    if not known:
        return {"count": 0}
    return {
        "count": len(known),
        "median": round(statistics.median(known), 1),
        "worst": round(known[-1], 1),
    }
