"""Signing in to the console with a company account, and whom the provider does not bring in."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from store.access.sessions import COOKIE
from tests.web.conftest import Site, browse
from tests.web.test_sign_in import EMAIL, FORM, PASSWORD, add, link
from web.sign_in.oidc import COOKIE as OIDC_COOKIE


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
