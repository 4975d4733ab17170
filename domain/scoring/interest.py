"""Interest: what a lead does, in points that halve with every half-life.

A lead's interest is the sum of the points that count, each decayed since its event: a function of
the set of events, whatever the order in which they were heard of. It is kept as one value and the
time that value is of, so that an event costs one multiplication and nothing is recomputed nightly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.scoring.policy import Period, ScoringPolicy

DUST = 1e-6
"""Points by which sums of decayed points may miss the exact half."""


@dataclass(frozen=True)
class InterestEvent:
    """What an interest rule sees of something a lead did.

    ``name`` of a track or screen event, ``path`` and ``url`` of a page, ``properties`` as sent
    along (plain JSON values).
    """

    kind: str
    name: str = ""
    path: str = ""
    url: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Worth:
    """What the rules give an event before any cap.

    ``period`` is the start (UTC) of the rule's calendar period, None for a rule without a cap;
    ``rule`` is '' and ``points`` 0 when no rule fits.
    """

    rule: str
    points: int
    period: datetime | None


_WORTH_NOTHING = Worth("", 0, None)


@dataclass(frozen=True)
class Interest:
    """Decayed points as they were at ``as_of``, the time of the latest event among them."""

    value: float
    as_of: datetime

    def plus(self, points: float, at: datetime, half_life: timedelta) -> Interest:
        """With an event of ``points`` at ``at``, which may be earlier than those before it.

        Two interests are put together the same way: ``a.plus(b.value, b.as_of, half_life)``.
        """
        if at >= self.as_of:
            return Interest(self.value * _left(at - self.as_of, half_life) + points, at)
        return Interest(self.value + points * _left(self.as_of - at, half_life), self.as_of)

    def at(self, now: datetime, half_life: timedelta) -> float:
        """Points left at ``now``; what lies ahead of ``now`` counts in full."""
        return self.value * _left(max(now - self.as_of, timedelta()), half_life)


NOTHING = Interest(0.0, datetime(1970, 1, 1, tzinfo=UTC))
"""The interest of a lead that did nothing."""


@dataclass(frozen=True)
class Scored:
    """An event with what the rules gave it (see :class:`Worth`).

    ``key`` is unique; ``machine`` says which kind of machine did it, '' for the lead itself.
    """

    key: str
    at: datetime
    rule: str
    worth: int
    period: datetime | None
    machine: str


def _left(age: timedelta, half_life: timedelta) -> float:
    return math.pow(0.5, age / half_life)


def worth_of(policy: ScoringPolicy, event: InterestEvent, at: datetime) -> Worth:
    """The points of the first rule that fits; ``at`` (timezone-aware) is when it happened, and its
    day in UTC the one from which conditions count days: scored anew it is worth the same.

    A condition that can't be answered does not fit.
    """
    fields = policy.fields_by_kind.get(event.kind, ())
    said = tuple([getattr(event, name) for name in fields])
    find = policy.rule_of if "properties" in fields else policy.remembered_rule_of
    rule = find(event.kind, said, at.astimezone(UTC).date())
    if rule is None:
        return _WORTH_NOTHING
    cap = rule.at_most
    return Worth(rule.rule, rule.points, _period(at, cap.per) if cap else None)


def cap_of(policy: ScoringPolicy, rule: str) -> int | None:
    """How many events of a rule count within one period; None for no cap or no such rule."""
    cap = policy.caps.get(rule)
    return cap.times if cap else None


def counted(policy: ScoringPolicy, events: Iterable[Scored]) -> dict[str, int]:
    """Key → the points that count, for every key.

    Of a rule's events in one period the first by (time, key) count, as many as its cap says; what
    a machine did counts 0 and takes no place. A key that comes twice counts once.
    """
    points: dict[str, int] = {}
    places: dict[tuple[str, datetime], int] = {}
    for event in _each_once(events):
        points[event.key] = 0 if event.machine else event.worth
        cap = cap_of(policy, event.rule)
        if event.machine or cap is None or event.period is None:
            continue
        place = (event.rule, event.period)
        places[place] = places.get(place, 0) + 1
        if places[place] > cap:
            points[event.key] = 0
    return points


def total(policy: ScoringPolicy, events: Iterable[Scored]) -> Interest:
    """The interest of a lead whose whole history this is."""
    history = _each_once(events)
    points = counted(policy, history)
    interest = NOTHING
    for event in history:
        interest = interest.plus(points[event.key], event.at, policy.half_life.length)
    return interest


def _each_once(events: Iterable[Scored]) -> list[Scored]:
    """By (time, key), the earliest of each key."""
    by_time = sorted(events, key=lambda event: (event.at, event.key, event.machine))
    first: dict[str, Scored] = {}
    for event in by_time:
        first.setdefault(event.key, event)
    return list(first.values())


def score(value: float) -> int:
    """The points that are shown: rounded half up, never below 0."""
    return max(0, math.floor(value + 0.5 + DUST))


def _period(at: datetime, per: Period) -> datetime:
    """Start of the calendar period (UTC) that ``at`` falls in."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if per == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if per == "month" else day
