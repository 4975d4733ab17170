"""The way back into the console for who has forgotten the password, and invitations by mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy

import httpx2 as httpx
import pytest

from domain.access import Role
from store.access.passwords import set_password
from store.access.users import add_user
from tests.support.waiting import wait_for
from tests.web.conftest import Site, browse

EMAIL = "ada@lindenmoor.example"
PASSWORD = "orchard lane in march"
MAILS = "SELECT raw FROM outbox_message ORDER BY id"


def add(site: Site, email: str = EMAIL, language: str = "en") -> int:
    """A user with a password."""
    with site.database.begin() as connection:
        user = add_user(connection, email, "Ada", Role.OPS, language=language)
        set_password(connection, user, PASSWORD, datetime.now(UTC))
        return user


def mail(site: Site, number: int = 1) -> str:
    """The text of the latest mail, once so many were written."""
    wait_for("a mail", lambda: len(site.rows(MAILS)) == number)
    raw = site.rows(MAILS)[-1][0]
    assert isinstance(raw, memoryview)
    body = message_from_bytes(bytes(raw), policy=policy.default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(text: str) -> str:
    """The path that signs in."""
    found = re.search(r"http://go\.test(/enter/\S+)", text)
    assert found, text
    return found[1]


async def test_who_forgot_the_password_comes_in_by_mail_and_chooses_another(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """Else an admin has to be found, at night and on Sundays; and the mail is no lead's touch."""
    add(site, language="ko")
    assert 'href="/forgotten"' in (await browser.get("/sign-in")).text

    answer = await browser.post("/forgotten", data={"email": EMAIL.upper()})
    path = link_in(said := mail(site))

    assert (answer.status_code, "1시간" in said, "비밀번호" in said) == (200, True, True)
    assert site.rows("SELECT count(*) FROM touch") == [(0,)]
    assert "<button" in (await browser.get(path)).text
    entered = await browser.post(path)
    assert entered.headers["location"] == "/password"
    new = {"new": "twelve new signs", "again": "twelve new signs"}
    assert (await browser.post("/password", data=new)).headers["location"] == "/console"
    assert (await browser.post(path)).status_code == 410


async def test_nobody_learns_who_works_here(site: Site, browser: httpx.AsyncClient) -> None:
    """The same answer for an address that nobody has, and at once: the mail comes after it."""
    add(site)
    known = await browser.post("/forgotten", data={"email": EMAIL})
    unknown = await browser.post("/forgotten", data={"email": "bob@lindenmoor.example"})

    assert (known.status_code, unknown.status_code) == (200, 200)
    assert known.text.replace("ada@", "bob@") == unknown.text
    mail(site)
    for email in (EMAIL, "bob@lindenmoor.example"):
        answers = [await browser.post("/forgotten", data={"email": email}) for _ in range(3)]
        assert [one.status_code for one in answers] == [200, 200, 429]
        assert int(answers[-1].headers["retry-after"]) > 3000
    mail(site, 3)
    signed_in = await browser.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
    assert signed_in.status_code == 303


async def test_who_was_put_out_is_written_no_mail(
    site: Site, browser: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """A colleague who left would come back in by the mailbox they kept."""
    user = add(site)
    with site.database.begin() as connection:
        connection.exec_driver_sql(f"UPDATE console_user SET disabled_at = now() WHERE id = {user}")

    assert (await browser.post("/forgotten", data={"email": EMAIL})).status_code == 200

    said: list[str] = []

    def noted() -> bool:
        said.append(capsys.readouterr().out)
        return "way-back" in said[-1]

    wait_for("a line in the log", noted)
    assert site.rows(MAILS) == []
    assert EMAIL not in "".join(said)


async def test_where_only_company_accounts_let_in_no_mail_does(
    make_site: Callable[..., Site],
) -> None:
    """A password would be a way around the provider's second factor."""
    site = make_site(
        passwords="off",
        oidc_issuer="https://id.test",
        oidc_client_id="perennial",
        oidc_client_secret="a secret of the client",
    )
    add(site)
    async with browse(site) as browser:
        assert "/forgotten" not in (await browser.get("/sign-in")).text
        assert (await browser.post("/forgotten", data={"email": EMAIL})).status_code == 403
    assert site.rows(MAILS) == []
