"""Whether a mail has room under the limits of its sender and its receiver, and when it will.

A counter counts what went in the hour and the day that are on. Who finds no room gets a time by
which there will be some, one after the other: so thousands that wait do not come back all at once.
Who comes anew goes behind those. All times are journey time, UTC; days are the company's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.email.addresses import address_key
from domain.sending.policy import DEFAULT_RECEIVER, SendingPolicy, domain_of

HOUR = timedelta(hours=1)
LONGEST_CLIMB = 30
"""Days after which a ladder is over in any case: more than any number of mails."""


class LimitScope(StrEnum):
    """Whose mails a counter counts."""

    SENDER = "sender"
    """A domain or an address of ours."""
    WARM_UP = "warm_up"
    SLOWED = "slowed"
    """A domain of ours that is slowed down."""
    RECEIVER = "receiver"
    """A receiving domain."""


@dataclass(frozen=True)
class Ladder:
    """Twice as many each day, from ``first_day`` on its first day, until ``until`` is reached."""

    begins: date
    first_day: int
    until: int

    def on(self, climbed: int) -> int | None:
        """How many mails go on a day before which ``climbed`` were used; None once it is warm."""
        allowed = self.first_day << min(max(climbed, 0), LONGEST_CLIMB)
        return None if allowed >= self.until and climbed else min(allowed, self.until)


@dataclass(frozen=True)
class Cap:
    """A limit that one mail is under."""

    scope: LimitScope
    name: str
    per_hour: int | None = None
    per_day: int | None = None
    ladder: Ladder | None = None

    @property
    def key(self) -> tuple[str, str]:
        return (self.scope, self.name)

    @property
    def code(self) -> str:
        """For the ledger: what a mail waits for."""
        return f"{self.scope} {self.name}"

    def allowed_in_day(self, climbed: int) -> int | None:
        """How many go in a day; None for any number."""
        return self.ladder.on(climbed) if self.ladder else self.per_day


@dataclass(frozen=True)
class Counter:
    """What went under a cap: in the hour that begins at ``hour``, on ``day``. ``climbed`` counts
    the days before that were used, of the ladder that began on ``began``. ``tail`` is the time that
    the last one who waits was told."""

    hour: datetime
    day: date
    in_hour: int = 0
    in_day: int = 0
    climbed: int = 0
    began: date | None = None
    tail: datetime | None = None

    def at(self, cap: Cap, now: datetime, zone: ZoneInfo) -> Counter:
        """The counter as of ``now``. Clocks of workers differ a little: it never goes back."""
        found, hour, day = self, hour_of(now), now.astimezone(zone).date()
        if hour > found.hour:
            found = replace(found, hour=hour, in_hour=0)
        if cap.ladder and found.began != cap.ladder.begins:
            found = replace(found, began=cap.ladder.begins, climbed=0, day=day, in_day=0, tail=None)
        if day > found.day:
            allowed = cap.allowed_in_day(found.climbed)
            used = allowed is not None and 2 * found.in_day >= allowed
            found = replace(found, day=day, in_day=0, climbed=found.climbed + used)
        return found

    def full_until(self, cap: Cap, zone: ZoneInfo) -> datetime | None:
        """When the next hour or day begins that may have room; None while this one has."""
        allowed = cap.allowed_in_day(self.climbed)
        if allowed is not None and self.in_day >= allowed:
            return _midnight(self.day + timedelta(days=1), zone)
        if cap.per_hour is not None and self.in_hour >= cap.per_hour:
            return self.hour + HOUR
        return None

    def room(self, cap: Cap) -> int | None:
        """How many more go today; None for any number."""
        allowed = cap.allowed_in_day(self.climbed)
        return None if allowed is None else max(0, allowed - self.in_day)

    def queued(self, cap: Cap, earliest: datetime, zone: ZoneInfo) -> Counter:
        """The counter with one more that waits, until ``tail``: as far behind the one before as the
        limits of that day space them."""
        tail = earliest
        if self.tail is not None and self.tail >= earliest:
            tail = self.tail + self._gap(cap, self.tail, zone)
        return replace(self, tail=tail)

    def _gap(self, cap: Cap, at: datetime, zone: ZoneInfo) -> timedelta:
        later = max(0, (at.astimezone(zone).date() - self.day).days)
        allowed = cap.allowed_in_day(self.climbed + later if cap.ladder else self.climbed)
        return max(
            timedelta(days=1) / allowed if allowed else timedelta(),
            HOUR / cap.per_hour if cap.per_hour else timedelta(),
            timedelta(microseconds=1),
        )


@dataclass(frozen=True)
class Turn:
    """Whether a mail may go: not ``until`` a time, because of ``cap``, if there is one.
    ``counters`` are those of the caps as they are then."""

    counters: Sequence[Counter]
    until: datetime | None = None
    cap: Cap | None = None


def take(
    caps: Sequence[Cap],
    counters: Sequence[Counter],
    now: datetime,
    zone: ZoneInfo,
    *,
    waited: bool,
) -> Turn:
    """Take a place under all caps, or under none and a time to come again.

    Args:
        waited: whether the mail was told a time before, and so goes before those who come anew.
    """
    current = [one.at(cap, now, zone) for cap, one in zip(caps, counters, strict=True)]
    waits: list[tuple[datetime, int]] = []
    for place, (cap, one) in enumerate(zip(caps, current, strict=True)):
        full_until = one.full_until(cap, zone)
        behind = one.tail if one.tail is not None and one.tail > now and not waited else None
        if full_until is not None or behind is not None:
            waits.append((max(time for time in (full_until, behind, now) if time), place))
    if not waits:
        taken = [replace(one, in_hour=one.in_hour + 1, in_day=one.in_day + 1) for one in current]
        return Turn(taken)
    earliest, place = max(waits)
    queued = current[place].queued(caps[place], max(earliest, now), zone)
    current[place] = queued
    return Turn(current, until=queued.tail, cap=caps[place])


def caps_of(
    policy: SendingPolicy,
    *,
    sender: str,
    recipient: str,
    slowed_to: int | None = None,
    starting: Ladder | None = None,
) -> list[Cap]:
    """The limits that a mail is under.

    Args:
        sender, recipient: addresses.
        slowed_to: how many mails a day the sender's domain may send while it is slowed down.
        starting: the ladder on which the sender's domain begins again after it was stopped.
    """
    domain, asked = domain_of(sender), []
    for name in (domain, address_key(sender)):
        asked += [(LimitScope.SENDER, name), (LimitScope.WARM_UP, name)]
    asked += [(LimitScope.SLOWED, domain), (LimitScope.RECEIVER, domain_of(recipient))]
    found = (
        cap_named(policy, scope, name, slowed_to=slowed_to, starting=starting)
        for scope, name in asked
    )
    return sorted((cap for cap in found if cap is not None), key=lambda cap: cap.key)


def cap_named(
    policy: SendingPolicy,
    scope: str,
    name: str,
    *,
    slowed_to: int | None = None,
    starting: Ladder | None = None,
) -> Cap | None:
    """The limit of this scope and name as it is now, None where there is none. ``slowed_to`` and
    ``starting`` are those of the domain, as of :func:`caps_of`."""
    match LimitScope(scope):
        case LimitScope.SENDER:
            limit = policy.senders.get(name)
        case LimitScope.RECEIVER:
            limit = policy.receivers.get(name) or policy.receivers.get(DEFAULT_RECEIVER)
        case LimitScope.SLOWED:
            return (
                Cap(LimitScope.SLOWED, name, per_day=slowed_to) if slowed_to is not None else None
            )
        case LimitScope.WARM_UP:
            ladder = None if "@" in name else starting
            for one in policy.warm_up:
                if one.sender == name and (ladder is None or one.begins > ladder.begins):
                    ladder = Ladder(one.begins, one.first_day, one.until)
            return Cap(LimitScope.WARM_UP, name, ladder=ladder) if ladder is not None else None
    return (
        Cap(LimitScope(scope), name, limit.per_hour, limit.per_day) if limit is not None else None
    )


def hour_of(at: datetime) -> datetime:
    """When the hour (of UTC) began that this is in."""
    return at.replace(minute=0, second=0, microsecond=0)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
