"""The way back into the console for who has forgotten the password, and invitations by mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy

import httpx2 as httpx
import pytest

from domain.access import Role
from domain.contracts.notifications import SIGN_IN
from mail.channels.base import (
    DeliveryReceipt,
    EmailMessage,
    HandOver,
    MessageRejected,
    OutcomeUnknown,
    unmarked,
)
from mail.channels.outbox import OutboxChannel
from store.access.passwords import set_password
from store.access.users import add_user, list_users
from store.notifications.sign_in_mails import SignInMailKind, ask_for_mail
from tests.support.telling import bring, let_in
from tests.web.conftest import Site, browse

EMAIL = "ada@lindenmoor.example"
PASSWORD = "orchard lane in march"
STATE = "SELECT state, error FROM sign_in_mail"
MAILS = "SELECT raw FROM outbox_message ORDER BY id"


def add(site: Site, email: str = EMAIL, language: str = "en") -> int:
    """A user with a password."""
    with site.database.begin() as connection:
        user = add_user(connection, email, "Ada", Role.OPS, language=language)
        set_password(connection, user, PASSWORD, datetime.now(UTC))
        return user


def mail(site: Site, number: int = 1) -> str:
    """The text of the latest mail that a worker has sent; there are so many by then."""
    let_in(site.settings, site.database)
    assert len(site.rows(MAILS)) == number
    return latest(site)


def latest(site: Site) -> str:
    """The text of the latest mail."""
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
    """The same answer for an address that nobody has, and as soon: the same is written down."""
    add(site)
    known = await browser.post("/forgotten", data={"email": EMAIL})
    unknown = await browser.post("/forgotten", data={"email": "bob@lindenmoor.example"})

    assert (known.status_code, unknown.status_code) == (200, 200)
    assert known.text.replace("ada@", "bob@") == unknown.text
    mail(site)
    posted = site.rows("SELECT workflow_id, name FROM relay_message ORDER BY id")
    assert [name for _, name in posted] == ["NotifyUser"] * 2
    for email in (EMAIL, "bob@lindenmoor.example"):
        answers = [await browser.post("/forgotten", data={"email": email}) for _ in range(3)]
        assert [one.status_code for one in answers] == [200, 200, 429]
        assert int(answers[-1].headers["retry-after"]) > 3000
    mail(site, 2)
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

    let_in(site.settings, site.database)
    said = capsys.readouterr().out
    assert "way-back" in said
    assert EMAIL not in said
    assert site.rows(MAILS) == []


class Silent(OutboxChannel):
    """A provider of which nobody can tell whether it has taken a mail."""

    def send(self, message: EmailMessage, _before: HandOver = unmarked) -> DeliveryReceipt:
        """Take it, and say nothing."""
        super().send(message)
        raise OutcomeUnknown("no answer")


async def test_a_mail_of_which_nobody_can_tell_comes_again_until_somebody_came_in(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """Who waits for it stands before a closed door; and who is in has no use for another key that
    lies in a mailbox."""
    user = add(site)
    await browser.post("/forgotten", data={"email": EMAIL})
    silent = Silent(site.database, site.settings.clock())
    bring(site.settings, site.database, user, SIGN_IN, silent)
    first = link_in(latest(site))
    bring(site.settings, site.database, user, SIGN_IN, silent)
    second = link_in(latest(site))

    assert site.rows(STATE) == [("waiting", "no answer")]
    answers = [(await browser.post(path)).status_code for path in (first, second)]
    bring(site.settings, site.database, user, SIGN_IN, silent)

    assert answers == [410, 303]
    assert site.rows(STATE) == [("sent", "")]
    assert len(site.rows(MAILS)) == 2


async def test_an_address_that_is_refused_is_seen_by_who_invites(site: Site) -> None:
    """Else everybody waits: the new colleague for the mail, the admin for the colleague."""
    user = add(site)
    with site.database.begin() as connection:
        ask_for_mail(connection, SignInMailKind.INVITATION, EMAIL, web_url="https://go.test")

    class Refusing(OutboxChannel):
        def send(self, _message: EmailMessage, _before: HandOver = unmarked) -> DeliveryReceipt:
            raise MessageRejected("550", "There is no such mailbox.")

    refusing = Refusing(site.database, site.settings.clock())
    bring(site.settings, site.database, user, SIGN_IN, refusing)

    with site.database.connect() as connection:
        (shown,) = list_users(connection)
    assert (shown.mail, shown.mail_error) == ("failed", "There is no such mailbox. (550)")
    assert bring(site.settings, site.database, user, SIGN_IN) == "Nothing waits"


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
