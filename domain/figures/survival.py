"""How long half take to go on when some have not done so yet (Kaplan and Meier)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Departures(NamedTuple):
    """Of ``units`` that were there for ``seconds`` and no longer, ``gone`` went on; the others have
    waited for so long."""

    seconds: float
    gone: int
    units: int

    def plus(self, more: Departures) -> Departures:
        """Both, as if at the later of their times."""
        return Departures(
            max(self.seconds, more.seconds), self.gone + more.gone, self.units + more.units
        )


def censored_median(departures: Iterable[Departures]) -> float | None:
    """After how many seconds half have gone on, of those that have had so long; None when half
    never has so far.

    Args:
        departures: one for each time. Who waits still counts for as long as it has waited, and at
            the time of those who go with them.
    """
    ordered = sorted(departures)
    waiting = sum(one.units for one in ordered)
    staying = 1.0
    for seconds, gone, units in ordered:
        staying *= 1 - gone / waiting
        # A half that is made of thirds and sixths is a little more than one.
        if staying <= 0.5 + 1e-12:
            return seconds
        waiting -= units
    return None
