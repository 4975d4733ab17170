"""Reading what Cal.com and Calendly report: Cal.com reports once, Calendly ends a subscription that
is refused for a day, so a field without a value must not lose a booking."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain.contracts.journey import Stage
from domain.meetings.bookings import invitee
from domain.meetings.calcom import read_calcom
from domain.meetings.calendly import read_calendly
from domain.meetings.places import usable_place
from domain.meetings.report_fields import BadReport, web_address
from domain.sales.content import ContentItem
from domain.sales.team import TeamRep
from tests.support.calendar_reports import LEAD, calcom, calendly

AT = datetime(2026, 5, 4, 10, tzinfo=UTC)
CALCOM = calcom("BOOKING_CREATED", "one", AT, AT + timedelta(minutes=30))
CALENDLY = calendly("invitee.created", "A", AT, AT + timedelta(minutes=30))
NEEDED = {
    *("triggerEvent", "payload", "payload.uid", "payload.startTime", "payload.attendees"),
    *("payload.attendees.0", "payload.attendees.0.email", "event", "payload.uri"),
    *("payload.email", "payload.scheduled_event", "payload.scheduled_event.start_time"),
}
"""What a booking is none without."""


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every field of a report, and of every part in it."""
    inner: Iterable[tuple[Any, Any]]
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    else:
        return [path]
    return [path] * bool(path) + [one for key, part in inner for one in places(part, (*path, key))]


@pytest.mark.parametrize(
    "written",
    [
        *(f"https://meet.example/{one}room" for one in "\n\r\t \x00\x7f\u2028\xa0"),
        *("https://meet.example/a b", "https://meet.example\r\nATTENDEE:mailto:x@y.example"),
        *("\nhttps://meet.example/room", "https://meet.example/room\n"),
    ],
)
def test_an_address_with_a_break_in_it_is_none(written: str) -> None:
    """It would stand as it is in a line of each invitation and of the calendar, and break both;
    Python's own parser drops the breaks before it looks."""
    assert web_address(written) == ""
    assert not usable_place(written)
    with pytest.raises(ValidationError, match="no address"):
        TeamRep(code="rep-1", name="Hana", email="", meeting_link=written)
    with pytest.raises(ValidationError, match="no address"):
        ContentItem(title="Guide", url=written, stages=(Stage.MQL,))


def test_a_booking_keeps_the_place_of_its_call() -> None:
    """What a calendar service sends has blanks around it now and then, which are no part of it."""
    at = datetime(2026, 5, 4, 10, tzinfo=UTC)
    until = at + timedelta(minutes=30)
    one = calcom("BOOKING_CREATED", "one", at, until)
    two = calendly("invitee.created", "A", at, until)
    one["payload"]["metadata"] = {"videoCallUrl": " https://meet.example/room\n"}
    two["payload"]["scheduled_event"]["location"] = {"join_url": " https://meet.example/room\n"}
    for (booking,) in (read_calcom(one), read_calendly(two)):
        assert booking.join_url == "https://meet.example/room"


@pytest.mark.parametrize("absent", [None, 7, "", [], {}, True, "\x00", "\ud800"])
@pytest.mark.parametrize("service", [CALCOM, CALENDLY])
def test_any_field_may_be_empty_or_of_another_kind(service: Any, absent: Any) -> None:
    """What nobody needs is not looked at; what is needed is named when it is missing."""
    read = read_calcom if service is CALCOM else read_calendly
    lost = set()
    for path in places(service):
        report = copy.deepcopy(service)
        place = report
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = absent
        name = ".".join(map(str, path))
        try:
            bookings = read(report)
        except BadReport:
            bookings = []
        if not bookings:
            lost.add(name)
            continue
        (booking,) = bookings
        assert booking.invitee is not None
        assert (booking.invitee.email, booking.starts_at) == (LEAD, AT), name
    assert lost <= NEEDED


@pytest.mark.parametrize(
    ("email", "phone", "read"),
    [
        ("a@x.example", "", ("a@x.example", "")),
        (" a@x.example ", "+49 151 12345678", ("a@x.example", "+4915112345678")),
        ("4915112345678@sms.cal.com", "", ("", "+4915112345678")),
        ("+4915112345678@SMS.Cal.com", "+49 151 12345678", ("", "+4915112345678")),
        ("", "+4915112345678", ("", "+4915112345678")),
        # As the numbers of imported leads are kept: else the lead is not found by it.
        ("", "0049 151 12345678", ("", "+4915112345678")),
        ("a@x.example", "call me", ("a@x.example", "")),
    ],
)
def test_a_phone_is_no_address(email: str, phone: str, read: tuple[str, str]) -> None:
    """Mail to Cal.com's stand-in for those who book by phone goes nowhere."""
    found = invitee(email, "A B", phone=phone)
    assert (found.email, found.phone) == read


@pytest.mark.parametrize("phone", ["", "call me", "+1 5"])
def test_somebody_without_address_and_phone_is_nobody(phone: str) -> None:
    """A lead that nobody can reach, and that everybody else who wrote so would be taken for."""
    with pytest.raises(BadReport):
        invitee("nobody", "A B", phone=phone)


def test_of_a_seat_the_one_who_booked_comes_first() -> None:
    """Whoever came before would be booked twice, and the new one not at all."""
    report = copy.deepcopy(CALCOM)
    report["payload"]["attendees"] = [{"email": "before@x.example"}, {"email": LEAD}, None, 7]
    first, second = read_calcom(report)
    assert first.invitee is not None
    assert second.invitee is not None
    assert (first.invitee.email, first.guest) == (LEAD, False)
    assert (second.invitee.email, second.guest) == ("before@x.example", True)
