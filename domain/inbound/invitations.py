"""Answers to invitations, as calendars send them (iTIP, RFC 5546; iMIP, RFC 6047)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from icalendar import Calendar, Component

from domain.inbound.charsets import decode

ANSWERS = ("REPLY", "COUNTER", "REFRESH")
"""Methods by which an attendee answers; REQUEST, PUBLISH and CANCEL are an organizer's."""
PARTSTATS = ("ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED")


@dataclass(frozen=True)
class AttendeeAnswer:
    """What an attendee answers.

    Attributes:
        uid: of the event, which tells the meeting; '' when it is not told.
        partstat: ACCEPTED, DECLINED, TENTATIVE, DELEGATED, NEEDS-ACTION, or COUNTER for the
            proposal of another time.
        proposed_at: the start (UTC) that a COUNTER proposes.
        sequence: of the setting of the event that is answered; None when it is not told.
    """

    uid: str
    partstat: str
    proposed_at: datetime | None = None
    sequence: int | None = None


def answer_in(calendars: Sequence[bytes]) -> AttendeeAnswer | None:
    """The first answer among iCalendar objects; None when there is none to be read."""
    for content in calendars:
        try:
            calendar = Calendar.from_ical(decode(content, None))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            continue
        method = str(calendar.get("METHOD", "")).strip().upper()
        if method not in ANSWERS:
            continue
        for event in calendar.walk("VEVENT"):
            return AttendeeAnswer(
                str(event.get("UID", ""))[:500],
                _partstat(event, method),
                _start(event) if method == "COUNTER" else None,
                _sequence(event),
            )
    return None


def _partstat(event: Component, method: str) -> str:
    if method == "COUNTER":
        return "COUNTER"
    attendees = event.get("ATTENDEE", [])
    for one in attendees if isinstance(attendees, list) else [attendees]:
        said = str(getattr(one, "params", {}).get("PARTSTAT", "")).upper()
        if said in PARTSTATS:
            return said
    return "NEEDS-ACTION"


def _start(event: Component) -> datetime | None:
    start = getattr(event.get("DTSTART"), "dt", None)
    if not isinstance(start, datetime) or start.tzinfo is None:
        return None
    with suppress(OverflowError):
        return start.astimezone(UTC)
    return None


def _sequence(event: Component) -> int | None:
    with suppress(TypeError, ValueError):
        return int(str(event["SEQUENCE"])) if "SEQUENCE" in event else None
    return None
