"""Appointments over the API: what a program books, finds and calls off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.web.api.conftest import Api

SOON = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)


async def test_a_meeting_is_booked_moved_and_called_off(api: Api) -> None:
    lead = api.lead("jane@acme.example", "rep-1")
    body = {"lead_id": lead, "starts_at": SOON.isoformat(), "minutes": 45}
    past = {**body, "starts_at": "2020-01-01T10:00:00Z"}
    far = {**body, "starts_at": (SOON + timedelta(days=365)).isoformat()}

    booked = await api.ask("sdr", "POST", "/meetings", **body)
    refused = await api.ask("sdr", "POST", "/meetings", **past)
    too_far = await api.ask("sdr", "POST", "/meetings", **far)
    naive = await api.ask("sdr", "POST", "/meetings", **{**body, "starts_at": "2099-01-01T10:00"})
    meeting = booked.json()["id"]
    cancelled = await api.ask("sdr", "POST", f"/meetings/{meeting}/cancel")
    again = await api.ask("sdr", "POST", f"/meetings/{meeting}/cancel")

    assert (booked.status_code, booked.json()["minutes"]) == (201, 45)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "starts_at")
    assert (too_far.status_code, "a year ahead" in too_far.json()["detail"]) == (409, True)
    assert naive.status_code == 422
    assert (cancelled.status_code, again.status_code) == (200, 409)
    assert api.value("SELECT booked_by FROM meeting") == "rep-1"


async def test_appointments_are_found_by_lead_owner_state_and_time_page_by_page(api: Api) -> None:
    """A rep's calendar in another program would lack meetings, or show another team's."""
    people = [("a", "rep-1"), ("b", "rep-2"), ("c", "rep-9"), ("d", "rep-1")]
    leads = [api.lead(f"{name}@acme.example", owner) for name, owner in people]
    made = []
    for number, lead in enumerate(leads):
        body = {"lead_id": lead, "starts_at": (SOON + timedelta(days=number)).isoformat()}
        made.append((await api.ask("manager", "POST", "/meetings", **body)).json()["id"])
    await api.ask("manager", "POST", f"/meetings/{made[3]}/cancel")

    async def found(role: str, query: str = "") -> list[int]:
        listed = (await api.ask(role, "GET", f"/meetings?{query}")).json()["items"]
        return [one["id"] for one in listed]

    day = (SOON + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert await found("ops") == made
    assert await found("sdr") == [made[0], made[1], made[3]]
    assert await found("ops", f"lead={leads[1]}") == [made[1]]
    assert await found("ops", "owner=rep-1&state=booked") == [made[0]]
    assert await found("ops", f"from={day}") == made[1:]
    assert await found("ops", f"to={day}") == made[:1]
    page = (await api.ask("ops", "GET", "/meetings?limit=3")).json()
    assert await found("ops", f"limit=3&cursor={page['next_cursor']}") == made[3:]
    assert (await api.ask("sdr", "GET", f"/meetings/{made[2]}")).status_code == 404
    shown = (await api.ask("sdr", "GET", f"/meetings/{made[1]}")).json()
    assert (shown["owner"], shown["state"], shown["booked_by"]) == (
        "rep-2",
        "booked",
        "the manager",
    )
    assert (await api.ask("ops", "GET", "/meetings?state=forgotten")).status_code == 422
    assert (await api.ask("ops", "GET", "/meetings/987654")).status_code == 404
