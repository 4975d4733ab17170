"""Booking a meeting from a mail."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx2 as httpx
import pytest
from sqlalchemy import insert

from domain.meetings.free_times import open_slots
from domain.sales.team import TeamPolicy
from store.published.policies import publish_policy
from store.tables import Rep
from tests.web.conftest import Site

KOREAN_LEAD = {"time_zone": "Asia/Seoul", "country": "KR", "owner": "rep-1"}


def slots(page: httpx.Response) -> list[str]:
    return re.findall(r'name="starts_at" value="([^"]+)"', page.text)


def test_slots_are_half_hours_of_the_leads_own_business_days() -> None:
    """Wednesday 23 September 2026 to Sunday is Chuseok and a weekend in Korea."""
    now = datetime(2026, 9, 22, 20, 0, tzinfo=UTC)  # Wednesday 05:00 in Seoul
    found = open_slots(now, "Asia/Seoul", "KR", [])
    assert [day.isoformat() for day in found] == [
        "2026-09-28", "2026-09-29", "2026-09-30", "2026-10-01", "2026-10-02",
    ]  # fmt: skip
    first = next(iter(found.values()))
    assert (first[0].hour, first[-1].hour, first[-1].minute, len(first)) == (9, 16, 30, 16)
    assert first[0].utcoffset() == timedelta(hours=9)


def test_slots_keep_the_wall_clock_over_a_clock_change() -> None:
    """On 29 March 2026 Berlin's clocks go forward; nine o'clock stays nine o'clock."""
    found = open_slots(datetime(2026, 3, 26, 12, 0, tzinfo=UTC), "Europe/Berlin", "DE", [])
    starts = [day[0].astimezone(UTC).hour for day in found.values()]
    assert starts == [8, 7, 7, 7, 7][: len(starts)]
    assert len(starts) == 5


def test_a_busy_rep_offers_what_is_left() -> None:
    now = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
    ten = datetime(2026, 6, 2, 10, 15, tzinfo=UTC)
    (day, *_) = open_slots(now, "UTC", "", [(ten, ten + timedelta(minutes=30))]).values()
    assert [f"{slot:%H:%M}" for slot in day][:4] == ["09:00", "09:30", "11:00", "11:30"]
    whole_day = (ten.replace(hour=0), ten.replace(hour=23))
    assert ten.date() not in open_slots(now, "UTC", "", [whole_day])


async def test_book_move_cancel(site: Site, browser: httpx.AsyncClient) -> None:
    link = site.signer.booking(site.add_touch(site.add_lead(**KOREAN_LEAD)))
    page = await browser.get(link)
    assert "All times: Korean Time" in page.text
    first, second = slots(page)[3:5]
    assert "the time is yours" in (await browser.post(link, data={"starts_at": first})).text
    booked = "SELECT state, minutes, booked_by, owner, starts_at FROM meeting"
    assert site.rows(booked) == [
        ("booked", 30, "lead", "rep-1", datetime.fromisoformat(first).astimezone(UTC))
    ]
    page = await browser.get(link)
    assert "Your meeting" in page.text
    assert first not in slots(page)
    moved = await browser.post(link, data={"starts_at": second})
    assert (
        f"{datetime.fromisoformat(second).astimezone(ZoneInfo('Asia/Seoul')):%H:%M}" in moved.text
    )
    assert site.rows(booked)[0][4] == datetime.fromisoformat(second).astimezone(UTC)
    assert "cancelled" in (await browser.post(link, data={"action": "cancel"})).text
    assert site.rows("SELECT state FROM meeting") == [("cancelled",)]
    assert (await browser.post(link, data={"action": "cancel"})).status_code == 409
    assert len(site.rows("SELECT 1 FROM meeting")) == 1


@pytest.mark.parametrize(
    "starts_at",
    ["", "soon", "2020-01-01T09:00:00+00:00", "2036-01-01T03:07:00", "0001-01-01T00:00:00+23:59"],
)
async def test_a_time_that_is_not_offered_is_not_booked(
    site: Site, browser: httpx.AsyncClient, starts_at: str
) -> None:
    """A page left open over night offers times that have passed."""
    link = site.signer.booking(site.add_touch(site.add_lead()))
    answer = await browser.post(link, data={"starts_at": starts_at})
    assert answer.status_code == 409
    assert "no longer free" in answer.text
    assert slots(answer)
    assert site.rows("SELECT 1 FROM meeting") == []


async def test_a_slot_of_a_rep_goes_to_one_lead(site: Site, browser: httpx.AsyncClient) -> None:
    """Two leads who choose the same half hour at once would meet in one call."""
    with site.database.begin() as connection:
        connection.execute(insert(Rep).values(code="rep-1", name="A", email="a@p.example"))
    links = [
        site.signer.booking(
            site.add_touch(site.add_lead(f"lead{n}@x.example", owner="rep-1"), f"t-{n}:a:1")
        )
        for n in range(6)
    ]
    slot = slots(await browser.get(links[0]))[0]
    answers = await asyncio.gather(
        *(browser.post(link, data={"starts_at": slot}) for link in links)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    assert len(site.rows("SELECT 1 FROM meeting")) == 1


async def test_only_the_reps_own_hours_are_offered(site: Site, browser: httpx.AsyncClient) -> None:
    """A rep who works mornings would miss every call of the afternoon."""
    team = TeamPolicy.model_validate(
        {
            "policy": "team",
            "teams": [{"team": "am", "calendar": {"hours": {"mon-fri": "09:00-11:00"}}}],
            "reps": [{"code": "rep-1", "name": "A", "email": "a@p.example"}],
        }
    )
    with site.database.begin() as connection:
        publish_policy(connection, "team", team)
    link = site.signer.booking(site.add_touch(site.add_lead(owner="rep-1", time_zone="UTC")))
    offered = {slot[11:16] for slot in slots(await browser.get(link))}
    assert offered == {"09:00", "09:30", "10:00", "10:30"}


async def test_a_link_moves_a_meeting_three_times_a_day(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """Whoever got a mail forwarded could have us send invitations to the lead all day long."""
    lead = site.add_lead(**KOREAN_LEAD)
    links = [site.signer.booking(site.add_touch(lead, f"t-{n}:a:1")) for n in range(3)]
    other = site.signer.booking(site.add_touch(site.add_lead("eve@x.example"), "t-9:a:1"))
    times = slots(await browser.get(links[0]))[::2]

    async def set_to(number: int) -> int:
        # Each by another link: it is the lead's day.
        link = links[number % len(links)]
        return (await browser.post(link, data={"starts_at": times[number]})).status_code

    assert [await set_to(number) for number in range(3)] == [200, 200, 200]
    # What is refused, or asked for twice, is no move.
    assert await set_to(2) == 200
    assert (await browser.post(links[0], data={"starts_at": "soon"})).status_code == 409
    assert (await browser.post(links[0], data={"action": "cancel"})).status_code == 200
    assert await set_to(3) == 200

    fourth = await browser.post(links[0], data={"starts_at": times[4]})

    assert (fourth.status_code, "often enough for today" in fourth.text) == (429, True)
    assert 80_000 < int(fourth.headers["retry-after"]) <= 86_400
    at = datetime.fromisoformat(times[3]).astimezone(UTC)
    assert site.rows("SELECT starts_at, attempt, state FROM meeting") == [(at, 4, "booked")]
    assert (await browser.post(links[1], data={"action": "cancel"})).status_code == 200
    assert await set_to(5) == 429
    elses = slots(await browser.get(other))[-1]
    assert (await browser.post(other, data={"starts_at": elses})).status_code == 200
    with site.database.begin() as connection:
        connection.exec_driver_sql("UPDATE meeting_move SET at = at - interval '1 day'")
    assert await set_to(7) == 200
    assert site.rows("SELECT count(*) FROM meeting_move") == [(1,)]


async def test_moves_at_once_are_counted_one_by_one(site: Site, browser: httpx.AsyncClient) -> None:
    """Ten requests in the same second would all be the third."""
    link = site.signer.booking(site.add_touch(site.add_lead()))
    times = slots(await browser.get(link))
    await browser.post(link, data={"starts_at": times[0]})

    answers = await asyncio.gather(
        *(browser.post(link, data={"starts_at": at}) for at in times[2:10])
    )

    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [429] * 5
    assert site.rows("SELECT attempt FROM meeting") == [(4,)]


async def test_it_is_said_in_the_leads_language(site: Site, browser: httpx.AsyncClient) -> None:
    """A Korean lead would not understand why nothing happens."""
    link = site.signer.booking(site.add_touch(site.add_lead(language="ko", **KOREAN_LEAD)))
    times = slots(await browser.get(link))
    for at in times[:4]:
        await browser.post(link, data={"starts_at": at})
    assert "내일 다시 시도" in (await browser.post(link, data={"starts_at": times[5]})).text
