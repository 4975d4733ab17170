"""A rep's meetings as a calendar that programs subscribe to (RFC 5545, RFC 7986)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event

from domain.meetings.invitation import PRODUCT, add_place
from domain.meetings.places import MeetingPlace
from domain.translations.translator import Translator

ASKED_AGAIN = timedelta(minutes=15)
"""How soon a program should ask for the calendar again."""


@dataclass(frozen=True)
class FeedEntry:
    """One meeting of a rep. Times are aware; ``lead`` is the lead's name."""

    lead_id: int
    uid: str
    sequence: int
    cancelled: bool
    starts_at: datetime
    minutes: int
    made_at: datetime
    lead: str
    company: str
    where: MeetingPlace


def calendar_feed(
    entries: Iterable[FeedEntry], *, name: str, domain: str, leads: str, language: str
) -> bytes:
    """The calendar. The same meetings give the same bytes, and each keeps its UID, which is that
    of the invitation to it; what was called off stays, as such.

    Args:
        name: the rep's.
        domain: what stands after the @ of UIDs.
        leads: where the page of a lead is, up to its number.
        language: of its words, one of ``translator.LANGUAGES``.
    """
    _ = Translator(language)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    title = _("Meetings of {name}", name=name)
    calendar.add("name", title)
    # What programs that know no RFC 7986 read.
    calendar.add("x-wr-calname", title)
    calendar.add("refresh-interval", ASKED_AGAIN, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT15M")
    for one in entries:
        event = Event()
        event.add("uid", f"{one.uid}@{domain}")
        event.add("sequence", one.sequence)
        event.add("dtstamp", one.made_at.astimezone(UTC))
        starts_at = one.starts_at.astimezone(UTC)
        event.add("dtstart", starts_at)
        event.add("dtend", starts_at + timedelta(minutes=one.minutes))
        names = ", ".join(part for part in (one.lead, one.company) if part)
        summary = _("Meeting: {names}", names=names)
        if one.cancelled:
            summary = _("Cancelled: {meeting}", meeting=summary)
        event.add("summary", summary)
        event.add("description", f"{leads}{one.lead_id}")
        add_place(event, one.where)
        event.add("status", "CANCELLED" if one.cancelled else "CONFIRMED")
        event.add("transp", "TRANSPARENT" if one.cancelled else "OPAQUE")
        event.add("class", "PRIVATE")
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written
