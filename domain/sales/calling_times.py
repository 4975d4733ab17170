"""When a call is made: after its gap, while the lead may be called and the owner's team works.

All instants are timezone-aware; results are UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Literal, NamedTuple

from domain.time.business_time import BusinessCalendar, CalendarShut
from domain.time.spans import ClockSpan, Pause
from domain.time.window import SendWindow, next_opening, zone

PartOfDay = Literal["morning", "midday", "afternoon", "evening"]
_WEEK = timedelta(days=7)
# A team that is away for longer than this is not waited for.
_LONGEST_WAIT = timedelta(days=60)


class Part(NamedTuple):
    """A part of the day: from the first up to, not including, the second hour."""

    first: int
    last: int

    @property
    def spoken(self) -> str:
        return f"{self.first:02}:00 to {self.last:02}:00"


PARTS: dict[PartOfDay, Part] = {
    "morning": Part(0, 11),
    "midday": Part(11, 14),
    "afternoon": Part(14, 17),
    "evening": Part(17, 24),
}
"""The parts of a day on the lead's own clock."""


class Slot(NamedTuple):
    """When a call is due (UTC), in which part of the lead's day if that was chosen, and whether
    the owner's team works then."""

    at: datetime
    part: PartOfDay | None
    team_works: bool


class Callee(NamedTuple):
    """Whose day it is and who calls."""

    hours: SendWindow
    """Calling hours, in the lead's time zone."""
    time_zone: str
    country: str
    team: BusinessCalendar


def part_window(hours: SendWindow, part: PartOfDay) -> SendWindow | None:
    """The part of the day within calling hours, None when there is nothing of it."""
    start = max(hours.start, PARTS[part].first * 60)
    end = min(hours.end, PARTS[part].last * 60)
    if start >= end:
        return None
    return hours.model_copy(update={"start": start, "end": end})


def part_of(at: datetime, time_zone: str) -> PartOfDay:
    """The part of the day that it is at ``at`` in the time zone."""
    hour = at.astimezone(zone(time_zone)).hour
    return next(name for name, part in PARTS.items() if part.first <= hour < part.last)


def turns(
    spread: Sequence[PartOfDay], attempt: int, before: PartOfDay | None
) -> Sequence[PartOfDay]:
    """The parts of the day in the order in which attempt ``attempt`` (from 1) tries them.

    The first call is made as soon as it may. Each later one goes to the part after that of the
    call ``before``, or to the one whose turn it is when that was at another time of day.
    """
    if attempt <= 1 or not spread:
        return ()
    first = spread.index(before) + 1 if before in spread else attempt - 1
    return [spread[(first + step) % len(spread)] for step in range(len(spread))]


def slot(
    callee: Callee,
    gap: ClockSpan,
    *,
    began: datetime,
    now: datetime,
    turns: Sequence[PartOfDay] = (),
    pauses: Sequence[Pause] = (),
) -> Slot:
    """When the call after ``gap`` is due: not before ``now``, in the lead's calling hours and while
    the team works. Where those two never meet, the lead's calling hours decide.

    Args:
        began: when the gap began; it is not counted anew when the plan is looked at again.
        turns: parts of the lead's day, the one that is wanted most first. With them a gap in
            business days counts days and leaves the hour to the part.
        pauses: when the journey stood still since ``began``; that time is none of the gap's.
    """
    over = _after(callee, gap, began, pauses)
    earliest = max(over, now)
    if turns and gap.span is not None and gap.span.unit == "business day":
        local_zone = zone(callee.time_zone)
        day = over.astimezone(local_zone).date()
        morning = datetime.combine(day, time(), local_zone).astimezone(UTC)
        earliest = max(min(morning, over), began, now)
    for part in turns:
        window = part_window(callee.hours, part)
        if window and (at := _meeting_of(callee, window, earliest)):
            return Slot(at, part, team_works=True)
    if at := _meeting_of(callee, callee.hours, earliest):
        return Slot(at, None, team_works=True)
    window = part_window(callee.hours, turns[0]) if turns else callee.hours
    at = next_opening(window or callee.hours, earliest, callee.time_zone, callee.country)
    return Slot(at, turns[0] if turns else None, team_works=False)


def _after(callee: Callee, gap: ClockSpan, began: datetime, pauses: Sequence[Pause]) -> datetime:
    try:
        return gap.after(began, callee.team, pauses)
    except CalendarShut:
        return began.astimezone(UTC) + gap.length


def _meeting_of(callee: Callee, window: SendWindow, earliest: datetime) -> datetime | None:
    """The first instant at which the window is open and the team works; None when an ordinary
    week has none, or none comes soon enough."""
    ordinary = Callee(
        window.model_copy(update={"skip_holidays": False}),
        callee.time_zone,
        callee.country,
        callee.team.model_copy(update={"holidays": "", "extra_holidays": (), "closed": ()}),
    )
    if _both_open(ordinary, earliest, earliest + _WEEK) is None:
        return None
    return _both_open(callee._replace(hours=window), earliest, earliest + _LONGEST_WAIT)


def _both_open(callee: Callee, at: datetime, until: datetime) -> datetime | None:
    while at < until:
        lead_may = next_opening(callee.hours, at, callee.time_zone, callee.country)
        try:
            at = callee.team.next_open(lead_may)
        except CalendarShut:
            return None
        if at == lead_may:
            return at
    return None
