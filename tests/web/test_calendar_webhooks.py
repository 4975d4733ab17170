"""Bookings made at Cal.com and Calendly: an appointment lost here is a lead kept waiting."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import text

from tests.support.calendar_reports import (
    FIRST,
    HOUR,
    LEAD,
    NOW,
    SECOND,
    booked,
    calcom_no_show,
    calendar_site,
    calendly,
    post_calcom,
    post_calendly,
    uri,
)
from tests.web.conftest import Site, browse

THIRD = NOW + timedelta(days=5)

MEETING = "SELECT state, starts_at, minutes, owner, provider, provider_id FROM meeting"


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """A site that both services report to."""
    return calendar_site(make_site)


def invited(event: str, invitee: str, at: datetime = FIRST, **more: Any) -> Any:
    return calendly(event, invitee, at, at + HOUR, **more)


def signals(site: Site) -> list[tuple[object, ...]]:
    return site.rows("SELECT kind, name, payload->>'code' FROM relay_message ORDER BY id")


async def test_calcom_books_moves_and_cancels(site: Site, browser: httpx.AsyncClient) -> None:
    site.add_lead(LEAD.upper(), owner="rep-2")

    answer = await post_calcom(browser, booked())
    assert (answer.status_code, answer.json()) == (200, {"outcome": "booked"})
    assert site.rows(MEETING) == [("booked", FIRST, 60, "rep-1", "calcom", "calcom:one")]
    assert site.rows("SELECT owner FROM lead") == [("rep-2",)]

    moved = booked("BOOKING_RESCHEDULED", "two", SECOND, rescheduleUid="one")
    assert (await post_calcom(browser, moved)).json() == {"outcome": "booked"}
    assert site.rows(MEETING) == [("booked", SECOND, 60, "rep-1", "calcom", "calcom:two")]

    gone = booked("BOOKING_CANCELLED", "two", SECOND, cancellationReason="no time")
    assert (await post_calcom(browser, gone)).json() == {"outcome": "cancelled"}
    assert site.rows("SELECT state, attempt, sequence FROM meeting") == [("cancelled", 2, 2)]
    # The journey is in nurture still: whichever it hears first takes it to the meeting.
    assert signals(site) == [
        ("signal", "meeting", "booked"),
        ("signal", "meeting", "booked"),
        ("signal", "meeting", "cancelled"),
    ]


async def test_calendly_tells_of_a_move_twice(site: Site, browser: httpx.AsyncClient) -> None:
    """``invitee.canceled`` of the old one must not cancel the meeting that was only moved."""
    site.add_lead(LEAD, owner="rep-1")
    await post_calendly(browser, invited("invitee.created", "A"))
    pair = [
        invited("invitee.canceled", "A", rescheduled=True, new_invitee=uri("B")),
        invited("invitee.created", "B", SECOND, old_invitee=uri("A")),
    ]
    for report in pair:
        assert (await post_calendly(browser, report)).status_code == 200
    assert site.rows(MEETING) == [("booked", SECOND, 60, "rep-1", "calendly", "calendly:B")]
    assert site.rows("SELECT join_url FROM meeting") == [("https://zoom.example/j/1",)]

    await post_calendly(browser, invited("invitee.canceled", "B", SECOND))
    assert site.rows("SELECT state FROM meeting") == [("cancelled",)]


async def test_any_order_of_reports_ends_the_same(
    make_site: Callable[..., Site], site: Site, browser: httpx.AsyncClient
) -> None:
    """Services repeat what was not answered, so the old may come after the new, and twice."""
    reports = [
        invited("invitee.created", "A", created_at=NOW - 2 * HOUR),
        invited("invitee.canceled", "A", rescheduled=True, created_at=NOW - HOUR),
        invited("invitee.created", "B", SECOND, old_invitee=uri("A"), created_at=NOW - HOUR),
        invited("invitee.created", "C", THIRD, old_invitee=uri("B"), created_at=NOW),
    ]
    for order in itertools.permutations(reports):
        with site.database.begin() as connection:
            for table in ("alert", "relay_message", "calendar_booking", "meeting", "lead"):
                connection.execute(text(f"DELETE FROM {table}"))
        for report in (*order, *order):
            assert (await post_calendly(browser, report)).status_code == 200
        assert site.rows(MEETING) == [("booked", THIRD, 60, "rep-1", "calendly", "calendly:C")]


async def test_a_cancellation_before_its_booking_books_nothing(
    site: Site, browser: httpx.AsyncClient
) -> None:
    site.add_lead(LEAD, owner="rep-1")
    gone = await post_calcom(browser, booked("BOOKING_CANCELLED"))
    assert (gone.status_code, gone.json()) == (200, {"outcome": "unchanged"})
    assert (await post_calcom(browser, booked())).json() == {"outcome": "unchanged"}
    assert site.rows(MEETING) == []


async def test_a_repeated_report_changes_nothing(site: Site, browser: httpx.AsyncClient) -> None:
    """Ten deliveries at once of one report are one booking and one signal."""
    site.add_lead(LEAD, owner="rep-1")
    answers = await asyncio.gather(*(post_calcom(browser, booked()) for _ in range(10)))
    outcomes = sorted(answer.json()["outcome"] for answer in answers)
    assert outcomes == ["booked", *["unchanged"] * 9]
    assert site.rows("SELECT attempt FROM meeting") == [(1,)]
    assert len(signals(site)) == 1


async def test_a_move_on_our_page_is_not_undone_by_old_reports(
    site: Site, browser: httpx.AsyncClient
) -> None:
    site.add_lead(LEAD, owner="rep-1")
    await post_calcom(browser, booked())
    with site.database.begin() as connection:
        connection.execute(
            text("UPDATE meeting SET provider = '', provider_id = NULL, starts_at = :at"),
            {"at": THIRD},
        )
    await post_calcom(browser, booked())
    await post_calcom(browser, booked("BOOKING_CANCELLED"))
    assert site.rows("SELECT state, starts_at FROM meeting") == [("booked", THIRD)]


async def test_somebody_unknown_becomes_a_lead_that_starts_with_the_meeting(
    site: Site, browser: httpx.AsyncClient
) -> None:
    await post_calcom(browser, booked())
    assert site.rows(
        "SELECT email, first_name, last_name, time_zone, language, stage, source, owner FROM lead"
    ) == [(LEAD, "John", "Doe", "Asia/Kolkata", "en", "known", "calcom", "rep-1")]
    (meeting,) = site.rows("SELECT id, lead_id FROM meeting")
    (start,) = site.rows("SELECT workflow_id, kind, name, payload FROM relay_message")
    assert start == (
        f"lead-{meeting[1]}",
        "start",
        "Meeting",
        {"lead_id": meeting[1], "cycle": 1, "reason": "booked", "meeting_id": meeting[0]},
    )


async def test_a_no_show_counts_once_and_can_be_taken_back(
    site: Site, browser: httpx.AsyncClient
) -> None:
    lead = site.add_lead(LEAD, owner="rep-1", phase="Meeting")
    await post_calendly(browser, invited("invitee.created", "A"))
    with site.database.begin() as connection:
        connection.execute(text("UPDATE meeting SET starts_at = now() - interval '1 hour'"))
    later = NOW + timedelta(minutes=5)
    missed = invited("invitee_no_show.created", "A", created_at=NOW)
    came = invited("invitee_no_show.deleted", "A", created_at=later)

    assert (await post_calendly(browser, missed)).json() == {"outcome": "no_show"}
    assert (await post_calendly(browser, missed)).json() == {"outcome": "unchanged"}
    assert site.rows("SELECT state, missed FROM meeting") == [("no_show", 1)]
    assert (await post_calendly(browser, came)).json() == {"outcome": "attended"}
    assert (await post_calendly(browser, missed)).json() == {"outcome": "unchanged"}
    assert site.rows("SELECT state, missed FROM meeting") == [("booked", 0)]
    assert [code for _, _, code in signals(site)] == ["booked", "no_show", "attended"]
    assert lead


async def test_calcoms_no_show_and_end_of_the_meeting(
    site: Site, browser: httpx.AsyncClient
) -> None:
    site.add_lead(LEAD, owner="rep-1", phase="Meeting")
    await post_calcom(browser, booked())
    early = await post_calcom(browser, calcom_no_show("one", NOW))
    assert early.json() == {"outcome": "unchanged"}, "nobody misses a meeting of next week"
    with site.database.begin() as connection:
        connection.execute(text("UPDATE meeting SET starts_at = now() - interval '1 hour'"))
    ended = await post_calcom(browser, booked("MEETING_ENDED"))
    assert ended.json() == {"outcome": "unchanged"}
    assert (await post_calcom(browser, calcom_no_show("one", NOW))).json() == {"outcome": "no_show"}


async def test_what_a_person_said_of_the_meeting_stays(
    site: Site, browser: httpx.AsyncClient
) -> None:
    site.add_lead(LEAD, owner="rep-1", phase="Opportunity")
    await post_calcom(browser, booked())
    with site.database.begin() as connection:
        connection.execute(text("UPDATE meeting SET state = 'held', starts_at = now()"))
    answer = await post_calcom(browser, calcom_no_show("one", NOW))
    assert answer.json() == {"outcome": "unchanged"}
    assert site.rows("SELECT state, missed FROM meeting") == [("held", 0)]


async def test_only_signed_reports_are_taken(
    site: Site, browser: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever finds the address must not be able to fill the reps' calendars."""
    report, told = booked(), invited("invitee.created", "A")
    assert (await browser.post("/webhooks/calcom", json=report)).status_code == 401
    assert (await browser.post("/webhooks/calendly", json=told)).status_code == 401
    assert (await post_calcom(browser, report, secret="wrong")).status_code == 403
    assert (await post_calendly(browser, told, secret="wrong")).status_code == 403
    assert (await post_calendly(browser, told, age=301)).status_code == 403
    assert (await post_calendly(browser, told, age=-301)).status_code == 403
    for header in ("t=1", "v1=ab,t=1", f"t={'9' * 13},v1={'a' * 64}", "é"):
        answer = await browser.post(
            "/webhooks/calendly",
            content=b"{}",
            headers=[(b"Calendly-Webhook-Signature", header.encode())],
        )
        assert answer.status_code == 403
    assert site.rows(MEETING) == site.rows("SELECT 1 FROM lead") == []
    assert "john" not in capsys.readouterr().out.lower()


async def test_without_a_secret_nothing_is_taken(make_site: Callable[..., Site]) -> None:
    async with browse(make_site()) as browser:
        for answer in (
            await post_calcom(browser, booked()),
            await post_calendly(browser, invited("invitee.created", "A")),
        ):
            assert answer.status_code == 503
            assert "WEBHOOK_SECRET is not set" in answer.json()["detail"]
