"""Who may do what, asked through HTTP: else a role reads or changes what is not its business."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from domain.access import ALLOWED, OF_ONE_TEAM, Action, Role, publishing
from settings import Settings
from store.access.sessions import COOKIE
from store.engine import engine
from tests.web.api.conftest import Api
from web.api.app import create_api

ADMIN_ID = "SELECT id FROM console_user WHERE role = 'admin'"


def routes(app: FastAPI) -> list[APIRoute]:
    """The routes of the API."""
    return [route for route in _flat(app.routes) if isinstance(route, APIRoute)]


def _flat(found: Sequence[object]) -> Iterator[object]:
    for route in found:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _flat(inner.routes)
        else:
            yield route


def actions(dependant: Dependant) -> list[Action]:
    """What a route does, as its dependencies say."""
    action = getattr(dependant.call, "action", None)
    own = [action] if action else []
    return own + [one for inner in dependant.dependencies for one in actions(inner)]


def test_every_route_names_one_action_and_every_action_is_used() -> None:
    """A route without one is open to everybody; an action without a route is a promise."""
    app = create_api(Settings(), engine("postgresql+psycopg2://nobody@127.0.0.1:9/none"))

    found = {f"{route.methods} {route.path}": actions(route.dependant) for route in routes(app)}

    assert len(found) > 30
    assert {name: one for name, one in found.items() if len(one) != 1} == {}
    assert set(ALLOWED) == set(Action)
    # What a publication needs beside its route's action depends on what it changes.
    in_the_route = {publishing("team"), publishing("")}
    assert {one[0] for one in found.values()} | in_the_route == set(Action)


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_gets_as_far_as_the_table_says_and_no_further(api: Api, role: Role) -> None:
    """Every route with the token of every role, and one of each action from its browser; nothing
    it names exists."""
    wrong = []
    signed_in: set[Action] = set()
    for route in routes(create_api(api.settings, api.database)):
        (action,) = actions(route.dependant)
        path = re.sub(r"\{\w+\}", "987654", route.path)
        ways = [api.ask] if action in signed_in else [api.ask, api.ask_signed_in]
        signed_in.add(action)
        for method, ask in product(sorted(route.methods or ()), ways):
            answer = await ask(role, method, path)
            is_another_s = (role in OF_ONE_TEAM and "This token acts for" in answer.text) or (
                path == "/team/987654/calendar" and "Only 987654 can make" in answer.text
            )
            if (answer.status_code == 403) == (role in ALLOWED[action]) and not is_another_s:
                wrong.append(f"{method} {path}: {answer.status_code} {answer.text}")
            assert answer.status_code < 500
            if answer.status_code >= 400:
                assert answer.headers["content-type"] == "application/problem+json"

    assert wrong == []


async def test_a_user_sees_and_leaves_on_record_what_a_token_would(api: Api) -> None:
    """An SDR in a browser could read other teams' leads; and who sends a token is whose it is."""
    ours, theirs = api.lead("ours@acme.example", "rep-2"), api.lead("x@acme.example", "rep-9")

    assert (await api.ask_signed_in("sdr", "GET", f"/leads/{ours}")).status_code == 200
    assert (await api.ask_signed_in("sdr", "GET", f"/leads/{theirs}")).status_code == 404
    await api.ask_signed_in("sdr", "PUT", f"/suppressions/{ours}", reason="asked")
    changes = (await api.ask_signed_in("admin", "GET", "/changes")).json()["items"]
    assert [(c["by"], c["rep"], c["status"]) for c in changes] == [
        ("sdr@lindenmoor.example", "rep-1", 200)
    ]
    both = {"Authorization": "Bearer prn_unknown", "Cookie": f"{COOKIE}={api.sessions['ops']}"}
    assert (await api.send("GET", "/leads", both)).status_code == 401


async def test_an_admin_adds_changes_and_invites_users(api: Api) -> None:
    new = {"email": "eve@lindenmoor.example", "name": "Eve", "role": "sdr"}
    without_rep = await api.ask("admin", "POST", "/users", **new)
    made = (await api.ask("admin", "POST", "/users", **new, rep="rep-9")).json()

    changed = await api.ask("admin", "PATCH", f"/users/{made['id']}", role="ops")
    link = await api.ask("admin", "POST", f"/users/{made['id']}/link")
    alone = await api.ask("admin", "PATCH", f"/users/{api.value(ADMIN_ID)}", disabled=True)

    assert (without_rep.status_code, "say which" in without_rep.text) == (409, True)
    assert (changed.json()["role"], changed.json()["rep"]) == ("ops", "")
    assert link.json()["url"].startswith("http://go.test/enter/")
    assert (alone.status_code, "only admin" in alone.text) == (409, True)
    listed = (await api.ask("admin", "GET", "/users")).json()["items"]
    assert [user["email"] for user in listed if user["role"] == "ops"] == [
        "eve@lindenmoor.example",
        "ops@lindenmoor.example",
    ]
    assert not any("hash" in key for user in listed for key in user)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_without_a_token_nothing_is_told(api: Api, method: str) -> None:
    answer = await api.ask("", method, "/leads")

    assert answer.status_code in (401, 405)
    if method == "GET":
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["code"] == "unauthorized"


async def test_a_token_that_was_revoked_is_taken_no_more(api: Api) -> None:
    """One that leaked could not be stopped."""
    api.value("UPDATE api_token SET revoked_at = now() WHERE role = 'ops' RETURNING id")

    assert (await api.ask("ops", "GET", "/leads")).status_code == 401


async def test_the_token_of_a_rep_who_left_is_taken_no_more(api: Api) -> None:
    api.value("UPDATE rep SET active = false WHERE code = 'rep-1' RETURNING code")

    assert (await api.ask("sdr", "GET", "/leads")).status_code == 401


async def test_no_token_is_kept(api: Api) -> None:
    """Whoever reads a backup could act in everybody's name."""
    kept = api.value("SELECT string_agg(row_to_json(api_token)::text, '') FROM api_token")

    assert not any(token in kept for token in api.tokens.values())
    assert api.value("SELECT count(*) FROM api_token WHERE last_used_at IS NOT NULL") == 0
    await api.ask("ops", "GET", "/leads")
    assert api.value("SELECT name FROM api_token WHERE last_used_at IS NOT NULL") == "the ops"


async def test_an_sdr_sees_the_leads_and_tasks_of_the_own_team_only(api: Api) -> None:
    ours = api.lead("ours@acme.example", "rep-2")
    theirs = api.lead("theirs@acme.example", "rep-9")
    nobodys = api.lead("nobodys@acme.example")
    our_task, their_task = api.task(ours, "rep-2"), api.task(theirs, "rep-9")

    listed = (await api.ask("sdr", "GET", "/leads")).json()["items"]
    assert [lead["id"] for lead in listed] == [ours]
    assert len((await api.ask("manager", "GET", "/leads")).json()["items"]) == 3
    assert (await api.ask("sdr", "GET", f"/leads/{ours}")).status_code == 200
    for hidden in (theirs, nobodys):
        for path in (f"/leads/{hidden}", f"/leads/{hidden}/dossier", f"/suppressions/{hidden}"):
            assert (await api.ask("sdr", "GET", path)).status_code == 404
        assert (await api.ask("sdr", "POST", f"/leads/{hidden}/pause")).status_code == 404
    tasks = (await api.ask("sdr", "GET", "/tasks?of=team")).json()["items"]
    assert [task["id"] for task in tasks] == [our_task]
    assert (await api.ask("sdr", "GET", "/tasks")).json()["items"] == []
    assert (await api.ask("sdr", "GET", "/tasks?of=team&owner=rep-9")).json()["items"] == []
    hidden_task = await api.ask(
        "sdr", "POST", f"/tasks/{their_task}/complete", disposition="no_answer"
    )
    assert hidden_task.status_code == 404
    booking = {"lead_id": theirs, "starts_at": "2099-01-01T10:00:00Z"}
    assert (await api.ask("sdr", "POST", "/meetings", **booking)).status_code == 404


async def test_customer_success_sees_all_customers_and_its_teams_tasks(api: Api) -> None:
    """Who sold may keep a customer; whoever answers for customers would not find it."""
    ours = api.lead("ours@acme.example", "rep-2")
    customer = api.lead("won@acme.example", "rep-9", phase="Customer", stage="customer")
    theirs = api.lead("theirs@acme.example", "rep-9")
    task = api.task(customer, "rep-9")

    async def ids(path: str) -> list[int]:
        return [one["id"] for one in (await api.ask("success", "GET", path)).json()["items"]]

    assert await ids("/leads") == [ours, customer]
    assert await ids("/leads?stage=customer") == [customer]
    found = (await api.ask("success", "GET", "/search?words=acme")).json()
    assert {one["id"] for one in found["leads"]} == {ours, customer}
    answers = [
        (await api.ask("success", "GET", f"/leads/{one}")).status_code for one in (customer, theirs)
    ]
    assert answers == [200, 404]
    noted = await api.ask("success", "POST", f"/leads/{customer}/notes", text="Asked for help.")
    assert noted.status_code == 201
    assert await ids("/tasks?of=team") == []
    ended = await api.ask("success", "POST", f"/tasks/{task}/complete", disposition="no_answer")
    assert ended.status_code == 404
    others = await api.ask("success", "PUT", "/team/rep-2/presence", present=False)
    assert others.status_code == 403


async def test_an_sdr_sets_nobodys_presence_but_the_own(api: Api) -> None:
    own = await api.ask("sdr", "PUT", "/team/rep-1/presence", present=False)
    other = await api.ask("sdr", "PUT", "/team/rep-2/presence", present=False)

    assert (own.status_code, other.status_code) == (200, 403)
    assert api.value("SELECT string_agg(code, ',') FROM rep WHERE NOT present") == "rep-1"


async def test_every_change_can_be_told_by_whom(api: Api) -> None:
    """Also those that leave nothing but a signal in a journey, and those that were refused."""
    lead = api.lead("ours@acme.example", "rep-1")
    await api.ask("sdr", "PUT", f"/suppressions/{lead}", reason="asked on the phone")
    await api.ask("manager", "POST", f"/leads/{lead}/pause")

    changes = (await api.ask("ops", "GET", "/changes")).json()["items"]
    assert [(c["by"], c["rep"], c["method"], c["path"], c["status"]) for c in changes] == [
        ("the manager", "", "POST", f"/api/leads/{lead}/pause", 503),
        ("the sdr", "rep-1", "PUT", f"/api/suppressions/{lead}", 200),
    ]


async def test_the_openapi_document_names_every_route(api: Api) -> None:
    """Programs are written from it."""
    document = (await api.ask("", "GET", "/openapi.json")).json()

    assert "/leads/{lead_id}/move" in document["paths"]
    assert document["servers"] == [{"url": "/api"}]
    assert list(document["components"]["securitySchemes"]) == ["HTTPBearer"]
