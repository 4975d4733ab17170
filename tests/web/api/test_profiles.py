"""What reps say of themselves to leads, and the calendar that programs read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2 as httpx
import pytest
from icalendar import Calendar, Event

from domain.sales.team import TeamPolicy
from store.access.users import change_user, find_user
from store.meetings.meetings import book_meeting, cancel_meeting
from store.published.policies import policy, publish_policy
from tests.web.api.conftest import Api

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)


@pytest.mark.parametrize(
    ("said", "field", "advice"),
    [
        ({"email": "hana@home.example"}, "email", "EMAIL_DOMAINS"),
        ({"email": "hana"}, "email", "no e-mail address"),
        # Leads would take an SDR for whoever has that address.
        ({"email": "Tomas@Lindenmoor.example"}, "email", "colleague"),
        ({"email": "manager@lindenmoor.example"}, "email", "colleague"),
        ({"email": " Clara@LINDENMOOR.example"}, "email", "the company's own"),
        ({"phone": "555 0123"}, "phone", "country's code"),
        ({"booking_link": "http://book.example"}, "booking_link", "https://"),
        ({"booking_link": "https://book.example/a\nb"}, "booking_link", "https://"),
        ({"place": "javascript://x"}, "place", "https://"),
        ({"place": "https://meet.example/{lead}"}, "place", "https://"),
        ({"signature": "a\nb\nc\nd\ne\nf"}, "signature", "5 lines"),
        ({"name": "Hana\nBcc: x@y.example"}, "name", "one line"),
        ({"language": "fr"}, "language", ""),
    ],
)
async def test_what_a_rep_can_not_say_is_refused_at_its_field(
    api: Api, said: dict[str, str], field: str, advice: str
) -> None:
    """Mail from a domain that nobody signs for is taken for forged; the rep hears what to do."""
    refused = await api.ask("manager", "PUT", "/team/rep-1/profile", **said)

    assert refused.status_code == (409 if advice in ("colleague", "the company's own") else 422)
    told = refused.json()
    assert field in str(told)
    assert advice in str(told)
    assert api.value("SELECT count(*) FROM rep_profile") == 0


async def test_each_rep_says_it_of_itself_and_publishing_the_team_keeps_it(api: Api) -> None:
    """A rep's phone would be gone whenever somebody changes a weight in team.yaml."""
    said = {
        "name": "Hana L",
        "email": "hana.l@lindenmoor.example",
        "signature": "Planner\nMon–Thu",
        "phone": "+49 30 55501234",
        "booking_link": "",
        "place": "https://meet.example/{meeting}",
        "language": "ko",
    }

    address = await api.ask("manager", "PUT", "/team/rep-1/profile", email=said["email"])
    kept = await api.ask("sdr", "PUT", "/team/rep-1/profile", **said)
    other = await api.ask("sdr", "PUT", "/team/rep-2/profile", **said)
    await api.ask("manager", "PUT", "/team/rep-2/profile", phone="+49 30 55505678")
    with api.database.begin() as connection:
        team = policy(connection, TeamPolicy).model_copy(update={"account_owner_first": False})
        publish_policy(connection, "team", team)

    assert (address.status_code, kept.status_code, kept.json()) == (200, 200, said)
    assert other.status_code == 403
    shown = await api.ask("sdr", "GET", "/team/rep-2/profile")
    assert shown.json()["phone"] == "+49 30 55505678"
    assert (await api.ask("sdr", "GET", "/team/rep-9/profile")).status_code == 404
    assert (await api.ask("manager", "PUT", "/team/rep-7/profile", phone="")).status_code == 404


@pytest.mark.parametrize("email", ["ceo@lindenmoor.example", ""])
async def test_whose_address_a_rep_writes_from_is_no_word_of_its_own(api: Api, email: str) -> None:
    """An SDR would write to leads as whoever has an address that Perennial does not know of."""
    known = {"email": "hana.l@lindenmoor.example", "phone": "+49 30 55501234"}
    await api.ask("manager", "PUT", "/team/rep-1/profile", **known)

    refused = await api.ask("sdr", "PUT", "/team/rep-1/profile", **known | {"email": email})

    assert refused.status_code == 403
    assert "manager" in refused.json()["detail"]
    kept = {"email": "HANA.L@lindenmoor.example", "phone": "+49 30 55505678"}
    assert (await api.ask("sdr", "PUT", "/team/rep-1/profile", **kept)).status_code == 200
    assert api.value("SELECT email FROM rep_profile") == known["email"]


async def test_a_meeting_is_where_its_rep_is_met(api: Api) -> None:
    """Two meetings at one address would have the second lead walk in on the first."""
    await api.ask("sdr", "PUT", "/team/rep-1/profile", place="https://meet.example/{meeting}")
    leads = [api.lead(f"{n}@acme.example", "rep-1") for n in range(2)]
    await api.ask("manager", "PUT", "/team/rep-2/profile", place="+49 30 55505678")
    by_phone = api.lead("p@acme.example", "rep-2")

    made = []
    for hours, lead in enumerate([*leads, by_phone]):
        booked = await api.ask("sdr", "POST", "/meetings", **_meeting(lead, hours=hours))
        made.append(booked.json())

    links = [one["join_url"] for one in made]
    assert links[0] != links[1]
    assert all(link.startswith("https://meet.example/") and "{" not in link for link in links[:2])
    assert (links[2], made[2]["place"]) == ("", "+49 30 55505678")


@pytest.fixture
async def http(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    """A calendar program: it has no cookie and no token."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(api.app), base_url="http://go.test", timeout=60
    ) as client:
        yield client


async def test_a_rep_s_meetings_are_read_by_calendar_programs(
    api: Api, http: httpx.AsyncClient
) -> None:
    """A rep who sees in no calendar of the own who comes when, is late; one who reads another's
    knows more leads than the own."""
    lead = api.lead("ada@acme.example", "rep-1", first_name="Ada", last_name="Lovelace")
    other = api.lead("bob@acme.example", "rep-2", first_name="Bob")
    with api.database.begin() as connection:
        made = [
            book_meeting(
                connection,
                lead_id=one,
                starts_at=TOMORROW + timedelta(hours=hours),
                minutes=30,
                booked_by="lead",
                at=datetime.now(UTC),
            )
            for hours, one in enumerate((lead, other))
        ]
    url = (await api.ask("sdr", "POST", "/team/rep-1/calendar")).json()["url"]

    first = await http.get(url)
    assert (first.status_code, first.headers["content-type"]) == (
        200,
        "text/calendar; charset=utf-8",
    )
    assert "no-store" in first.headers["cache-control"]
    (event,) = events(first.content)
    assert (event.decoded("dtstart"), str(event["status"])) == (TOMORROW, "CONFIRMED")
    assert "Ada Lovelace" in str(event["summary"])
    # Nothing is new: nothing is sent.
    again = await http.get(url, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")

    with api.database.begin() as connection:
        cancel_meeting(connection, meeting_id=made[0], at=datetime.now(UTC), by="lead")
    (gone,) = events((await http.get(url)).content)
    assert (gone["uid"], str(gone["status"])) == (event["uid"], "CANCELLED")
    assert gone.decoded("sequence") > event.decoded("sequence")

    newer = (await api.ask("sdr", "POST", "/team/rep-1/calendar")).json()["url"]
    assert (await http.get(url)).status_code == 404
    assert (await http.get(newer)).status_code == 200
    assert (await http.get(f"{newer[:-5]}x.ics")).status_code == 404
    # Programs that ask too often hear when to come back.
    api.value("UPDATE calendar_feed SET reads = 60 RETURNING rep")
    often = await http.get(newer)
    assert (often.status_code, int(often.headers["retry-after"]) > 0) == (429, True)
    api.value(
        "UPDATE calendar_feed SET reads_since = reads_since - interval '2 hours' RETURNING rep"
    )
    assert (await http.get(newer)).status_code == 200
    # Who may sign in no more reads nothing more.
    with api.database.begin() as connection:
        user = find_user(connection, "sdr@lindenmoor.example")
        assert user is not None
        change_user(connection, user.id, datetime.now(UTC), disabled=True)
    assert (await http.get(newer)).status_code == 404


async def test_nobody_makes_the_address_of_another_s_calendar(api: Api) -> None:
    """A manager who leaves would go on reading the meetings of the whole team; and must be able to
    end an address that got around."""
    codes = []
    for who, method, rep in (
        *(("manager", "POST", "rep-1"), ("admin", "POST", "rep-1"), ("sdr", "POST", "rep-2")),
        *(("sdr", "POST", "rep-1"), ("manager", "DELETE", "rep-1")),
    ):
        codes.append((await api.ask(who, method, f"/team/{rep}/calendar")).status_code)
    assert codes == [403, 403, 403, 201, 200]
    assert api.value("SELECT count(*) FROM calendar_feed") == 0


async def test_a_rep_has_the_own_calendar_read_and_nobody_sees_where(api: Api) -> None:
    """Its address lets whoever has it read the whole calendar; one of ours would be read by it."""
    secret = "webcal://calendar.example/hana/private-1f8e/basic.ics"
    here = "/team/rep-1/busy-calendar"
    none = await api.ask("sdr", "GET", here)
    bad = [
        await api.ask("sdr", "PUT", here, url=url)
        for url in ("", "hana", "http://calendar.example/a.ics", "https://10.0.0.1/a.ics")
    ]
    others = await api.ask("sdr", "PUT", "/team/rep-2/busy-calendar", url=secret)
    nobody = await api.ask("admin", "PUT", "/team/rep-99/busy-calendar", url=secret)
    set_ = await api.ask("sdr", "PUT", here, url=secret)
    shown = await api.ask("manager", "GET", here)
    ended = await api.ask("manager", "DELETE", here)
    again = await api.ask("sdr", "DELETE", here)

    assert (none.status_code, again.status_code) == (404, 404)
    assert {answer.status_code for answer in bad} == {422}
    assert bad[0].json()["errors"][0]["field"] == "url"
    assert (others.status_code, nobody.status_code, ended.status_code) == (403, 404, 200)
    assert (set_.status_code, set_.json()["state"]) == (200, "new")
    assert shown.json()["host"] == "calendar.example"
    assert "private-1f8e" not in shown.text + set_.text


def events(content: bytes) -> list[Event]:
    """The events of a calendar that is right (RFC 5545)."""
    calendar = Calendar.from_ical(content)
    assert (str(calendar["version"]), str(calendar["method"])) == ("2.0", "PUBLISH")
    assert not calendar.errors
    found = [one for one in calendar.walk("VEVENT") if isinstance(one, Event)]
    assert not any(one.errors for one in found)
    return found


def _meeting(lead: int, hours: int) -> dict[str, Any]:
    at = TOMORROW + timedelta(hours=hours)
    return {"lead_id": lead, "starts_at": at.isoformat(), "minutes": 30}
