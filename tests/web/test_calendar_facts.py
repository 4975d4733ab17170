"""What a calendar service has made is a fact: it is written down and answered with 200 whatever it
is like. A service that is refused for long reports nothing any more, and one lost booking is a lead
that sits in a call alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import text

from tests.support.calendar_reports import (
    FIRST,
    HOST,
    HOUR,
    LEAD,
    NOW,
    SECOND,
    booked,
    calcom,
    calcom_no_show,
    calendar_site,
    calendly,
    post_calcom,
    post_calendly,
    uri,
)
from tests.web.conftest import Site

GUEST = "guest@example.com"
OTHER = "other.lead@example.com"


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """A site that both services report to."""
    return calendar_site(make_site)


def person(email: str, **more: Any) -> dict[str, Any]:
    return {"email": email, "name": "A B", "timeZone": "UTC", "language": {"locale": "en"}, **more}


def seat(uid: str, email: str, at: datetime = FIRST, trigger: str = "BOOKING_CREATED") -> Any:
    """A seat: the report names this attendee only."""
    report = booked(trigger, uid, at, attendees=[person(email)])
    report["payload"]["responses"]["email"]["value"] = email
    return report


def invited(event: str, invitee: str, at: datetime = FIRST, **more: Any) -> Any:
    return calendly(event, invitee, at, at + HOUR, **more)


def ended(by: str | None) -> Any:
    """Calendly's cancellation by invitee or host."""
    return invited("invitee.canceled", "A", cancellation={"canceler_type": by, "reason": ""})


def begin(site: Site, **values: object) -> None:
    """Begin anew with the lead alone."""
    with site.database.begin() as connection:
        for table in (
            "alert",
            "relay_message",
            "calendar_booking",
            "assignment",
            "meeting",
            "lead",
        ):
            connection.execute(text(f"DELETE FROM {table}"))
    site.add_lead(LEAD, **{"owner": "rep-1", "phase": "FollowUp"} | values)


async def outcome(browser: httpx.AsyncClient, report: Any) -> str:
    """Post it to whom it is of; what it changed."""
    post = post_calcom if "triggerEvent" in report else post_calendly
    answer = await post(browser, report)
    assert answer.status_code == 200, answer.text
    said: str = answer.json()["outcome"]
    return said


def meetings(site: Site) -> list[tuple[object, ...]]:
    return site.rows(
        "SELECT lead.email, meeting.state, starts_at FROM meeting JOIN lead ON lead.id = lead_id "
        "ORDER BY starts_at, lead.email"
    )


def alerts(site: Site) -> list[object]:
    return [kind for (kind,) in site.rows("SELECT kind FROM alert ORDER BY kind")]


# One booking, whatever it is like ------------------------------------------------------------


async def test_no_time_is_refused(site: Site, browser: httpx.AsyncClient) -> None:
    """A report that was delayed, or of a meeting of any length, is one of a meeting that exists."""
    yesterday, far = NOW - timedelta(days=1), NOW + timedelta(days=800)
    for report, starts, minutes in (
        (booked(at=yesterday), yesterday, 60),
        (booked(at=far), far, 60),
        (calcom("BOOKING_CREATED", "x", FIRST, FIRST), FIRST, 0),
        (calcom("BOOKING_CREATED", "x", FIRST, FIRST - HOUR), FIRST, 0),
        (calcom("BOOKING_CREATED", "x", FIRST, FIRST + 30 * HOUR), FIRST, 1800),
        (booked(endTime=None), FIRST, 0),
        (booked(organizer=None, createdAt=None), FIRST, 60),
        (invited("invitee.created", "A", yesterday), yesterday, 60),
    ):
        begin(site)
        assert await outcome(browser, report) == "booked"
        assert site.rows("SELECT state, starts_at, minutes FROM meeting") == [
            ("booked", starts, minutes)
        ]
        assert await outcome(browser, report) == "unchanged"


async def test_a_booking_over_another_one_stands_and_the_rep_is_told(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """The rep must not sit in two calls without knowing; the lead has the booking in any case."""
    site.add_lead(LEAD, owner="rep-1", phase="FollowUp")
    assert await outcome(browser, seat("one", OTHER)) == "booked"
    assert await outcome(browser, booked(uid="two", at=FIRST + HOUR / 2)) == "booked"
    assert alerts(site) == ["meeting_overlap"]
    assert site.rows("SELECT owner FROM alert") == [("rep-1",)]
    assert await outcome(browser, booked(uid="two", at=FIRST + HOUR / 2)) == "unchanged"
    assert len(meetings(site)) == 2


async def test_what_can_not_be_read_is_answered_with_the_field_and_shown_to_a_manager(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """The service goes on reporting, and a person looks there for what was booked."""
    for report, named in (
        ([], "body"),
        ({"triggerEvent": "BOOKING_CREATED"}, "payload.uid"),
        ({"triggerEvent": None}, "triggerEvent"),
        (booked(uid="\x00"), "payload.uid"),
        (booked(attendees=[]), "payload.attendees"),
        (booked(attendees=[{"email": "nobody"}]), "payload.attendees"),
        (booked(startTime="2023-05-25T09:30:00"), "payload.startTime"),
        (booked(startTime="9999-12-31T23:59:59Z"), "payload.startTime"),
    ):
        answer = await post_calcom(browser, report)
        assert (answer.status_code, answer.json()["outcome"]) == (200, "unreadable")
        assert named in answer.json()["error"]
        assert LEAD not in answer.text
    assert meetings(site) == []
    assert site.rows("SELECT kind, owner FROM alert") == [("booking_unreadable", "mgr-1")]


async def test_text_that_no_database_takes_loses_no_booking(
    site: Site, browser: httpx.AsyncClient
) -> None:
    report = booked(attendees=[person(LEAD, name="Jo\x00hn \ud800Doe")])
    assert await outcome(browser, report) == "booked"
    assert site.rows("SELECT first_name, last_name FROM lead") == [("John", "Doe")]


# Hosts ---------------------------------------------------------------------------------------


async def test_another_host_gets_the_meeting_and_hears_of_it(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """Otherwise the hour is taken from who has no meeting, and the one who has is booked again."""
    site.add_lead(LEAD, owner="rep-1", phase="Meeting")
    given = booked("BOOKING_REASSIGNED", organizer=person("b@perennial.example"))
    given["createdAt"] = NOW.isoformat()
    assert await outcome(browser, booked()) == "booked"
    assert await outcome(browser, given) == "reassigned"
    assert await outcome(browser, given) == "unchanged"
    assert site.rows("SELECT owner, attempt FROM meeting") == [("rep-2", 1)]
    assert site.rows("SELECT kind, owner FROM alert") == [("meeting_reassigned", "rep-2")]
    assert await outcome(browser, booked()) == "unchanged"
    assert site.rows("SELECT owner FROM meeting") == [("rep-2",)]


# Who called it off ---------------------------------------------------------------------------


async def test_it_is_kept_who_called_it_off(site: Site, browser: httpx.AsyncClient) -> None:
    """A lead that we called off must not read that it missed us, nor count as one that did."""
    gone = "BOOKING_CANCELLED"
    here, there = booked(), invited("invitee.created", "A")
    for made, report, by in (
        (here, booked(gone, cancelledBy=LEAD.upper()), "lead"),
        (here, booked(gone, cancelledBy=HOST), "us"),
        (here, booked(gone, cancelledBy=None), ""),
        (here, booked("BOOKING_REJECTED"), "us"),
        (here, booked(gone, startTime=None, endTime=None), ""),
        (here, booked(gone, attendees=[]), ""),
        (there, ended("invitee"), "lead"),
        (there, ended("host"), "us"),
        (there, ended(None), ""),
        (there, invited("invitee.canceled", "A", email=None), ""),
    ):
        begin(site, phase="Meeting")
        assert await outcome(browser, made) == "booked"
        assert await outcome(browser, report) == "cancelled"
        assert site.rows(
            "SELECT state, missed, cancelled_by, cancelled_at IS NOT NULL FROM meeting"
        ) == [("cancelled", 0, by, True)]
        assert site.rows(
            "SELECT payload->>'reason' FROM relay_message WHERE payload->>'code' = 'cancelled'"
        ) == [(by,)]


async def test_a_cancellation_that_is_told_late_counts(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """Or the rep is asked how a meeting went that was called off days before."""
    site.add_lead(LEAD, owner="rep-1", phase="Meeting")
    await outcome(browser, booked(at=NOW - 2 * HOUR))
    gone = booked("BOOKING_CANCELLED", at=NOW - 2 * HOUR, cancelledBy=LEAD)
    assert await outcome(browser, gone) == "cancelled"


# Who did not come ----------------------------------------------------------------------------


async def test_a_guests_absence_is_not_the_leads(site: Site, browser: httpx.AsyncClient) -> None:
    """ "We missed each other" to a lead that sat in the meeting."""
    for absent, state in (
        ({LEAD: True, GUEST: False}, "no_show"),
        ({LEAD: False, GUEST: True}, "booked"),
        ({GUEST: True}, "booked"),
        ({GUEST: True, LEAD: False}, "booked"),
        ({GUEST: False, LEAD: True}, "no_show"),
    ):
        begin(site, phase="Meeting")
        await outcome(browser, booked(at=NOW - HOUR, attendees=[person(LEAD), person(GUEST)]))
        report = calcom_no_show("one", NOW)
        report["payload"]["attendees"] = [
            {"email": email, "noShow": gone} for email, gone in absent.items()
        ]
        await outcome(browser, report)
        assert meetings(site) == [(LEAD, state, NOW - HOUR)]
        assert site.rows("SELECT count(*) FROM lead") == [(1,)], "a guest is no lead"


async def test_a_no_show_that_is_told_before_its_booking_counts(
    site: Site, browser: httpx.AsyncClient
) -> None:
    site.add_lead(LEAD, owner="rep-1", phase="Meeting")
    assert await outcome(browser, calcom_no_show("one", NOW)) == "unchanged"
    assert await outcome(browser, booked(at=NOW - HOUR)) == "booked"
    assert meetings(site) == [(LEAD, "no_show", NOW - HOUR)]


# Several people ------------------------------------------------------------------------------


async def test_each_seat_is_a_meeting_of_its_own(site: Site, browser: httpx.AsyncClient) -> None:
    """The second lead would get nurture mails while it sits in our call, and cancel the first's."""
    for email in (LEAD, OTHER):
        assert await outcome(browser, seat("one", email)) == "booked"
        assert await outcome(browser, seat("one", email)) == "unchanged"
    assert meetings(site) == [(LEAD, "booked", FIRST), (OTHER, "booked", FIRST)]
    assert alerts(site) == [], "one event is no overlap"

    moved = booked(
        "BOOKING_RESCHEDULED",
        "two",
        SECOND,
        rescheduleUid="one",
        attendees=[person(LEAD), person(OTHER), person(GUEST)],
    )
    assert await outcome(browser, moved) == "booked"
    assert meetings(site) == [(LEAD, "booked", SECOND), (OTHER, "booked", SECOND)]

    assert await outcome(browser, seat("two", OTHER, SECOND, "BOOKING_CANCELLED")) == "cancelled"
    assert meetings(site) == [(LEAD, "booked", SECOND), (OTHER, "cancelled", SECOND)]


async def test_calling_off_an_event_calls_off_every_seat(
    site: Site, browser: httpx.AsyncClient
) -> None:
    for email in (LEAD, OTHER):
        await outcome(browser, seat("one", email))
    gone = booked("BOOKING_CANCELLED", attendees=[person(LEAD), person(OTHER)], cancelledBy=HOST)
    assert await outcome(browser, gone) == "cancelled"
    assert {state for _, state, _ in meetings(site)} == {"cancelled"}


async def test_each_invitee_of_a_group_event_has_a_meeting(
    site: Site, browser: httpx.AsyncClient
) -> None:
    for name, email in (("A", LEAD), ("B", OTHER)):
        report = invited("invitee.created", name, email=email)
        assert await outcome(browser, report) == "booked"
    assert meetings(site) == [(LEAD, "booked", FIRST), (OTHER, "booked", FIRST)]
    assert alerts(site) == []
    assert await outcome(browser, invited("invitee.canceled", "A", email=LEAD)) == "cancelled"
    assert meetings(site) == [(LEAD, "cancelled", FIRST), (OTHER, "booked", FIRST)]


# Several bookings of one lead ----------------------------------------------------------------


async def test_calling_one_off_leaves_the_other(site: Site, browser: httpx.AsyncClient) -> None:
    """An independent booking is no move: the lead would sit in a meeting that we forgot."""
    gone = "BOOKING_CANCELLED"
    there = invited("invitee.created", "B", SECOND)
    for first, second, report, phase in (
        (booked(uid="A1"), booked(uid="A2", at=SECOND), booked(gone, "A2", SECOND), ""),
        (booked(uid="A1", at=SECOND), booked(uid="A2"), booked(gone, "A2"), "FollowUp"),
        (invited("invitee.created", "A"), there, invited("invitee.canceled", "B"), "Meeting"),
        (booked(uid="A1"), there, invited("invitee.canceled", "B"), "Nurture"),
    ):
        begin(site, phase=phase)
        assert await outcome(browser, first) == "booked"
        assert await outcome(browser, second) == "booked"
        assert [state for _, state, _ in meetings(site)] == ["booked", "booked"]
        assert alerts(site) == ["second_meeting"]
        assert await outcome(browser, report) == "cancelled"
        assert site.rows("SELECT beside, state, missed FROM meeting ORDER BY beside") == [
            (False, "booked", 0),
            (True, "cancelled", 0),
        ]
        # The second has a workflow of its own, which hears of the cancellation.
        assert site.rows(
            "SELECT split_part(workflow_id, '-', 3) FROM relay_message "
            "WHERE payload->>'code' = 'cancelled'"
        ) == [("meeting",)]


async def test_a_booking_here_stands_beside_one_at_a_service(
    site: Site, browser: httpx.AsyncClient
) -> None:
    lead = site.add_lead(LEAD, owner="rep-1", phase="Meeting")
    with site.database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO meeting (lead_id, owner, starts_at, state) "
                "VALUES (:lead, 'rep-1', :at, 'booked')"
            ),
            {"lead": lead, "at": FIRST},
        )
    assert await outcome(browser, booked(at=SECOND)) == "booked"
    assert alerts(site) == ["second_meeting"]
    assert await outcome(browser, booked("BOOKING_CANCELLED", at=SECOND)) == "cancelled"
    assert meetings(site) == [(LEAD, "booked", FIRST), (LEAD, "cancelled", SECOND)]


async def test_two_bookings_in_any_order_end_the_same(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """Reports are shuffled and doubled when we were away; nothing may be lost or made twice."""
    reports = [
        invited("invitee.created", "A", created_at=NOW - 4 * HOUR),
        invited("invitee.canceled", "A", rescheduled=True, created_at=NOW - 2 * HOUR),
        invited("invitee.created", "B", SECOND, old_invitee=uri("A"), created_at=NOW - 2 * HOUR),
        invited("invitee.created", "C", SECOND + HOUR, created_at=NOW - 3 * HOUR),
    ]
    for order in itertools.permutations(reports):
        begin(site)
        for report in (*order, *order):
            await outcome(browser, report)
        assert meetings(site) == [
            (LEAD, "booked", SECOND),
            (LEAD, "booked", SECOND + HOUR),
        ], [one["payload"]["uri"][-1] for one in order]


# Phones --------------------------------------------------------------------------------------


async def test_who_books_by_phone_has_a_phone_and_no_address(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """Mail to the service's stand-in goes nowhere, and without the number nobody can call."""
    attendee = person("4915112345678@SMS.cal.com", phoneNumber="+49 151 12345678")
    for uid, at in (("one", FIRST), ("two", SECOND)):
        assert await outcome(browser, booked(uid=uid, at=at, attendees=[attendee])) == "booked"
        assert site.rows("SELECT email, phone FROM lead") == [("", "+4915112345678")]


async def test_who_books_by_phone_is_the_lead_with_that_phone(
    site: Site, browser: httpx.AsyncClient
) -> None:
    site.add_lead(OTHER, phone="+4915112345678", phase="FollowUp")
    await outcome(browser, booked(attendees=[person("4915112345678@sms.cal.com")]))
    assert meetings(site) == [(OTHER, "booked", FIRST)]


async def test_a_phone_that_comes_with_an_address_is_kept(
    site: Site, browser: httpx.AsyncClient
) -> None:
    site.add_lead(LEAD, phase="FollowUp")
    await outcome(browser, booked(attendees=[person(LEAD, phoneNumber="+4915112345678")]))
    assert site.rows("SELECT email, phone FROM lead") == [(LEAD, "+4915112345678")]
