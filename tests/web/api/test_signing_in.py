"""What admins and ops see of signing in, of who did what, and of webhooks that are tried."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from settings import Settings
from tests.support.telling import let_in
from tests.web.api.conftest import Api
from web.sign_in.provider_check import problem_of_provider

URL = "https://hooks.example/in"


async def test_only_who_manages_users_reads_the_mails_that_let_somebody_in(api: Api) -> None:
    """Where mail stays on the machine marketing reads the outbox: with an admin's link in it they
    would be admin."""
    new = {"email": "eve@lindenmoor.example", "name": "Eve", "role": "ops", "language": "zh"}
    user = (await api.ask("admin", "POST", "/users", **new)).json()["id"]

    sent = await api.ask_signed_in("admin", "POST", f"/users/{user}/invitation")

    assert (sent.status_code, "expires_at" in sent.json()) == (200, True)
    users = (await api.ask("admin", "GET", "/users")).json()["items"]
    assert [one["mail"] for one in users if one["id"] == user] == ["waiting"]
    let_in(api.settings, api.database)
    (mail,) = (await api.ask("admin", "GET", "/mails")).json()["items"]
    shown = (await api.ask("admin", "GET", f"/mails/{mail['id']}")).json()
    assert (mail["recipient"], mail["lead_id"]) == ("eve@lindenmoor.example", None)
    assert "账号" in mail["subject"]
    assert "http://go.test/enter/" in shown["text"]
    for role in ("marketing", "manager", "ops"):
        assert (await api.ask(role, "GET", "/mails")).json()["items"] == []
        assert (await api.ask(role, "GET", "/mails/follow")).json()["items"] == []
        for path in ("", "/html", "/source"):
            assert (await api.ask(role, "GET", f"/mails/{mail['id']}{path}")).status_code == 404
    link = shown["text"].split("http://go.test/enter/")[1].split()[0]
    assert link not in str(api.value("SELECT string_agg(token_hash, '') FROM login_link"))


async def test_an_endpoint_is_sent_a_test_and_the_log_tells_how_it_went(api: Api) -> None:
    """Whether a receiver works is found out before the first event that matters; whatever it asked
    to hear. One that is paused, or none at all, is refused."""
    await api.ask("admin", "POST", "/webhooks/endpoints", url=URL, events=["meeting.booked"])

    sent = await api.ask("admin", "POST", "/webhooks/endpoints/test", url=URL)

    shown = await api.ask("admin", "GET", f"/webhooks/deliveries/{sent.json()['delivery_id']}")
    assert (shown.json()["event_type"], shown.json()["state"]) == ("webhook.test", "waiting")
    assert shown.json()["payload"]["type"] == "webhook.test"
    assert api.value("SELECT count(*) FROM relay_message WHERE kind = 'webhook'") == 1
    await api.ask("admin", "POST", "/webhooks/endpoints/pause", url=URL, paused=True)
    for url in (URL, f"{URL}2"):
        answer = await api.ask("admin", "POST", "/webhooks/endpoints/test", url=url)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "url")


async def test_the_audit_record_is_searched_by_who_what_and_when(api: Api) -> None:
    """Else whoever looks for what happened on a night reads a thousand lines."""
    lead = api.lead("ours@acme.example", "rep-1")
    await api.ask("sdr", "PUT", f"/suppressions/{lead}", reason="asked")
    await api.ask_signed_in("manager", "POST", "/team/reassign", leads=[lead], to="rep-2")
    name = api.value("SELECT name FROM console_user WHERE role = 'manager'")

    async def found(**asked: str) -> list[str]:
        query = "&".join(f"{key}={value}" for key, value in asked.items())
        answer = await api.ask("ops", "GET", f"/changes?{query}")
        return [one["path"] for one in answer.json()["items"]]

    suppressed, reassigned = f"/api/suppressions/{lead}", "/api/team/reassign"
    assert await found() == [reassigned, suppressed]
    assert await found(by=name.upper()) == [reassigned]
    assert await found(by="rep-1") == [suppressed]
    assert await found(what="PUT suppressions/*") == [suppressed]
    assert await found(what="POST suppressions/*") == []
    assert await found(until="2020-01-01T00:00:00Z") == []
    assert await found(since="2020-01-01T00:00:00Z", what="POST team/reassign") == [reassigned]


async def test_an_admin_sees_by_what_people_sign_in(api: Api) -> None:
    """Whoever is asked whether there is a second factor must not read the server's environment."""
    kept = (await api.ask("admin", "GET", "/system/sign-in")).json()

    assert (kept["passwords"], kept["issuer"], kept["session_days"]) == (True, "", 7)
    assert (await api.ask("ops", "GET", "/system/sign-in")).status_code == 403
    assert (await api.ask("admin", "GET", "/system/sign-in/provider")).status_code == 409


@contextmanager
def provider(said: dict[str, Any]) -> Iterator[str]:
    """An OpenID Connect provider that says this of itself; its issuer."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = {"keys": [{"kid": "1"}]} if self.path == "/keys" else said
            sent = json.dumps(body).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_said: object) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    issuer = f"http://127.0.0.1:{server.server_port}"
    said |= {"jwks_uri": f"{issuer}/keys"} if "issuer" not in said else {}
    said.setdefault("issuer", issuer)
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()


ENDPOINTS = {"authorization_endpoint": "https://id.test/a", "token_endpoint": "https://id.test/t"}


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (ENDPOINTS, ""),
        ({**ENDPOINTS, "issuer": "https://else.test"}, "calls itself https://else.test"),
        ({"token_endpoint": "https://id.test/t"}, "authorization_endpoint"),
    ],
)
def test_the_provider_is_tried_before_anybody_stands_before_a_closed_door(
    said: dict[str, Any], wrong: str
) -> None:
    with provider(dict(said)) as issuer:
        problem = problem_of_provider(
            Settings.model_construct(oidc_issuer=issuer, provider_timeout_seconds=10.0)
        )

    assert wrong in (problem or "")
    assert bool(problem) == bool(wrong)


def test_a_provider_that_is_away_is_told_by_its_address() -> None:
    """Nobody would know which setting to look at."""
    settings = Settings.model_construct(
        oidc_issuer="http://127.0.0.1:9/", provider_timeout_seconds=5.0
    )

    assert "http://127.0.0.1:9/.well-known/openid-configuration" in (
        problem_of_provider(settings) or ""
    )
