"""What the console's recycle pool and team pages do, asked through the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.web.api.conftest import Api

PARKED = {"phase": "Recycle", "phase_reason": "lost", "stage": "recycled"}
SENT = """
    SELECT count(*) FROM relay_message
    WHERE payload->>'code' = :code AND workflow_id LIKE 'lead-%'
"""


async def test_parked_leads_are_paged_filtered_and_decided_about_in_bulk(api: Api) -> None:
    """Marketing would reactivate hundreds one by one; a manager's filter would reach other
    leads."""
    leads = [api.lead(f"lead-{n}@acme.example", "rep-1", **PARKED) for n in range(3)]
    other = api.lead("x@acme.example", "rep-9", **PARKED | {"phase_reason": "no_show"})
    active = api.lead("active@acme.example", "rep-1")

    first = (await api.ask("manager", "GET", "/recycle?limit=3")).json()
    rest = (
        await api.ask("manager", "GET", f"/recycle?limit=3&cursor={first['next_cursor']}")
    ).json()
    ours = (await api.ask("sdr", "GET", "/recycle")).json()["items"]
    woken = await api.ask("marketing", "POST", "/recycle/reactivate", leads=[leads[0], active])
    retired = await api.ask(
        "marketing", "POST", "/recycle/close-out", matching={"reason": "no_show"}
    )
    day = (datetime.now(UTC) + timedelta(days=40)).date().isoformat()
    rests = await api.ask(
        "marketing", "POST", "/recycle/extend", matching={"reason": "lost"}, until=day
    )
    past = await api.ask("marketing", "POST", "/recycle/extend", leads=leads, until="2020-01-01")

    assert [one["id"] for one in first["items"] + rest["items"]] == [*leads, other]
    assert [one["id"] for one in ours] == leads
    assert woken.json() == {"leads": 1, "left": 1}
    assert retired.json() == {"leads": 1, "left": 0}
    assert rests.json() == {"leads": 3, "left": 0}
    assert (past.status_code, past.json()["errors"][0]["field"]) == (409, "until")
    assert [api.value(SENT, code=code) for code in ("reactivated", "closed_out", "replan")] == [
        1,
        1,
        3,
    ]
    for body in ({}, {"leads": leads, "matching": {}}):
        assert (
            await api.ask("marketing", "POST", "/recycle/reactivate", **body)
        ).status_code == 422


async def test_a_reps_leads_go_to_colleagues_by_the_rules(api: Api) -> None:
    """Who is ill keeps them otherwise, or a manager deals them out by hand."""
    leads = [api.lead(f"lead-{n}@acme.example", "rep-1") for n in range(3)]
    task = api.task(leads[0], "rep-1")

    answer = await api.ask("manager", "POST", "/team/reassign", leads=leads, to="")

    assert answer.json() == {"leads": leads, "waiting": [], "would_get": []}
    owner = "SELECT owner FROM lead WHERE id = :id"
    now = [api.value(owner, id=lead) for lead in leads]
    assert set(now) == {"rep-2", "rep-9"}
    assert api.value("SELECT owner FROM task WHERE id = :id", id=task) == now[0]
    made = "SELECT DISTINCT cause || ' by ' || by FROM assignment"
    assert api.value(made) == "reassigned by the manager"
    for rep in ("rep-2", "rep-9"):
        await api.ask("manager", "PUT", f"/team/{rep}/presence", present=False)
    await api.ask("manager", "PUT", "/team/rep-1/presence", present=False)
    nobody = await api.ask("manager", "POST", "/team/reassign", leads=leads[:1], to="")
    assert nobody.json() == {"leads": leads[:1], "waiting": leads[:1], "would_get": []}
    assert api.value(owner, id=leads[0]) == ""


async def test_an_alert_is_put_away_by_whom_it_is_for(api: Api) -> None:
    """An SDR would put away what a colleague has not seen; what goes by itself would be gone."""
    lead = api.lead("a@acme.example", "rep-1")

    def alert(owner: str, kind: str) -> int:
        made = api.value(
            "INSERT INTO alert (key, kind, lead_id, owner, raised_at, due_at) "
            "VALUES (:key, :kind, :lead, :owner, now(), now()) RETURNING id",
            key=f"{kind}:{owner}",
            kind=kind,
            lead=lead,
            owner=owner,
        )
        return int(made)

    own, colleagues = alert("rep-1", "stalled"), alert("rep-2", "stalled")
    hot = alert("rep-1", "hot_lead")
    asked = [
        await api.ask(role, "POST", f"/team/alerts/{one}/put-away")
        for role, one in (("sdr", own), ("sdr", own), ("sdr", colleagues), ("sdr", hot))
    ]
    assert [answer.status_code for answer in asked] == [200, 404, 404, 409]
    answer = await api.ask("manager", "POST", f"/team/alerts/{colleagues}/put-away")
    assert answer.status_code == 200


async def test_an_sdr_sees_the_own_team_only(api: Api) -> None:
    team = [one["code"] for one in (await api.ask("sdr", "GET", "/team")).json()["items"]]
    everybody = [one["code"] for one in (await api.ask("manager", "GET", "/team")).json()["items"]]

    assert team == ["rep-1", "rep-2"]
    assert everybody == ["rep-1", "rep-2", "rep-9"]


async def test_why_a_lead_is_with_whom_it_is_is_told_to_those_who_see_it(api: Api) -> None:
    """A rep who asks why a lead is theirs is told by the API what the page says; and nobody of
    another team is."""
    lead = api.lead("ours@acme.example", "rep-1")
    theirs = api.lead("theirs@acme.example", "rep-9")
    given = await api.ask("manager", "POST", "/team/reassign", leads=[lead], to="rep-2")

    (one,) = (await api.ask("sdr", "GET", f"/leads/{lead}/assignments")).json()["items"]

    assert given.status_code == 200
    assert (one["owner"], one["previous"], one["cause"]) == ("rep-2", "rep-1", "reassigned")
    assert one["why"] == ["the manager gave it to Tomas Brandt."]
    assert (await api.ask("sdr", "GET", f"/leads/{theirs}/assignments")).status_code == 404


async def test_a_manager_nudges_and_nobody_else_does(api: Api) -> None:
    """A rep could fill a colleague's list; twice the same says that it was told."""
    lead = api.lead("slow@acme.example", "rep-1")

    by_rep = await api.ask("sdr", "POST", f"/leads/{lead}/nudge")
    nudged = await api.ask("manager", "POST", f"/leads/{lead}/nudge")
    again = await api.ask("manager", "POST", f"/leads/{lead}/nudge")

    assert (by_rep.status_code, nudged.status_code, again.status_code) == (403, 200, 409)
    assert "nudged already" in again.json()["detail"]
    (alert,) = (await api.ask("sdr", "GET", "/team/alerts")).json()["items"]
    assert (alert["kind"], alert["lead_id"]) == ("nudge", lead)
    await api.ask("manager", "POST", "/team/reassign", leads=[lead], to="rep-2")
    assert (await api.ask("sdr", "GET", "/team/alerts")).json()["items"] == []
