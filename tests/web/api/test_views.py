"""Saved views, and the search over everything."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from tests.web.api.conftest import Api

VIEW = {"page": "/leads", "name": "Hot", "query": "stage=mql&stage=sal&order=fit&search=anna"}


async def names(api: Api, role: str) -> list[str]:
    """The views that a user of a role sees on the page of leads."""
    found = await api.ask_signed_in(role, "GET", "/views?of=/leads")
    return [one["name"] for one in found.json()["items"]]


async def test_a_view_is_its_owners_until_it_is_shared(api: Api) -> None:
    """A half-made view of one's own clutters everybody's list; a shared one reaches the team."""
    assert (await api.ask_signed_in("sdr", "POST", "/views", **VIEW)).status_code == 201
    assert await names(api, "sdr") == ["Hot"]
    assert await names(api, "manager") == []

    saved = await api.ask_signed_in("sdr", "POST", "/views", **VIEW, shared=True)
    assert await names(api, "manager") == ["Hot"], "saved again, it takes the place of the first"
    (kept,) = (await api.ask_signed_in("sdr", "GET", "/views")).json()["items"]
    assert kept["query"] == "stage=mql&stage=sal&order=fit", "what is looked for may be a person"
    with api.database.begin() as connection:
        connection.execute(text("UPDATE saved_view SET team = 'asia'"))
    assert await names(api, "manager") == ["Hot"]
    with api.database.begin() as connection:
        connection.execute(text("UPDATE saved_view SET user_id = user_id + 1"))
    assert await names(api, "sdr") == [], "another team's"

    gone = await api.ask_signed_in("sdr", "DELETE", f"/views/{saved.json()['id']}")
    assert gone.status_code == 404, "it is somebody else's"


async def test_a_view_that_can_not_be_saved_says_why(api: Api) -> None:
    """At the field, so that nothing typed is lost."""
    for role, changed, status, field in (
        ("sdr", {"name": "  "}, 422, "name"),
        ("sdr", {"query": "stage=" + "x" * 1990}, 201, ""),
        ("sdr", {"page": "https://elsewhere.example"}, 422, "page"),
    ):
        answer = await api.ask_signed_in(role, "POST", "/views", **{**VIEW, **changed})
        assert answer.status_code == status, answer.text
        assert not field or answer.json()["errors"][0]["field"] == field
    assert (await api.ask("admin", "POST", "/views", **VIEW)).status_code == 409


async def test_words_find_every_kind_and_a_team_finds_its_own(api: Api) -> None:
    """Who is called by a company has no time to guess on which page it is."""
    acme = api.account("Acme Works")
    ours = api.lead("ours@acme.example", "rep-1", account_id=acme, phone="+4930555012")
    theirs = api.lead("theirs@acme.example", "rep-9", account_id=acme)
    with api.database.begin() as connection:
        for lead in (ours, theirs):
            connection.execute(
                text(
                    "INSERT INTO opportunity (key, lead_id, account_id, opened_at, name) "
                    "VALUES (:key, :lead, :account, now(), 'Second site')"
                ),
                {"key": f"sale-{lead}", "lead": lead, "account": acme},
            )
            connection.execute(
                text(
                    "INSERT INTO meeting (lead_id, starts_at, state, attempt) "
                    "VALUES (:lead, now() + interval '1 day', 'booked', 1)"
                ),
                {"lead": lead},
            )

    def ids(found: dict[str, Any], kind: str) -> set[int]:
        return {one["lead_id" if kind != "leads" else "id"] for one in found[kind]}

    everything = (await api.ask("manager", "GET", "/search?words=acme")).json()
    for kind in ("leads", "meetings", "opportunities"):
        assert ids(everything, kind) == {ours, theirs}, kind
    assert [one["name"] for one in everything["accounts"]] == ["Acme Works"]
    seen = (await api.ask("sdr", "GET", "/search?words=acme")).json()
    for kind in ("leads", "meetings", "opportunities"):
        assert ids(seen, kind) == {ours}, kind
    called = (await api.ask("sdr", "GET", "/search?words=030%20555012")).json()
    assert ids(called, "leads") == {ours}
    cadences = (await api.ask("sdr", "GET", "/search?words=nurture")).json()["cadences"]
    assert "welcome-nurture" in cadences
    nothing = (await api.ask("sdr", "GET", "/search?words=%20")).json()
    assert not any(nothing.values())
