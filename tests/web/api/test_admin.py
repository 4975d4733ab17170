"""What admins do: erase people, make keys, see to suppressions and webhooks; and everybody's own
settings."""

from __future__ import annotations

from base64 import b64encode

import httpx2 as httpx
import pytest
from sqlalchemy import text

from domain.lead_files.columns import recognise
from domain.lead_files.row import RejectedRowError, RowReader
from mail.links import deployment_secret
from store.erasure.erasure import ErasedPeople
from tests.web.api.conftest import Api

URL = "https://hooks.example/in"


async def identify(api: Api, key: str, address: str) -> int:
    """A program tells the tracking API of somebody."""
    login = b64encode(f"{key}:".encode()).decode()
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(api.app), base_url="http://go.test", timeout=60
    ) as client:
        answer = await client.post(
            "/v1/identify",
            json={"userId": address, "traits": {"email": address}},
            headers={"Authorization": f"Basic {login}"},
        )
    return answer.status_code


async def test_who_was_erased_comes_back_by_their_own_wish_only(api: Api) -> None:
    """The next nightly import, or a program that still knows them, would undo what they asked for;
    and somebody who changes their mind must not be shut out."""
    lead = api.lead("ada@acme.example", "rep-1", first_name="Ada")
    key = (await api.ask("admin", "POST", "/write-keys", name=" shop ")).json()["secret"]
    order = {"address": "ADA@acme.example", "reason": "by letter"}

    known = await api.ask("admin", "GET", f"/leads/{lead}/erase")
    wrong = await api.ask("admin", "POST", f"/leads/{lead}/erase", address="b@acme.example")
    erased = await api.ask("admin", "POST", f"/leads/{lead}/erase", **order)
    again = await api.ask("admin", "POST", f"/leads/{lead}/erase", **order)
    receipts = (await api.ask("admin", "GET", "/erasures?address=ada@acme.example")).json()

    assert known.json()["rows"] == {"lead": 1}
    assert [answer.status_code for answer in (wrong, erased, again)] == [409, 200, 409]
    assert [(one["by"], one["reason"]) for one in receipts["items"]] == [("the admin", "by letter")]
    assert await identify(api, key, "ada@acme.example") == 200
    assert await identify(api, key, "bob@acme.example") == 200
    leads = (await api.ask("admin", "GET", "/leads")).json()["items"]
    assert [one["email"] for one in leads] == ["bob@acme.example"]
    with api.database.connect() as connection:
        reader = RowReader(
            recognise(["email"]), "", ErasedPeople(connection, deployment_secret(api.settings))
        )
        with pytest.raises(RejectedRowError, match="erased at their request"):
            reader.read(["ada@acme.example"])

    form = {"address": "Ada@acme.example", "evidence": "form of 3 March"}
    assert (await api.ask("admin", "POST", "/suppressions/permit", **form)).status_code == 200
    assert await identify(api, key, "ada@acme.example") == 200
    assert api.value("SELECT count(*) FROM lead WHERE email_key = 'ada@acme.example'") == 1


async def test_keys_and_tokens_are_shown_once_and_can_be_revoked(api: Api) -> None:
    """One that leaked is used until somebody can take it back."""
    wrong = await api.ask("admin", "POST", "/write-keys", name="x", cadence="nowhere")
    made = await api.ask("admin", "POST", "/tokens", name="crm", role="ops")
    taken = await api.ask("admin", "POST", "/tokens", name="crm", role="ops")
    sdr = await api.ask("admin", "POST", "/tokens", name="y", role="sdr")
    headers = {"Authorization": f"Bearer {made.json()['secret']}"}
    before = await api.send("GET", "/me", headers)
    revoked = await api.ask("admin", "POST", "/tokens/revoke", name="crm")
    after = await api.send("GET", "/me", headers)

    codes = [one.status_code for one in (wrong, made, taken, sdr, before, revoked, after)]
    assert codes == [422, 201, 409, 409, 200, 200, 401]
    assert "--" not in sdr.text
    assert before.json() == {"name": "crm", "role": "ops", "rep": "", "team": ""}
    listed = await api.ask("admin", "GET", "/tokens")
    assert made.json()["secret"] not in listed.text


async def test_everybody_has_their_own_settings_and_a_token_has_none(api: Api) -> None:
    """Else one user's language would be another's."""
    mine = {"language": "ko", "time_zone": "Asia/Seoul", "theme": "dark", "name": "Hana"}

    done = await api.ask_signed_in("sdr", "PATCH", "/me", **mine)
    nowhere = await api.ask_signed_in("sdr", "PATCH", "/me", time_zone="Moon/Base")
    token = await api.ask("sdr", "PATCH", "/me", language="ko")

    assert [one.status_code for one in (done, nowhere, token)] == [200, 422, 409]
    with api.database.connect() as connection:
        kept = connection.execute(
            text("SELECT name, time_zone, theme FROM console_user WHERE language = 'ko'")
        ).all()
    assert kept == [("Hana", "Asia/Seoul", "dark")]


async def test_addresses_are_suppressed_and_permitted_with_evidence(api: Api) -> None:
    """Also those that no lead has; an SDR learns of no other team's."""
    api.lead("ours@acme.example", "rep-1")
    api.lead("theirs@acme.example", "rep-9")
    asked = {"reason": "asked on the phone"}
    for address in ("theirs@acme.example", "info@acme.example"):
        done = await api.ask("marketing", "POST", "/suppressions", address=address, **asked)
        assert done.status_code == 201
    hidden = await api.ask("sdr", "POST", "/suppressions", address="theirs@acme.example")
    own = await api.ask("sdr", "POST", "/suppressions", address="Ours@acme.example")
    bad = await api.ask("marketing", "POST", "/suppressions", address="nobody")

    seen = (await api.ask("sdr", "GET", "/suppressions")).json()["items"]
    found = (await api.ask("ops", "GET", "/suppressions?search=INFO")).json()["items"]
    first = (await api.ask("ops", "GET", "/suppressions?limit=2")).json()
    rest = (
        await api.ask("ops", "GET", f"/suppressions?limit=2&cursor={first['next_cursor']}")
    ).json()
    without = await api.ask("admin", "POST", "/suppressions/permit", address="info@acme.example")
    api.value("UPDATE suppression SET reason = 'complained' WHERE email_key ~ 'info' RETURNING 1")
    never = await api.ask(
        "admin", "POST", "/suppressions/permit", address="info@acme.example", evidence="a call"
    )

    codes = [one.status_code for one in (hidden, own, bad, without, never)]
    assert codes == [404, 201, 422, 422, 409]
    assert [one["address"] for one in seen] == ["ours@acme.example"]
    assert [(one["address"], one["lead_id"]) for one in found] == [("info@acme.example", None)]
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)


async def test_an_endpoint_is_paused_without_losing_its_secret(api: Api) -> None:
    """After maintenance the receiver would have to be set up anew."""
    await api.ask("admin", "POST", "/webhooks/endpoints", url=URL)
    secret = "SELECT secret FROM webhook_endpoint"
    before = api.value(secret)

    async def states() -> list[tuple[bool, bool]]:
        listed = (await api.ask("admin", "GET", "/webhooks/endpoints")).json()["items"]
        return [(one["active"], one["removed"]) for one in listed]

    await api.ask("admin", "POST", "/webhooks/endpoints/pause", url=URL, paused=True)
    paused = await states()
    await api.ask("admin", "POST", "/webhooks/endpoints/pause", url=URL, paused=False)
    assert (paused, await states(), api.value(secret)) == (
        [(False, False)],
        [(True, False)],
        before,
    )
    await api.ask("admin", "POST", "/webhooks/endpoints/remove", url=URL)
    gone = await api.ask("admin", "POST", "/webhooks/endpoints/pause", url=URL, paused=False)
    assert (await states(), gone.status_code) == ([(False, True)], 404)
    delivery = api.value(
        "INSERT INTO webhook_delivery (endpoint_id, event_id, event_type, payload) "
        "VALUES (1, 'task-1-opened', 'task.opened', '{\"data\": {}}') RETURNING id"
    )
    shown = await api.ask("admin", "GET", f"/webhooks/deliveries/{delivery}")
    assert (shown.json()["payload"], shown.json()["state"]) == ({"data": {}}, "waiting")


async def test_the_audit_log_is_searched_by_who_and_what(api: Api) -> None:
    """Among thousands nobody finds who paused this lead."""
    lead, other = api.lead("a@acme.example", "rep-1"), api.lead("b@acme.example", "rep-1")
    await api.ask("manager", "POST", f"/leads/{lead}/pause")
    await api.ask("sdr", "PUT", f"/suppressions/{lead}", reason="asked")
    await api.ask("sdr", "PUT", f"/suppressions/{other}", reason="asked")
    await api.ask("manager", "POST", "/team/reassign", leads=[other, lead], to="rep-2")
    await api.ask("sdr", "POST", f"/tasks/{lead}/complete", disposition="done")

    async def methods(query: str) -> list[str]:
        found = (await api.ask("ops", "GET", f"/changes?{query}")).json()["items"]
        return [one["method"] for one in found]

    assert await methods(f"lead={lead}") == ["POST", "PUT", "POST"]
    assert await methods(f"lead={lead}&by=rep-1") == ["PUT"]
    assert await methods("by=MANAGER") == ["POST", "POST"]
    assert await methods(f"task={lead}") == ["POST"]


async def test_the_audit_log_says_who_was_made_what_and_nothing_about_leads(api: Api) -> None:
    """Who made whom an admin is the first question after a theft; what was told of a lead would
    outlive its erasure."""
    user = api.value("SELECT id FROM console_user WHERE role = 'ops'")
    lead = api.lead("jane@acme.example", "rep-1")
    await api.ask("admin", "PATCH", f"/users/{user}", role="admin", name="Jane Roe")
    await api.ask("admin", "POST", "/tokens", name="crm", role="ops")
    await api.ask_signed_in("admin", "POST", "/suppressions", address="jane@acme.example")
    await api.ask("manager", "POST", f"/leads/{lead}/move", phase="Recycle")
    # What is no order of this kind at all is refused before anybody acts on it.
    await api.ask("manager", "POST", f"/leads/{lead}/move", phase={"so": "much"}, note="Jane")
    files = [{"name": "one.yaml", "text": "secret"}]
    await api.ask("marketing", "POST", "/publications", files=files)

    found = (await api.ask("ops", "GET", "/changes")).json()["items"]
    assert [one["asked"] for one in reversed(found)] == [
        {"role": "admin"},
        {"name": "crm", "role": "ops"},
        {},
        {"phase": "Recycle"},
        {"files": ["one.yaml"]},
    ]
