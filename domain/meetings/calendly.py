"""Calendly's webhooks (API v2).

https://developer.calendly.com/api-docs/calendly-api/webhooks
https://developer.calendly.com/docs/api-guides/see-how-webhook-payloads-change-when-invitees-reschedule-events
"""

from __future__ import annotations

from typing import Literal

from domain.meetings.bookings import Booking, Invitee, invitee, minutes_of
from domain.meetings.report_fields import (
    BadReport,
    Fields,
    body_of,
    flag,
    missing,
    moment,
    part,
    parts,
    required,
    web_address,
    words,
)

KINDS: dict[str, Literal["set", "cancelled", "missed", "attended"]] = {
    "invitee.created": "set",
    "invitee.canceled": "cancelled",
    "invitee_no_show.created": "missed",
    "invitee_no_show.deleted": "attended",
}
_SIDES: dict[str, Literal["lead", "us"]] = {"invitee": "lead", "host": "us"}


def read_calendly(body: object) -> list[Booking]:
    """What Calendly reports of one invitee; nothing for an event that changes nothing here.

    Raises:
        BadReport: it is no report of Calendly's.
    """
    report = body_of(body)
    kind = KINDS.get(required(words(report, "event"), "event"))
    if kind is None:
        return []
    payload = part(report, "payload")
    event = part(payload, "scheduled_event")
    starts_at = moment(event, "start_time")
    if kind == "set" and starts_at is None:
        raise missing("payload.scheduled_event.start_time")
    members = parts(event, "event_memberships")
    hosts = [address for one in members if (address := words(one, "user_email"))]
    old = words(payload, "old_invitee")
    return [
        Booking(
            kind=kind,
            provider="calendly",
            booking=_id(words(payload, "uri")),
            told_at=moment(report, "created_at"),
            invitee=_invitee(payload, needed=kind == "set"),
            event=words(event, "uri"),
            host=hosts[0] if hosts else "",
            starts_at=starts_at,
            minutes=minutes_of(starts_at, moment(event, "end_time")),
            replaces=_id(old) if old else "",
            replaced=flag(payload, "rescheduled"),
            cancelled_by=_SIDES.get(words(part(payload, "cancellation"), "canceler_type"), ""),
            join_url=web_address(words(part(event, "location"), "join_url")),
        )
    ]


def _invitee(payload: Fields, *, needed: bool) -> Invitee | None:
    """Who booked; the address is of no concern where the booking is known by its id."""
    try:
        return invitee(
            words(payload, "email"),
            words(payload, "name"),
            words(payload, "timezone"),
            phone=words(payload, "text_reminder_number"),
        )
    except BadReport:
        if needed:
            raise
        return None


def _id(uri: str) -> str:
    """The invitee, not the event: one event may have several, and each moves by itself."""
    return f"calendly:{required(uri.rstrip('/').rpartition('/')[2], 'payload.uri')}"
