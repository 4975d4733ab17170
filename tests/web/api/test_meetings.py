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


async def test_a_meeting_is_moved_and_called_off_with_a_word_to_the_lead(api: Api) -> None:
    """The lead would be mailed a new time without a reason; a second click would mail it twice."""
    lead = api.lead("jane@acme.example", "rep-1")
    body = {"lead_id": lead, "starts_at": SOON.isoformat(), "minutes": 45}
    made = await api.ask("sdr", "POST", "/meetings", **body, words="As we said on the phone.")
    assert made.json()["words"] == "As we said on the phone."
    meeting = made.json()["id"]
    here = f"/meetings/{meeting}"
    later = (SOON + timedelta(days=1)).isoformat()

    moved = await api.ask("sdr", "POST", f"{here}/reschedule", starts_at=later, words=" A\n clash ")
    twice = await api.ask("sdr", "POST", f"{here}/reschedule", starts_at=later)
    long = await api.ask("sdr", "POST", f"{here}/reschedule", starts_at=later, words="x" * 1001)
    odd = await api.ask("sdr", "POST", f"{here}/cancel", words="bell \a")
    kept = api.value("SELECT words FROM meeting")
    off = await api.ask("sdr", "POST", f"{here}/cancel", words="I am ill.")
    over = await api.ask("sdr", "POST", f"{here}/reschedule", starts_at=SOON.isoformat())

    assert (moved.status_code, moved.json()["minutes"], moved.json()["attempt"]) == (200, 45, 2)
    assert (twice.status_code, twice.json()["errors"][0]["field"]) == (409, "starts_at")
    assert (long.status_code, odd.status_code) == (422, 422)
    assert kept == "A\n clash"
    assert (off.status_code, over.status_code) == (200, 409)
    assert api.value("SELECT words FROM meeting") == "I am ill."
    # Booked, moved and called off, each once.
    assert api.value("SELECT count(*) FROM relay_message WHERE workflow_id LIKE 'lead-%'") == 3


async def test_the_mail_about_a_meeting_is_read_and_put_in_other_words(api: Api) -> None:
    """A rep who met the lead an hour ago would be made to write like a machine; and who only looks
    must not have booked."""
    lead = api.lead("jane@acme.example", "rep-1", first_name="Jane")
    when = SOON.isoformat().replace("+", "%2B")
    path = f"/meetings/mail-preview?lead={lead}&starts_at={when}"
    mail = (await api.ask("sdr", "GET", path)).json()
    assert api.value("SELECT count(*) FROM meeting") == 0
    assert "Our meeting is booked." in mail["words"]
    assert mail["starts_at"] in mail["words"]
    assert ("Move or cancel" in mail["words"], "Move or cancel" in mail["text"]) == (False, True)

    own = {"subject": "Our call", "text": "Jane, see you {{ meeting.starts_at }}."}
    body = {"lead_id": lead, "starts_at": SOON.isoformat()}
    wrong = await api.ask("sdr", "POST", "/meetings", **body, text="{{ lead.salary }}")
    made = (await api.ask("sdr", "POST", "/meetings", **body, **own)).json()
    kept = "SELECT mail_subject || '|' || mail_text FROM meeting"

    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "text")
    assert api.value(kept) == "Our call|Jane, see you {{ meeting.starts_at }}."
    off = (await api.ask("sdr", "GET", f"/meetings/mail-preview?meeting={made['id']}")).json()
    assert off["template"] == "meeting-cancelled-by-us"
    later = (SOON + timedelta(days=1)).isoformat()
    await api.ask("sdr", "POST", f"/meetings/{made['id']}/reschedule", starts_at=later)
    assert api.value(kept) == "|"
    neither = await api.ask("sdr", "GET", "/meetings/mail-preview")
    assert neither.status_code == 422


async def test_what_a_calendar_service_has_is_moved_there(api: Api) -> None:
    """Its calendar would go on saying the old time."""
    lead = api.lead("jane@acme.example", "rep-1")
    body = {"lead_id": lead, "starts_at": SOON.isoformat()}
    meeting = (await api.ask("sdr", "POST", "/meetings", **body)).json()["id"]
    api.value("UPDATE meeting SET provider = 'calcom' RETURNING id")
    later = (SOON + timedelta(days=1)).isoformat()
    moved = await api.ask("sdr", "POST", f"/meetings/{meeting}/reschedule", starts_at=later)
    assert (moved.status_code, "Cal.com" in moved.json()["detail"]) == (409, True)


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
