"""Cal.com's webhooks.

https://cal.com/docs/developing/guides/automation/webhooks
"""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, Field, ValidationError

from domain.meetings.bookings import (
    Booking,
    CamelReport,
    Report,
    bad_report,
    invitee,
    minutes_of,
    web_address,
)


class _Locale(Report):
    locale: str = ""


class _Person(CamelReport):
    email: str
    name: str = ""
    time_zone: str = ""
    language: _Locale | None = None
    no_show: bool = False


class _Appointment(CamelReport):
    uid: str = Field(min_length=1, max_length=200)
    start_time: AwareDatetime
    end_time: AwareDatetime
    organizer: _Person
    attendees: list[_Person] = Field(min_length=1)
    reschedule_uid: str | None = None
    metadata: dict[str, Any] | None = None


class _Attendance(CamelReport):
    booking_uid: str = Field(min_length=1, max_length=200)
    attendees: list[_Person] = Field(min_length=1)


class _Envelope(CamelReport):
    trigger_event: str
    created_at: AwareDatetime


class _Booked(_Envelope):
    payload: _Appointment


class _Attended(_Envelope):
    payload: _Attendance


KINDS = {
    "BOOKING_CREATED": "set",
    "BOOKING_RESCHEDULED": "set",
    "BOOKING_CANCELLED": "cancelled",
    "BOOKING_REJECTED": "cancelled",
}


def read_calcom(body: object) -> Booking | None:
    """What Cal.com reports; None for a trigger that changes nothing here (``MEETING_ENDED``: the
    outcome is asked for when our own clock says so).

    Raises:
        BadReport: it is no report of Cal.com's.
    """
    try:
        envelope = _Envelope.model_validate(body)
        if envelope.trigger_event == "BOOKING_NO_SHOW_UPDATED":
            return _attendance(_Attended.model_validate(body))
        if envelope.trigger_event in KINDS:
            return _appointment(_Booked.model_validate(body))
    except ValidationError as error:
        raise bad_report(error) from None
    return None


def _appointment(report: _Booked) -> Booking:
    told, booker = report.payload, report.payload.attendees[0]
    # A release that moves a booking in place names itself.
    old = told.reschedule_uid if told.reschedule_uid != told.uid else ""
    return Booking(
        kind="cancelled" if KINDS[report.trigger_event] == "cancelled" else "set",
        provider="calcom",
        id=f"calcom:{told.uid}",
        told_at=report.created_at,
        invitee=invitee(
            booker.email,
            booker.name,
            booker.time_zone,
            booker.language.locale if booker.language else "",
        ),
        host=told.organizer.email,
        starts_at=told.start_time,
        minutes=minutes_of(told.start_time, told.end_time),
        replaces=f"calcom:{old}" if old else "",
        join_url=web_address((told.metadata or {}).get("videoCallUrl")),
    )


def _attendance(report: _Attended) -> Booking:
    told = report.payload
    missed = any(person.no_show for person in told.attendees)
    return Booking(
        kind="missed" if missed else "attended",
        provider="calcom",
        id=f"calcom:{told.booking_uid}",
        told_at=report.created_at,
        invitee=invitee(told.attendees[0].email, "", "", ""),
    )
