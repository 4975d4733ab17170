"""Cal.com's webhooks.

https://cal.com/docs/developing/guides/automation/webhooks
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

SETS = ("BOOKING_CREATED", "BOOKING_RESCHEDULED", "BOOKING_REASSIGNED")
ENDS = ("BOOKING_CANCELLED", "BOOKING_REJECTED")
NO_SHOW = "BOOKING_NO_SHOW_UPDATED"


def read_calcom(body: object) -> list[Booking]:
    """What Cal.com reports, one for each person it concerns; none for a trigger that changes
    nothing here (``MEETING_ENDED``: the outcome is asked for when our own clock says so).

    Raises:
        BadReport: it is no report of Cal.com's.
    """
    report = body_of(body)
    trigger = required(words(report, "triggerEvent"), "triggerEvent")
    if trigger == NO_SHOW:
        return _attendance(report)
    if trigger in SETS:
        return _set(report)
    if trigger in ENDS:
        return _cancelled(report, rejected=trigger == "BOOKING_REJECTED")
    return []


def _set(report: Fields) -> list[Booking]:
    payload = part(report, "payload")
    uid = _uid(payload, "uid")
    starts_at = moment(payload, "startTime")
    if starts_at is None:
        raise missing("payload.startTime")
    people = _people(payload)
    if not people:
        raise missing("payload.attendees")
    # A release that moves a booking in place names itself.
    old = words(payload, "rescheduleUid")
    return [
        Booking(
            kind="set",
            provider="calcom",
            booking=f"calcom:{uid}",
            told_at=moment(report, "createdAt"),
            invitee=person,
            guest=place > 0,
            event=uid,
            host=words(part(payload, "organizer"), "email"),
            starts_at=starts_at,
            minutes=minutes_of(starts_at, moment(payload, "endTime")),
            replaces=f"calcom:{old}" if old and old != uid else "",
            join_url=web_address(words(part(payload, "metadata"), "videoCallUrl"))
            or web_address(words(payload, "location")),
        )
        for place, person in enumerate(people)
    ]


def _cancelled(report: Fields, *, rejected: bool) -> list[Booking]:
    payload = part(report, "payload")
    people = _people(payload)
    by = _side(words(payload, "cancelledBy"), people)
    return [
        Booking(
            kind="cancelled",
            provider="calcom",
            booking=f"calcom:{_uid(payload, 'uid')}",
            told_at=moment(report, "createdAt"),
            invitee=person,
            guest=place > 0,
            cancelled_by="us" if rejected else by,
        )
        for place, person in enumerate(people or [None])
    ]


def _attendance(report: Fields) -> list[Booking]:
    payload = part(report, "payload")
    uid = _uid(payload, "bookingUid")
    return [
        Booking(
            kind="missed" if flag(one, "noShow") else "attended",
            provider="calcom",
            booking=f"calcom:{uid}",
            told_at=moment(report, "createdAt"),
            invitee=person,
            guest=True,
        )
        for one in parts(payload, "attendees")
        if (person := _person(one)) is not None
    ]


def _people(payload: Fields) -> list[Invitee]:
    """Who takes part, the one who booked first: of a seat the report may name all the others."""
    people = [person for one in parts(payload, "attendees") if (person := _person(one))]
    typed = words(part(payload, "responses", "email"), "value").casefold()
    return sorted(people, key=lambda person: not typed or person.email.casefold() != typed)


def _person(fields: Fields) -> Invitee | None:
    try:
        return invitee(
            words(fields, "email"),
            words(fields, "name"),
            words(fields, "timeZone"),
            words(part(fields, "language"), "locale"),
            words(fields, "phoneNumber"),
        )
    except BadReport:
        return None


def _side(address: str, people: list[Invitee]) -> Literal["", "lead", "us"]:
    if not address:
        return ""
    return "lead" if address.casefold() in {one.email.casefold() for one in people} else "us"


def _uid(payload: Fields, name: str) -> str:
    return required(words(payload, name), f"payload.{name}", longest=200)
