"""Calendly's webhooks (API v2).

https://developer.calendly.com/api-docs/calendly-api/webhooks
https://developer.calendly.com/docs/api-guides/see-how-webhook-payloads-change-when-invitees-reschedule-events
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field, ValidationError

from domain.meetings.bookings import (
    Booking,
    Report,
    bad_report,
    invitee,
    minutes_of,
    web_address,
)


class _Membership(Report):
    user_email: str = ""


class _Event(Report):
    start_time: AwareDatetime
    end_time: AwareDatetime
    event_memberships: list[_Membership] = Field(default_factory=list)
    location: dict[str, Any] | None = None


class _Invitee(Report):
    uri: str = Field(min_length=1, max_length=300)
    email: str
    name: str | None = None
    timezone: str | None = None
    rescheduled: bool = False
    old_invitee: str | None = None
    scheduled_event: _Event


class _Envelope(Report):
    event: str
    created_at: AwareDatetime


class _Told(_Envelope):
    payload: _Invitee


KINDS: dict[str, Literal["set", "cancelled", "missed", "attended"]] = {
    "invitee.created": "set",
    "invitee.canceled": "cancelled",
    "invitee_no_show.created": "missed",
    "invitee_no_show.deleted": "attended",
}


def read_calendly(body: object) -> Booking | None:
    """What Calendly reports; None for an event that changes nothing here.

    Raises:
        BadReport: it is no report of Calendly's.
    """
    try:
        envelope = _Envelope.model_validate(body)
        if envelope.event not in KINDS:
            return None
        return _booking(_Told.model_validate(body))
    except ValidationError as error:
        raise bad_report(error) from None


def _booking(report: _Told) -> Booking:
    told, event = report.payload, report.payload.scheduled_event
    hosts = [member.user_email for member in event.event_memberships if member.user_email]
    return Booking(
        kind=KINDS[report.event],
        provider="calendly",
        id=_id(told.uri),
        told_at=report.created_at,
        invitee=invitee(told.email, told.name or "", told.timezone or "", ""),
        host=hosts[0] if hosts else "",
        starts_at=event.start_time,
        minutes=minutes_of(event.start_time, event.end_time),
        replaces=_id(told.old_invitee) if told.old_invitee else "",
        replaced=told.rescheduled,
        join_url=web_address((event.location or {}).get("join_url")),
    )


def _id(uri: str) -> str:
    """The invitee, not the event: one event may have several, and each moves by itself."""
    return f"calendly:{uri.rstrip('/').rpartition('/')[2]}"
