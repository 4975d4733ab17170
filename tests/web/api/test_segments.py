"""Segments over the API: what is in them, and what a condition holds for."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from domain.segments.policy import Segment, SegmentsPolicy
from store.published.policies import publish_policy
from store.segments.membership import judge_all, publish_segments
from tests.web.api.conftest import Api

WHEN = 'lead.attributes.plan == "pro"'


def publish(api: Api) -> None:
    """One segment, whose members are judged."""
    segment = Segment(name="pros", title="Pros", description="Who pays more.", when=WHEN)
    policy = SegmentsPolicy(policy="segments", segments=(segment,))
    with api.database.begin() as connection:
        publish_policy(connection, "segments", policy)
        publish_segments(connection, policy)
    with api.database.begin() as connection:
        judge_all(connection, datetime.now(UTC))


async def test_a_segment_tells_what_it_is_and_who_is_in_it(api: Api) -> None:
    """A program that sends a list to an advertiser would have the wrong people."""
    ours = api.lead("ours@acme.example", "rep-1", attributes={"plan": "pro"})
    theirs = api.lead("theirs@acme.example", "rep-9", attributes={"plan": "pro"})
    api.lead("free@acme.example", "rep-1", attributes={"plan": "free"})
    api.lead("unknown@acme.example", "rep-1")
    publish(api)

    (listed,) = (await api.ask("ops", "GET", "/segments")).json()["items"]
    shown = (await api.ask("ops", "GET", "/segments/pros")).json()
    everybody = (await api.ask("ops", "GET", "/segments/pros/members")).json()["items"]
    own = (await api.ask("sdr", "GET", "/segments/pros/members?order=activity")).json()["items"]
    file = await api.ask("ops", "GET", "/segments/pros/members?format=csv")
    filtered = (await api.ask("ops", "GET", "/leads?segment=pros")).json()["items"]
    lead = (await api.ask("ops", "GET", f"/leads/{ours}")).json()
    (of_team,) = (await api.ask("sdr", "GET", "/segments")).json()["items"]
    shown_to_team = (await api.ask("sdr", "GET", "/segments/pros")).json()

    assert (listed["name"], listed["members"], listed["unjudged"]) == ("pros", 2, 1)
    assert (listed["state"], listed["judged"], listed["leads"]) == ("ready", 4, 4)
    assert (shown["when"], shown["with_time"]) == (WHEN, False)
    assert [one["members"] for one in shown["sizes"]] == [2]
    assert (of_team["members"], shown_to_team["members"], shown_to_team["sizes"]) == (1, 1, [])
    assert [one["id"] for one in everybody] == [ours, theirs]
    assert [one["id"] for one in own] == [ours]
    assert file.text.count("\n") == 3
    assert filtered == everybody
    assert list(lead["segments"]) == ["pros"]
    assert (await api.ask("ops", "GET", "/segments/none")).status_code == 404
    assert (await api.ask("ops", "GET", "/segments/none/members")).status_code == 404


async def test_a_condition_is_counted_before_it_is_published(api: Api) -> None:
    """Whoever writes one would learn only from its mails how many it is for."""
    ours = api.lead("ours@acme.example", "rep-1", attributes={"plan": "pro"})
    api.lead("theirs@acme.example", "rep-9", attributes={"plan": "pro"})

    found = await api.ask("ops", "GET", f"/segment-preview?when={quote(WHEN)}")
    own = (await api.ask("sdr", "GET", f"/segment-preview?when={quote(WHEN)}")).json()
    wrong = await api.ask("ops", "GET", f"/segment-preview?when={quote('lead.plan == 1')}")
    count = found.json()["count"]

    assert (count["members"], count["leads"], count["exact"]) == (2, 2, True)
    assert len(found.json()["sample"]) == 2
    assert (own["count"]["members"], own["count"]["leads"]) == (1, 1)
    assert [one["id"] for one in own["sample"]] == [ours]
    assert (wrong.status_code, "unknown field 'plan' of lead" in wrong.text) == (422, True)
    assert wrong.json()["errors"][0]["field"] == "when"
