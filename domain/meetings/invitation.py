"""Calendar invitations (RFC 5545) as they travel in mail (iTIP, RFC 5546).

A meeting keeps its UID for life; each change has a higher SEQUENCE, so that a calendar moves or
removes the entry it has instead of adding another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event, vCalAddress, vText

from domain.email.message import CalendarPart
from domain.meetings.places import MeetingPlace

PRODUCT = "-//Perennial//Meetings//EN"


@dataclass(frozen=True)
class Invitation:
    """One revision of an appointment.

    ``starts_at`` and ``written_at`` are aware; ``minutes`` is the length; people are (name,
    address). ``organizer`` is whom the meeting is with, ``sent_by`` the address that sends in its
    place ('' for its own). ``host`` has the meeting in the calendar as well, and comes for certain.
    """

    uid: str
    sequence: int
    cancelled: bool
    starts_at: datetime
    minutes: int
    written_at: datetime
    summary: str
    description: str
    where: MeetingPlace
    organizer: tuple[str, str]
    attendee: tuple[str, str]
    sent_by: str = ""
    host: tuple[str, str] | None = None
    manage: str = ""
    """Where the lead moves or cancels the meeting, '' for nowhere."""
    comment: str = ""
    """What the organizer says of this revision, '' for nothing."""

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
        if self.comment:
            event.add("comment", self.comment)
        add_place(event, self.where, self.manage)
        event.add("status", "CANCELLED" if self.cancelled else "CONFIRMED")
        organizer = _person(*self.organizer)
        if self.sent_by and self.sent_by.casefold() != self.organizer[1].casefold():
            organizer.params["SENT-BY"] = vText(f"mailto:{self.sent_by}")
        event.add("organizer", organizer, encode=False)
        attendee = _attendee(*self.attendee, "NEEDS-ACTION", asked=True)
        event.add("attendee", attendee, encode=False)
        if self.host is not None:
            event.add("attendee", _attendee(*self.host, "ACCEPTED", asked=False), encode=False)
        calendar = Calendar()
        calendar.add("prodid", PRODUCT)
        calendar.add("version", "2.0")
        calendar.add("method", method)
        calendar.add_component(event)
        return CalendarPart(method, calendar.to_ical())


def add_place(event: Event, where: MeetingPlace, manage: str = "") -> None:
    """Say where a meeting takes place: LOCATION, URL and CONFERENCE (RFC 7986, 5.11).

    Args:
        manage: the URL of a meeting that has no address to join at.
    """
    if where.words:
        event.add("location", where.words)
    if url := where.link or manage:
        event.add("url", url)
    if where.joins:
        feature = "VIDEO" if where.link else "PHONE"
        event.add("conference", where.joins, parameters={"value": "URI", "feature": feature})


def uid_of(local: str, domain: str) -> str:
    """The UID of a meeting's invitation, from the meeting's own part and the sender's domain."""
    return f"{local}@{domain}"


def _attendee(name: str, address: str, status: str, *, asked: bool) -> vCalAddress:
    attendee = _person(name, address)
    attendee.params["CUTYPE"] = vText("INDIVIDUAL")
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText(status)
    attendee.params["RSVP"] = vText("TRUE" if asked else "FALSE")
    return attendee


def _person(name: str, address: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{address}")
    if name:
        # A quote would end the parameter (RFC 5545 3.2).
        person.params["CN"] = vText(name.replace('"', "'"))
    return person
