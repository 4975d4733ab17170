"""Which touches an opportunity is owed to: first-, last- and W-shaped attribution.

Credit is given in fractions that sum to one exactly, and never to a touch that came after the
opportunity was opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

ONE_VISIT = timedelta(minutes=30)
"""Within it, the same campaign again is the same touch: people reload pages."""
_MILESTONE, _REST = Fraction(30, 100), Fraction(10, 100)


class AttributionModel(StrEnum):
    """How credit is given."""

    FIRST = "first"
    """All of it to the first touch."""
    LAST = "last"
    """All of it to the last touch before the opportunity."""
    W = "w"
    """30 % each to the first touch, to the one that made the lead and to the one that made the
    opportunity; the other touches share 10 %."""


class MarketingTouch(NamedTuple):
    """Somebody came by a campaign; ``at`` is journey time, UTC."""

    at: datetime
    source: str
    campaign: str


UNKNOWN = ("", "")
"""Source and campaign of what nobody knows an origin of."""


def visits(touches: Sequence[MarketingTouch]) -> list[MarketingTouch]:
    """The touches by time, each campaign once in a visit."""
    found: list[MarketingTouch] = []
    last: dict[tuple[str, str], datetime] = {}
    for one in sorted(touches):
        before = last.get(one[1:])
        last[one[1:]] = one.at
        if before is None or one.at - before > ONE_VISIT:
            found.append(one)
    return found


def with_source(
    touches: Sequence[MarketingTouch], created_at: datetime, source: str
) -> list[MarketingTouch]:
    """The touches and, where none of them came before the lead did, the source that the lead was
    entered or imported with, as a touch of that time.

    Args:
        source: of the lead; '' when nobody knows it.
    """
    known = [one for one in touches if one.at <= created_at]
    return [*touches] if known or not source else [MarketingTouch(created_at, source, ""), *touches]


def credit(
    touches: Sequence[MarketingTouch],
    model: AttributionModel,
    *,
    created_at: datetime,
    opened_at: datetime,
) -> dict[tuple[str, str], Fraction]:
    """(source, campaign) → its share of the opportunity; the shares sum to one. Where nothing came
    before the opportunity it is all of :data:`UNKNOWN`.

    Args:
        touches: in any order.
        created_at: when the lead came to be, journey time, UTC.
        opened_at: when the opportunity was opened.
    """
    counted = visits([one for one in touches if one.at <= opened_at])
    if not counted:
        return {UNKNOWN: Fraction(1)}
    match model:
        case AttributionModel.FIRST:
            weights = {0: Fraction(1)}
        case AttributionModel.LAST:
            weights = {len(counted) - 1: Fraction(1)}
        case AttributionModel.W:
            weights = _w_shaped(counted, created_at)
    whole = sum(weights.values())
    shares: dict[tuple[str, str], Fraction] = {}
    for place, weight in weights.items():
        of = counted[place][1:]
        shares[of] = shares.get(of, Fraction(0)) + weight / whole
    return shares


def _w_shaped(counted: Sequence[MarketingTouch], created_at: datetime) -> dict[int, Fraction]:
    """Place → weight. A milestone that no touch stands for has none: the others share its part, as
    they do the rest where there is none."""
    made_lead = [place for place, one in enumerate(counted) if one.at <= created_at]
    milestones = [0, *made_lead[-1:], len(counted) - 1]
    weights: dict[int, Fraction] = {}
    for place in milestones:
        weights[place] = weights.get(place, Fraction(0)) + _MILESTONE
    others = [place for place in range(len(counted)) if place not in weights]
    return weights | dict.fromkeys(others, _REST / max(1, len(others)))
