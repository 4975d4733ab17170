"""Signing in to the console: with a password, a link, a company account; and by whom it is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx2 as httpx
import pytest

from domain.access import Role
from store.access import users
from store.access.passwords import set_password
from store.access.sessions import COOKIE
from tests.web.conftest import Site, browse
from web.sign_in.sign_in import KNOWN_COOKIE, own_path

EMAIL = "ada@lindenmoor.example"
PASSWORD = "orchard lane in march"
FORM = {"email": EMAIL, "password": PASSWORD}


def add(site: Site, email: str = EMAIL, password: str = "", role: Role = Role.ADMIN) -> int:
    """A user, with a password if one is given."""
    with site.database.begin() as connection:
        user = users.add_user(connection, email, "Ada", role)
        if password:
            set_password(connection, user, password, datetime.now(UTC))
        return user


def link(site: Site, user: int) -> str:
    """The path of a one-time link."""
    with site.database.begin() as connection:
        return f"/enter/{users.make_link(connection, user, datetime.now(UTC))}"


async def test_somebody_signs_in_works_and_signs_out(make_site: Callable[..., Site]) -> None:
    """The same cookie opens the API, with what the role may do; and no cookie opens nothing."""
    site = make_site(public_url="https://go.test")
    add(site, password=PASSWORD, role=Role.OPS)
    async with browse(site) as browser:
        browser.base_url = httpx.URL("https://go.test")
        assert (await browser.get("/api/leads")).status_code == 401
        shown = await browser.get("/sign-in?next=/console/recycle")
        assert shown.headers["cache-control"] == "no-store"
        assert shown.headers["strict-transport-security"] == "max-age=31536000"
        # With "no-referrer" a browser would not say which site a form comes from.
        assert shown.headers["referrer-policy"] == "same-origin"
        assert 'name="next" value="/console/recycle"' in shown.text
        before = await browser.post("/sign-in", data=FORM)
        first = browser.cookies[COOKIE]

        done = await browser.post("/sign-in", data=FORM | {"next": "/console/recycle"})

        assert (before.headers["location"], done.status_code) == ("/console", 303)
        assert done.headers["location"] == "/console/recycle"
        cookie = done.headers["set-cookie"].lower()
        assert {"httponly", "secure", "samesite=lax", "path=/"} <= set(cookie.split("; "))
        assert (await browser.get("/sign-in?next=//else.test")).headers["location"] == "/console"
        assert (await browser.get("/api/leads")).status_code == 200
        refused = await browser.get("/api/users")
        assert (refused.status_code, "The role ops may not" in refused.text) == (403, True)
        second = browser.cookies[COOKIE]
        assert (await browser.post("/sign-out")).headers["location"] == "/sign-in"
        assert COOKIE not in browser.cookies
        for ended in (first, second):
            answer = await browser.get("/api/leads", headers={"Cookie": f"{COOKIE}={ended}"})
            assert answer.status_code == 401


async def test_a_wrong_password_and_an_unknown_address_look_the_same(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """Else anybody finds out who works here; and after a few tries nobody may guess on."""
    add(site, password=PASSWORD)
    wrong = await browser.post("/sign-in", data=FORM | {"password": "wrong"})
    unknown = await browser.post("/sign-in", data=FORM | {"email": "x@lindenmoor.example"})

    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.text == unknown.text.replace("x@lindenmoor", "ada@lindenmoor")
    assert PASSWORD not in unknown.text
    site_failures = "INSERT INTO login_failure (email_key, address, at) SELECT '{}', 'x', now()"
    with site.database.begin() as connection:
        for _ in range(4):
            connection.exec_driver_sql(site_failures.format(EMAIL))
    late = await browser.post("/sign-in", data=FORM, headers={"Accept-Language": "ko-KR,en"})
    assert late.status_code == 429
    assert 800 < int(late.headers["retry-after"]) <= 900
    assert "15분 뒤에" in late.text
    assert COOKIE not in browser.cookies


async def test_nobody_locks_a_colleague_out_by_failing_on_purpose(site: Site) -> None:
    """Who knows an address could keep its owner from work for ever, five tries at a time; and the
    owner's browser, stolen, is no way to guess on."""
    add(site, password=PASSWORD)
    wrong = FORM | {"password": "wrong"}
    async with browse(site) as own, browse(site) as elses:
        assert (await own.post("/sign-in", data=FORM)).status_code == 303
        await own.post("/sign-out")

        for _ in range(5):
            assert (await elses.post("/sign-in", data=wrong)).status_code == 401
        assert (await elses.post("/sign-in", data=FORM)).status_code == 429
        # What they know of somebody else's browser, they can't say of theirs.
        elses.cookies.set(KNOWN_COOKIE, own.cookies[KNOWN_COOKIE][:-1])
        assert (await elses.post("/sign-in", data=FORM)).status_code == 429

        assert (await own.post("/sign-in", data=FORM)).status_code == 303
        answers = [(await own.post("/sign-in", data=wrong)).status_code for _ in range(6)]
        assert answers == [401] * 5 + [429]
        other = FORM | {"email": "x@lindenmoor.example"}
        assert (await own.post("/sign-in", data=other)).status_code == 401


@pytest.mark.parametrize(
    "path",
    ["https://else.test/", "//else.test", "/\\else.test", "/\t/else.test", "else", "/a\r\nb", ""],
)
def test_nobody_is_sent_to_another_site(path: str) -> None:
    """A mail with our address in its link would lead to a page that looks like ours."""
    assert own_path(path) == "/console"
    assert own_path("/console/leads/4?tab=mails#last") == "/console/leads/4?tab=mails#last"


async def test_a_link_is_used_by_a_person_once_and_leads_to_a_password(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """Mail scanners open every link: one that is used up by looking lets nobody in."""
    path = link(site, add(site))
    for _ in range(2):
        assert "<button" in (await browser.get(path)).text

    entered = await browser.post(path)

    assert entered.headers["location"] == "/password"
    assert (await browser.post(path)).status_code == 410
    assert "already" in (await browser.get(path)).text
    assert 'name="current"' not in (await browser.get("/password")).text
    short = await browser.post("/password", data={"new": "short", "again": "short"})
    other = await browser.post("/password", data={"new": PASSWORD, "again": PASSWORD[1:]})
    assert (short.status_code, other.status_code) == (422, 422)
    assert "at least 12" in short.text
    assert "not the same" in other.text
    done = await browser.post("/password", data={"new": PASSWORD, "again": PASSWORD})
    assert done.headers["location"] == "/console"
    assert (await browser.get("/api/users")).status_code == 200


async def test_a_link_that_names_a_page_leads_there_at_once(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """Who only wants a look at the demo would choose a password first; and no link leads out."""
    user = add(site)
    entered = await browser.post(f"{link(site, user)}?next=/console/inbox")
    assert entered.headers["location"] == "/console/inbox"
    elsewhere = await browser.post(f"{link(site, user)}?next=//else.test")
    assert elsewhere.headers["location"] == "/console"


async def test_a_password_is_changed_by_whom_knows_it_and_others_are_signed_out(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """Somebody at an open laptop could lock its owner out; a forgotten one is replaced by link."""
    user = add(site, password=PASSWORD)
    await browser.post("/sign-in", data=FORM)
    assert 'name="current"' in (await browser.get("/password")).text
    new = {"new": "twelve new signs", "again": "twelve new signs"}
    async with browse(site) as elsewhere:
        assert (await elsewhere.get("/password")).headers["location"].startswith("/sign-in")
        entered = await elsewhere.post(link(site, user))
        assert entered.headers["location"] == "/console"
        assert (
            "password until now is not right"
            in (await browser.post("/password", data=new | {"current": "wrong"})).text
        )

        done = await elsewhere.post("/password", data=new)

        assert done.status_code == 303
        assert (await elsewhere.get("/api/users")).status_code == 200
        assert (await browser.get("/api/users")).status_code == 401


async def test_an_sdr_whom_the_team_policy_names_no_more_is_told_so(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """A page that asks for the password again and again would say nothing."""
    user = add(site, role=Role.OPS)
    with site.database.begin() as connection:
        connection.exec_driver_sql("UPDATE console_user SET role = 'sdr', rep = 'rep-1'")
    answer = await browser.post(link(site, user), headers={"Accept-Language": "fr, zh-CN;q=0.8"})

    assert answer.status_code == 403
    assert '<html lang="zh">' in answer.text
    assert "您已不在团队策略中" in answer.text
    assert COOKIE not in browser.cookies


OTHERS: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://else.go.test"},
    {"Origin": "https://else.test"},
    {"Origin": "http://go.test:81"},
    {"Origin": "null"},
]
OWN: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://go.test"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Origin": "http://go.test"},
    {"Sec-Fetch-Site": "none"},
    {},
]


async def test_another_site_can_do_nothing_in_somebodys_name(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """A page that somebody visits could stop leads or make users with the cookie they have."""
    await browser.post(link(site, add(site)))
    body = {"email": "x@lindenmoor.example", "name": "X", "role": "ops"}
    for headers in OTHERS:
        for path in ("/sign-in", "/sign-out", "/password", "/enter/x", "/console/x"):
            answer = await browser.post(path, headers=headers)
            assert (answer.status_code, "Another web site" in answer.text) == (403, True)
            assert "content-security-policy" in answer.headers
        assert (await browser.post("/api/users", json=body, headers=headers)).status_code == 403
        assert await _handshake(site, headers) == [{"type": "websocket.close", "code": 1008}]
        # Following a link from a mail is no attack, and a page can't read what it leads to.
        assert (await browser.get("/sign-in", headers=headers)).status_code == 303
    assert site.rows("SELECT count(*) FROM console_user") == [(1,)]
    for number, headers in enumerate(OWN):
        email = f"x{number}@lindenmoor.example"
        answer = await browser.post("/api/users", json=body | {"email": email}, headers=headers)
        assert answer.status_code == 201


async def _handshake(site: Site, headers: dict[str, str]) -> list[dict[str, Any]]:
    """What the app sends to a WebSocket handshake of the console."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "websocket",
        "path": "/console/_nicegui_ws/socket.io/",
        "raw_path": b"/console/_nicegui_ws/socket.io/",
        "query_string": b"",
        "root_path": "",
        "scheme": "ws",
        "subprotocols": [],
        "headers": [
            (name.lower().encode(), value.encode())
            for name, value in {"Host": "go.test", **headers}.items()
        ],
    }
    await site.app(scope, receive, send)
    return sent
