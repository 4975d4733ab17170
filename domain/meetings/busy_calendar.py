"""When somebody is busy, read from a calendar (RFC 5545): its events, those that come again too,
and its free/busy times. What it says of them is not looked at.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, NamedTuple

from dateutil.rrule import rrulestr
from icalendar import Calendar
from icalendar.error import GloballyUniqueTZIDGuessed

from domain.time.time_zones import time_zone_name
from domain.time.window import zone as zone_of

MOST_COMPONENTS = 20_000
MOST_STEPS = 1_000_000
"""How often rules of repetition may be counted on, over all events: some never end."""
MOST_TIMES = 5_000
_STEPS_A_DAY = {
    "YEARLY": 1 / 365,
    "MONTHLY": 1 / 30,
    "WEEKLY": 1 / 7,
    "DAILY": 1.0,
    "HOURLY": 24.0,
    "MINUTELY": 1440.0,
}
_SIMPLE = {"FREQ", "INTERVAL", "COUNT", "BYDAY", "WKST"}
_LONGEST = timedelta(days=400)
_BROKEN = (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError)
"""What the library raises at values that are none."""


class BadCalendar(ValueError):
    """It is no calendar, or more than can be read."""


@dataclass(frozen=True)
class BusyEntry:
    """From when until when (UTC), and the UID of the event that says so, '' for none."""

    begins_at: datetime
    ends_at: datetime
    uid: str = ""


class BusyReading(NamedTuple):
    """What was read of a calendar, in order, and how many of its entries could not be."""

    entries: list[BusyEntry]
    unread: int


def read_busy(content: bytes, since: datetime, until: datetime, zone: tzinfo) -> BusyReading:
    """When a calendar's owner is busy at some time between ``since`` and ``until``.

    Events that are cancelled or marked as free do not count; tentative ones do.

    Args:
        zone: of days, and of times that name no zone.

    Raises:
        BadCalendar: it is no calendar, or more than can be read.
    """
    try:
        with warnings.catch_warnings():
            # "/mozilla.org/20050126_1/Europe/Berlin" is Berlin, as the library guesses aloud.
            warnings.simplefilter("ignore", GloballyUniqueTZIDGuessed)
            calendars = Calendar.from_ical(content, multiple=True)
        components: list[Any] = [one for calendar in calendars for one in calendar.walk()]
    except (*_BROKEN, RecursionError):
        raise BadCalendar("no calendar") from None
    if not any(one.name == "VCALENDAR" for one in components) or len(components) > MOST_COMPONENTS:
        raise BadCalendar("no calendar")
    read = _CalendarReading(since, until, zone)
    events = [one for one in components if one.name == "VEVENT"]
    found: list[BusyEntry] = []
    unread: set[int] = set()
    for event in events:
        try:
            read.note_exception(event)
        except _BROKEN:
            unread.add(id(event))
    for one in components:
        try:
            if one.name == "VEVENT":
                found += read.event(one)
            elif one.name == "VFREEBUSY":
                found += read.free_busy(one)
        except BadCalendar:
            raise
        except _BROKEN:
            unread.add(id(one))
        if len(found) > MOST_TIMES:
            raise BadCalendar("too many times")
    return BusyReading(sorted(found, key=lambda entry: entry.begins_at), len(unread))


def merged(entries: Iterable[BusyEntry]) -> list[tuple[datetime, datetime]]:
    """The times of the entries, in order, without overlaps."""
    found: list[tuple[datetime, datetime]] = []
    for entry in sorted(entries, key=lambda one: one.begins_at):
        if found and entry.begins_at <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], entry.ends_at))
        else:
            found.append((entry.begins_at, entry.ends_at))
    return found


class _CalendarReading:
    def __init__(self, since: datetime, until: datetime, zone: tzinfo) -> None:
        self.since, self.until, self.zone = since, until, zone
        self.exceptions: set[tuple[str, datetime]] = set()
        self.steps = 0.0

    def note_exception(self, event: Any) -> None:
        """An event that stands for one time of another that comes again."""
        if "RECURRENCE-ID" in event:
            at = self._instant(_moment(event["RECURRENCE-ID"]))
            self.exceptions.add((str(event.get("UID", "")), at))

    def event(self, event: Any) -> Iterator[BusyEntry]:
        """The times of one event."""
        if _is_free(event) or "DTSTART" not in event:
            return
        starts = _moment(event["DTSTART"])
        length = self._length(event, starts)
        uid = str(event.get("UID", ""))
        for at in self._starts(event, starts, length, uid):
            if at < self.until and at + length > self.since and length > timedelta(0):
                yield BusyEntry(at, at + length, uid)

    def free_busy(self, component: Any) -> Iterator[BusyEntry]:
        """The busy times of a free/busy component."""
        listed = component.get("FREEBUSY", [])
        for one in listed if isinstance(listed, list) else [listed]:
            if str(one.params.get("FBTYPE", "BUSY")).upper() == "FREE":
                continue
            begins, ends = self._instant(one.start), self._instant(one.end)
            if begins < self.until and ends > self.since and begins < ends:
                yield BusyEntry(begins, ends)

    def _starts(
        self, event: Any, starts: date | datetime, length: timedelta, uid: str
    ) -> Iterator[datetime]:
        first = self._instant(starts)
        rules = event.get("RRULE")
        extra = [self._instant(one) for one in _dates(event.get("RDATE"))]
        if rules is None and not extra:
            yield first
            return
        zone = starts.tzinfo if isinstance(starts, datetime) and starts.tzinfo else self.zone
        out = {self._instant(one) for one in _dates(event.get("EXDATE"))}
        local = _wall(starts)
        walls = [local] if rules is None else []
        for rule in rules if isinstance(rules, list) else [rules] if rules is not None else []:
            walls += self._repeated(rule, local, length, zone)
        for at in (*(one.replace(tzinfo=zone).astimezone(UTC) for one in walls), *extra):
            if at not in out and (uid, at) not in self.exceptions:
                yield at

    def _repeated(
        self, rule: Any, local: datetime, length: timedelta, zone: tzinfo
    ) -> Iterator[datetime]:
        """The starts of a rule, by the clock on the wall, from when anything may reach into the
        time that is asked for."""
        begin = self.since.astimezone(zone).replace(tzinfo=None) - length
        end = self.until.astimezone(zone).replace(tzinfo=None)
        parts = {str(name).upper(): value for name, value in rule.items()}
        every = str((parts.get("FREQ") or [""])[0]).upper()
        if every not in _STEPS_A_DAY or int((parts.get("INTERVAL") or [1])[0]) < 1:
            raise BadCalendar("a rule that is none")
        self._step(_STEPS_A_DAY[every] * max(0.0, (end - local) / timedelta(days=1)))
        last = min([end, *(_last_wall(one, zone) for one in parts.get("UNTIL", []))])
        written = [
            part
            for part in rule.to_ical().decode().split(";")
            if not part.upper().startswith("UNTIL=")
        ]
        # What fits no day is looked for up to the year 9999: only simple rules may count theirs.
        if "COUNT" not in parts or set(parts) - _SIMPLE:
            written = [part for part in written if not part.upper().startswith("COUNT=")]
            written.append(f"UNTIL={last:%Y%m%dT%H%M%S}")
        try:
            for wall in rrulestr(";".join(written), dtstart=local):
                self._step(1)
                if wall > last:
                    return
                if wall >= begin:
                    yield wall
        except (ValueError, TypeError, OverflowError):
            raise BadCalendar("a rule that is none") from None

    def _step(self, steps: float) -> None:
        self.steps += steps
        if self.steps > MOST_STEPS:
            raise BadCalendar("too much to count")

    def _length(self, event: Any, starts: date | datetime) -> timedelta:
        if "DTEND" in event:
            length = self._instant(_moment(event["DTEND"])) - self._instant(starts)
        elif "DURATION" in event:
            length = event["DURATION"].dt
        else:
            length = timedelta(0) if isinstance(starts, datetime) else timedelta(days=1)
        return min(length, _LONGEST)

    def _instant(self, at: date | datetime) -> datetime:
        if not isinstance(at, datetime):
            at = datetime.combine(at, time())
        return (at if at.tzinfo else at.replace(tzinfo=self.zone)).astimezone(UTC)


def _moment(value: Any) -> date | datetime:
    """A day or a time; one whose zone has a name of its program's own is in the zone that is meant,
    if there is one."""
    at: date | datetime = value.dt
    if isinstance(at, datetime) and at.tzinfo is None:
        named = time_zone_name(str(value.params.get("TZID", "")))
        return at.replace(tzinfo=zone_of(named)) if named else at
    return at


def _wall(at: date | datetime) -> datetime:
    """As the clock on the wall shows it where the event is."""
    if not isinstance(at, datetime):
        return datetime.combine(at, time())
    return at.replace(tzinfo=None)


def _last_wall(until: date | datetime, zone: tzinfo) -> datetime:
    """The last moment of a rule by the clock on the wall; a day counts to its end."""
    if not isinstance(until, datetime):
        return datetime.combine(until, time(23, 59, 59))
    return (until.astimezone(zone) if until.tzinfo else until).replace(tzinfo=None)


def _is_free(event: Any) -> bool:
    return (
        str(event.get("STATUS", "")).upper() == "CANCELLED"
        or str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
        or str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() == "FREE"
    )


def _dates(listed: Any) -> list[date | datetime]:
    """The days or times of an EXDATE or RDATE, which may be there several times."""
    found: list[date | datetime] = []
    for group in listed if isinstance(listed, list) else [listed] if listed is not None else []:
        for one in group.dts:
            at = one.dt[0] if isinstance(one.dt, tuple) else one.dt
            found.append(at)
    return found
