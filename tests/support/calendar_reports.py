"""Reports of Cal.com and Calendly as their documentation shows them, signed as they sign them."""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2 as httpx
from pydantic import SecretStr
from sqlalchemy import insert

from store.tables import Rep
from tests.web.conftest import Site

CALCOM_SECRET = "a secret of Cal.com's"
CALENDLY_SECRET = "a signing key of Calendly's"
LEAD = "john.doe@example.com"
HOST = "pro@example.com"
NOW = datetime.now(UTC).replace(microsecond=0)
FIRST = NOW + timedelta(days=3)
SECOND = NOW + timedelta(days=4)
HOUR = timedelta(hours=1)

# https://cal.com/docs/developing/guides/automation/webhooks
CALCOM: dict[str, Any] = {
    "triggerEvent": "BOOKING_CREATED",
    "createdAt": "2023-05-24T09:30:00.538Z",
    "payload": {
        "type": "60min",
        "title": "60min between Pro Example and John Doe",
        "description": "",
        "additionalNotes": "",
        "customInputs": {},
        "startTime": "2023-05-25T09:30:00Z",
        "endTime": "2023-05-25T10:30:00Z",
        "organizer": {
            "id": 5,
            "name": "Pro Example",
            "email": HOST,
            "username": "pro",
            "timeZone": "Asia/Kolkata",
            "language": {"locale": "en"},
            "timeFormat": "h:mma",
        },
        "responses": {
            "name": {"label": "your_name", "value": "John Doe"},
            "email": {"label": "email_address", "value": LEAD},
            "location": {
                "label": "location",
                "value": {"optionValue": "", "value": "inPerson"},
            },
            "notes": {"label": "additional_notes"},
            "guests": {"label": "additional_guests"},
            "rescheduleReason": {"label": "reschedule_reason"},
        },
        "userFieldsResponses": {},
        "attendees": [
            {
                "email": LEAD,
                "name": "John Doe",
                "timeZone": "Asia/Kolkata",
                "language": {"locale": "en"},
            }
        ],
        "location": "Calcom HQ",
        "destinationCalendar": None,
        "hideCalendarNotes": False,
        "requiresConfirmation": None,
        "eventTypeId": 7,
        "seatsShowAttendees": True,
        "seatsPerTimeSlot": None,
        "uid": "bFJeNb2uX8ANpT3JL5EfXw",
        "appsStatus": [],
        "eventTitle": "60min",
        "eventDescription": "",
        "price": 0,
        "currency": "usd",
        "length": 60,
        "bookingId": 91,
        "metadata": {},
        "status": "ACCEPTED",
    },
}

# https://developer.calendly.com/api-docs (webhook payload of an invitee)
CALENDLY: dict[str, Any] = {
    "created_at": "2023-05-24T09:30:00.000000Z",
    "created_by": "https://api.calendly.com/users/AAAAAAAAAAAAAAAA",
    "event": "invitee.created",
    "payload": {
        "cancel_url": "https://calendly.com/cancellations/AAAAAAAAAAAAAAAA",
        "created_at": "2023-05-24T09:29:58.000000Z",
        "email": LEAD,
        "event": "https://api.calendly.com/scheduled_events/GBGBDCAADAEDCRZ2",
        "first_name": None,
        "last_name": None,
        "name": "John Doe",
        "new_invitee": None,
        "no_show": None,
        "old_invitee": None,
        "payment": None,
        "questions_and_answers": [],
        "reconfirmation": None,
        "reschedule_url": "https://calendly.com/reschedulings/AAAAAAAAAAAAAAAA",
        "rescheduled": False,
        "routing_form_submission": None,
        "scheduled_event": {
            "created_at": "2023-05-24T09:29:58.000000Z",
            "end_time": "2023-05-25T10:30:00.000000Z",
            "event_guests": [],
            "event_memberships": [
                {
                    "user": "https://api.calendly.com/users/GBGBDCAADAEDCRZ2",
                    "user_email": HOST,
                    "user_name": "Pro Example",
                }
            ],
            "event_type": "https://api.calendly.com/event_types/GBGBDCAADAEDCRZ2",
            "invitees_counter": {"total": 1, "active": 1, "limit": 1},
            "location": {
                "type": "zoom",
                "status": "pushed",
                "join_url": "https://zoom.example/j/1",
            },
            "name": "60 Minute Meeting",
            "start_time": "2023-05-25T09:30:00.000000Z",
            "status": "active",
            "updated_at": "2023-05-24T09:29:58.000000Z",
            "uri": "https://api.calendly.com/scheduled_events/GBGBDCAADAEDCRZ2",
        },
        "status": "active",
        "text_reminder_number": None,
        "timezone": "Asia/Kolkata",
        "tracking": {"utm_campaign": None, "utm_source": None, "salesforce_uuid": None},
        "updated_at": "2023-05-24T09:29:58.000000Z",
        "uri": "https://api.calendly.com/scheduled_events/GBGBDCAADAEDCRZ2/invitees/INVITEE1",
    },
}


def calcom(trigger: str, uid: str, starts_at: datetime, ends_at: datetime, **more: Any) -> Any:
    """A report of a booking; ``more`` are fields of the payload (``rescheduleUid``)."""
    report = copy.deepcopy(CALCOM)
    report["triggerEvent"] = trigger
    report["payload"] |= {
        "uid": uid,
        "startTime": starts_at.isoformat(),
        "endTime": ends_at.isoformat(),
        **more,
    }
    return report


def calcom_no_show(uid: str, created_at: datetime, *, no_show: bool = True) -> Any:
    """``BOOKING_NO_SHOW_UPDATED``, which tells of the booking by its uid alone."""
    return {
        "triggerEvent": "BOOKING_NO_SHOW_UPDATED",
        "createdAt": created_at.isoformat(),
        "payload": {
            "message": f"{LEAD} marked as no-show",
            "bookingUid": uid,
            "bookingId": 91,
            "attendees": [{"email": LEAD, "noShow": no_show}],
        },
    }


def calendly(
    event: str,
    invitee: str,
    starts_at: datetime,
    ends_at: datetime,
    *,
    created_at: datetime | None = None,
    **more: Any,
) -> Any:
    """A report of an invitee; ``more`` are fields of the payload (``rescheduled``)."""
    report = copy.deepcopy(CALENDLY)
    report["event"] = event
    if created_at:
        report["created_at"] = created_at.isoformat()
    report["payload"] |= {"uri": uri(invitee), **more}
    report["payload"]["scheduled_event"] |= {
        "start_time": starts_at.isoformat(),
        "end_time": ends_at.isoformat(),
    }
    return report


def uri(invitee: str) -> str:
    """The address under which Calendly's API knows an invitee."""
    return f"https://api.calendly.com/scheduled_events/GBGBDCAADAEDCRZ2/invitees/{invitee}"


async def post_calcom(
    browser: httpx.AsyncClient, report: Any, *, secret: str = CALCOM_SECRET
) -> httpx.Response:
    """Post a report as Cal.com does."""
    body = json.dumps(report).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return await browser.post(
        "/webhooks/calcom", content=body, headers={"X-Cal-Signature-256": signature}
    )


async def post_calendly(
    browser: httpx.AsyncClient, report: Any, *, secret: str = CALENDLY_SECRET, age: int = 0
) -> httpx.Response:
    """Post a report as Calendly does, signed ``age`` seconds ago."""
    body = json.dumps(report).encode()
    signed_at = str(int(time.time()) - age)
    signed = signed_at.encode() + b"." + body
    signature = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return await browser.post(
        "/webhooks/calendly",
        content=body,
        headers={"Calendly-Webhook-Signature": f"t={signed_at},v1={signature}"},
    )


def calendar_site(make_site: Callable[..., Site]) -> Site:
    """A site with both secrets, the host among its reps, and a manager."""
    site = make_site(
        calcom_webhook_secret=SecretStr(CALCOM_SECRET),
        calendly_webhook_secret=SecretStr(CALENDLY_SECRET),
    )
    reps = [
        {"code": "rep-1", "name": "Pro Example", "email": HOST.upper(), "manager": False},
        {"code": "rep-2", "name": "B", "email": "b@perennial.example", "manager": False},
        {"code": "mgr-1", "name": "M", "email": "m@perennial.example", "manager": True},
    ]
    with site.database.begin() as connection:
        connection.execute(insert(Rep).values(reps))
    return site


def booked(
    trigger: str = "BOOKING_CREATED", uid: str = "one", at: datetime = FIRST, **more: Any
) -> Any:
    """A report of Cal.com's of a booking of one hour."""
    return calcom(trigger, uid, at, at + HOUR, **more)
