"""Calendar invitations (RFC 5545) as they travel in mail (iTIP, RFC 5546).

A meeting keeps its UID for life; each change has a higher SEQUENCE, so that a calendar moves or
removes the entry it has instead of adding another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event, vCalAddress, vText

from domain.email.message import CalendarPart

PRODUCT = "-//Perennial//Meetings//EN"


@dataclass(frozen=True)
class Invitation:
    """One revision of an appointment.

    ``starts_at`` and ``written_at`` are aware; ``minutes`` is the length; ``organizer`` and
    ``attendee`` are (name, address).
    """

    uid: str
    sequence: int
    cancelled: bool
    starts_at: datetime
    minutes: int
    written_at: datetime
    summary: str
    description: str
    location: str
    organizer: tuple[str, str]
    attendee: tuple[str, str]

    def part(self) -> CalendarPart:
        """The invitation as a part of a mail: method REQUEST, or CANCEL when it is called off.

        Times are in UTC, so that no calendar needs a time zone's rules to show them right.
        """
        method = "CANCEL" if self.cancelled else "REQUEST"
        event = Event()
        event.add("uid", self.uid)
        event.add("sequence", self.sequence)
        event.add("dtstamp", self.written_at.astimezone(UTC))
        starts_at = self.starts_at.astimezone(UTC)
        event.add("dtstart", starts_at)
        event.add("dtend", starts_at + timedelta(minutes=self.minutes))
        event.add("summary", self.summary)
        if self.description:
            event.add("description", self.description)
        if self.location:
            event.add("location", self.location)
        event.add("status", "CANCELLED" if self.cancelled else "CONFIRMED")
        event.add("organizer", _person(*self.organizer), encode=False)
        attendee = _person(*self.attendee)
        attendee.params["CUTYPE"] = vText("INDIVIDUAL")
        attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
        attendee.params["PARTSTAT"] = vText("NEEDS-ACTION")
        attendee.params["RSVP"] = vText("TRUE")
        event.add("attendee", attendee, encode=False)
        calendar = Calendar()
        calendar.add("prodid", PRODUCT)
        calendar.add("version", "2.0")
        calendar.add("method", method)
        calendar.add_component(event)
        return CalendarPart(method, calendar.to_ical())


def uid_of(meeting_id: int, domain: str) -> str:
    """The UID of a meeting's invitation; ``domain`` is the sender's."""
    return f"meeting-{meeting_id}@{domain}"


def _person(name: str, address: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{address}")
    if name:
        # A quote would end the parameter (RFC 5545 3.2).
        person.params["CN"] = vText(name.replace('"', "'"))
    return person
