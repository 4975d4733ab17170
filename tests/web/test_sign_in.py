"""Signing in to the console: with a password, a link, a company account; and by whom it is not."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from domain.access import Role
from store import users
from store.passwords import set_password
from store.sessions import COOKIE
from tests.web.conftest import Site, browse
from web.oidc import COOKIE as OIDC_COOKIE
from web.sign_in import KNOWN_COOKIE, own_path

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
        assert (refused.status_code, "A user of role ops may not" in refused.text) == (403, True)
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


class Provider:
    """A company's OpenID Connect provider on this machine, which knows one person."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
        self.claims: dict[str, Any] = {}
        self.challenge = ""
        provider = self

        class Handler(BaseHTTPRequestHandler):
            """Its three addresses."""

            def do_GET(self) -> None:
                """Metadata and keys."""
                self._answer(
                    {"keys": [provider.key.as_dict(private=False)]}
                    if self.path == "/keys"
                    else provider.metadata()
                )

            def do_POST(self) -> None:
                """The token, for whoever knows what the challenge was made of."""
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                made = hashlib.sha256(form["code_verifier"][0].encode()).digest()
                fits = base64.urlsafe_b64encode(made).rstrip(b"=").decode() == provider.challenge
                self._answer(provider.token() if fits else {"error": "invalid_grant"})

            def log_message(self, *_arguments: object) -> None:
                """Nothing."""

            def _answer(self, body: dict[str, Any]) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def metadata(self) -> dict[str, Any]:
        """What it says about itself."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }

    def token(self) -> dict[str, Any]:
        """The answer to a code."""
        header = {"alg": "RS256", "kid": "1"}
        return {
            "access_token": "x",
            "token_type": "Bearer",
            "id_token": jwt.encode(header, self.claims, self.key),
        }

    def sign_in(self, location: str, **claims: Any) -> str:
        """The person agrees: the address that the browser is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        self.challenge = asked["code_challenge"]
        self.claims = {
            "iss": self.issuer,
            "aud": "perennial",
            "sub": "4711",
            "iat": int(time.time()),
            "exp": int(time.time()) + 60,
            "nonce": asked["nonce"],
            "email": EMAIL.upper(),
            "email_verified": True,
            **claims,
        }
        return f"{asked['redirect_uri']}?code=abc&state={asked['state']}"


@pytest.fixture
def provider() -> Iterator[Provider]:
    """The provider, stopped after the test."""
    made = Provider()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
async def company(
    make_site: Callable[..., Site], provider: Provider
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at a site whose people have accounts at the provider."""
    site = make_site(
        oidc_issuer=provider.issuer, oidc_client_id="perennial", oidc_client_secret="s3cret"
    )
    add(site)
    async with browse(site) as client:
        yield client


async def test_a_company_account_signs_its_user_in(
    company: httpx.AsyncClient, provider: Provider
) -> None:
    """And goes on to do so when the person's address there is another one."""
    page = await company.get("/sign-in?next=/console/leads?stage=mql")
    way = re.findall(r'href="(/sign-in/oidc[^"]*)"', page.text)[0]
    for email, verified in ((EMAIL.upper(), True), ("ada@married.example", False)):
        left = await company.get(way)
        assert left.headers["location"].startswith(f"{provider.issuer}/authorize?")
        back = provider.sign_in(left.headers["location"], email=email, email_verified=verified)

        done = await company.get(back)

        assert done.headers["location"] == "/console/leads?stage=mql", done.text
        assert OIDC_COOKIE not in company.cookies
        assert (await company.get("/api/users")).status_code == 200
        assert (await company.get(back)).status_code == 502


async def test_a_company_account_is_not_asked_for_a_second_factor_of_ours(
    make_site: Callable[..., Site], provider: Provider
) -> None:
    """The provider has its own: people would need two phones, or be locked out by a role."""
    site = make_site(
        oidc_issuer=provider.issuer,
        oidc_client_id="perennial",
        oidc_client_secret="s3cret",
        second_factor_roles="admin",
    )
    add(site)
    async with browse(site) as browser:
        left = await browser.get("/sign-in/oidc?next=/console/leads")
        done = await browser.get(provider.sign_in(left.headers["location"]))
        assert done.headers["location"] == "/console/leads"
        assert (await browser.get("/api/me")).status_code == 200


async def test_a_company_account_of_nobody_or_with_a_flaw_is_refused(
    company: httpx.AsyncClient, provider: Provider
) -> None:
    """Tokens of other programs, of another login, signed by others; addresses nobody checked."""
    flaws: list[tuple[int, dict[str, Any]]] = [
        (403, {"email": "else@lindenmoor.example"}),
        (403, {"email_verified": False}),
        (403, {"email_verified": "false"}),
        (403, {"email_verified": 0}),
        (403, {"email_verified": None, "xms_edov": False}),
        (403, {"email_verified": None, "tid": "of another company"}),
        (403, {"email": ["ada@lindenmoor.example"]}),
        (502, {"aud": "another program"}),
        (502, {"iss": "https://else.test"}),
        (502, {"nonce": "of another login"}),
        (502, {"exp": int(time.time()) - 3600}),
    ]
    for status, claims in flaws:
        left = await company.get("/sign-in/oidc")
        back = provider.sign_in(left.headers["location"], **claims)
        assert (await company.get(back)).status_code == status, claims
    left = await company.get("/sign-in/oidc")
    back = provider.sign_in(left.headers["location"])
    assert (await company.get(re.sub("state=.*", "state=forged", back))).status_code == 502
    left = await company.get("/sign-in/oidc")
    back = provider.sign_in(left.headers["location"])
    provider.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
    assert (await company.get(back)).status_code == 502
    left = await company.get("/sign-in/oidc")
    back = provider.sign_in(left.headers["location"])
    provider.challenge = "of another browser"
    assert (await company.get(back)).status_code == 502
    assert COOKIE not in company.cookies


@pytest.mark.parametrize(
    ("claims", "required", "status"),
    [
        ({"email_verified": None}, False, 303),
        ({"email_verified": None}, True, 403),
        ({"email_verified": None, "xms_edov": 1}, True, 303),
        ({"email_verified": "true"}, True, 303),
        ({"email_verified": "True"}, False, 303),
    ],
)
async def test_a_directory_need_not_say_that_an_address_is_verified(
    make_site: Callable[..., Site],
    provider: Provider,
    claims: dict[str, Any],
    required: bool,
    status: int,
) -> None:
    """Entra ID and AD FS never say so, and Cognito says it as text: a company with either would
    be locked out."""
    site = make_site(
        oidc_issuer=provider.issuer,
        oidc_client_id="perennial",
        oidc_client_secret="s3cret",
        oidc_email_verified=required,
    )
    add(site)
    async with browse(site) as browser:
        left = await browser.get("/sign-in/oidc")
        done = await browser.get(provider.sign_in(left.headers["location"], **claims))
        assert done.status_code == status, done.text


async def test_a_user_with_a_new_company_account_is_freed_by_an_admin(
    company: httpx.AsyncClient, provider: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    """A provider that is replaced, or a person who is hired again, has another subject."""
    for sub, status in (("4711", 303), ("4712", 403)):
        left = await company.get("/sign-in/oidc")
        done = await company.get(provider.sign_in(left.headers["location"], sub=sub))
        assert done.status_code == status
    assert "has another company account" in capsys.readouterr().out

    user = (await company.get("/api/users")).json()["items"][0]["id"]
    headers = {"Origin": "http://go.test"}
    freed = await company.delete(f"/api/users/{user}/company-account", headers=headers)
    assert freed.status_code == 200, freed.text
    left = await company.get("/sign-in/oidc")
    done = await company.get(provider.sign_in(left.headers["location"], sub="4712"))
    assert done.status_code == 303


async def test_a_provider_that_is_away_is_told_in_a_sentence(
    company: httpx.AsyncClient, provider: Provider
) -> None:
    provider.issuer = "https://another.test"
    answer = await company.get("/sign-in/oidc")

    assert answer.status_code == 502
    assert "could not be checked" in answer.text


async def test_with_passwords_off_only_the_provider_lets_in(
    make_site: Callable[..., Site], provider: Provider
) -> None:
    """Else the provider's second factor is walked around with an old password or a link."""
    site = make_site(oidc_issuer=provider.issuer, oidc_client_id="perennial", passwords="off")
    user = add(site, password=PASSWORD)
    path = link(site, user)
    async with browse(site) as browser:
        shown = await browser.get("/sign-in")
        assert "/sign-in/oidc" in shown.text
        assert 'name="password"' not in shown.text
        for answer in (
            await browser.post("/sign-in", data=FORM),
            await browser.get(path),
            await browser.post(path),
            await browser.post("/password", data={"new": PASSWORD, "again": PASSWORD}),
        ):
            assert (answer.status_code, "switched off" in answer.text) == (403, True)
        left = await browser.get("/sign-in/oidc")
        done = await browser.get(provider.sign_in(left.headers["location"]))
        assert done.headers["location"] == "/console"
